export type ChatType = 'private' | 'group' | 'supergroup' | 'channel'
export type MemberStatus = 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'

export interface FakeUser {
  id: number
  is_bot?: boolean
  first_name?: string
  last_name?: string
  username?: string
}

/** What `setChat` takes: everything but the id keeps its earlier value or has a default. */
export interface ChatOptions {
  id: number
  /** Default by the id: private above 0, supergroup at -100…, else group. */
  type?: ChatType
  title?: string
  username?: string
  members?: Map<number, MemberStatus> | Record<number, MemberStatus>
  /** Default `administrator`, `member` in private. `kicked` in private means that the user blocked the bot. */
  botStatus?: MemberStatus
  /** Channels only: may the administrator bot post? Default true. */
  canPost?: boolean
  migrateTo?: number
  /** More fields of ChatFullInfo, e.g. `has_protected_content`. */
  more?: Record<string, unknown>
}

export interface Chat {
  id: number
  type: ChatType
  title?: string
  username?: string
  members: Map<number, MemberStatus>
  botStatus: MemberStatus
  canPost: boolean
  migrateTo?: number
  more: Record<string, unknown>
  nextMessageId: number
  messages: Map<number, FakeMessage>
}

export interface Entity {
  type: string
  /** UTF-16 units, as Telegram counts them. */
  offset: number
  length: number
  url?: string
  unix_time?: number
  date_time_format?: string
}

export interface InlineButton {
  text: string
  callback_data?: string
  url?: string
  copy_text?: { text: string }
  style?: string
}

export interface StoredFile {
  fileId: string
  kind: 'photo' | 'document'
  fileName: string
  contentType: string
  sizeBytes: number
  sha256: string
  width?: number
  height?: number
}

/** A message as the chat shows it now. */
export interface FakeMessage {
  chatId: number
  messageId: number
  fromBot: boolean
  from?: FakeUser
  kind: 'text' | 'photo' | 'document'
  /** Text or caption as people see it, without tags. */
  text: string
  entities: Entity[]
  keyboard: InlineButton[][]
  replyTo?: number
  file?: StoredFile
  edits: number
  sentAtMs: number
}

/** An uploaded part of a multipart body. */
export interface ReceivedFile {
  field: string
  fileName: string
  contentType: string
  bytes: Buffer
}

/** One call as it arrived, and what became of it. */
export interface CallRecord {
  seq: number
  method: string
  params: Record<string, unknown>
  files: { field: string; fileName: string; contentType: string; sizeBytes: number; sha256: string }[]
  atMs: number
  /** `open` while it is held, hung or polled; `answered` with `status`; `broken` when the connection was ended without an answer. */
  state: 'open' | 'answered' | 'broken'
  status?: number
  /** The error text of the answer, if it was one. */
  description?: string
  /** It had its effect, whether or not the caller learned of it. */
  applied: boolean
  fault?: string
  violations: string[]
}

export type Params = Record<string, unknown>

export interface ApiErrorOptions {
  parameters?: Record<string, unknown>
  /** False when the world refuses (kicked, gone, not modified), true when the request itself is wrong. */
  isViolation: boolean
}

/** Becomes an `ok: false` answer. */
export class ApiError extends Error {
  readonly code: number
  readonly parameters: Record<string, unknown> | undefined
  readonly isViolation: boolean

  constructor(code: number, description: string, options: ApiErrorOptions) {
    super(description)
    this.code = code
    this.parameters = options.parameters
    this.isViolation = options.isViolation
  }
}

/** The request is wrong: 400, and a violation. */
export function wrong(description: string): ApiError {
  return new ApiError(400, `Bad Request: ${description}`, { isViolation: true })
}

/** The request is fine but the world says no. */
export function refused(code: number, description: string, parameters?: Record<string, unknown>): ApiError {
  return new ApiError(code, description, { isViolation: false, ...(parameters ? { parameters } : {}) })
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
