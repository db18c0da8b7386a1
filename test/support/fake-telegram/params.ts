import { checkNested } from './nested.ts'
import { isObject, type Params, type ReceivedFile, wrong } from './types.ts'

/** A trailing `!` means required. The last four are JSON objects or arrays. */
type Rule = 'chat!' | 'integer' | 'integer!' | 'string' | 'string!' | 'boolean' | 'file!' | 'object' | 'list' | 'list!'

const SEND: Readonly<Record<string, Rule>> = {
  chat_id: 'chat!',
  message_thread_id: 'integer',
  parse_mode: 'string',
  disable_notification: 'boolean',
  protect_content: 'boolean',
  allow_paid_broadcast: 'boolean',
  message_effect_id: 'string',
  reply_parameters: 'object',
  reply_markup: 'object',
}
const EDIT: Readonly<Record<string, Rule>> = { chat_id: 'chat!', message_id: 'integer!', reply_markup: 'object' }
const CAPTION: Readonly<Record<string, Rule>> = {
  caption: 'string',
  caption_entities: 'list',
  show_caption_above_media: 'boolean',
}
const TEXT: Readonly<Record<string, Rule>> = { text: 'string!', entities: 'list', link_preview_options: 'object' }

/** The methods that Storyline may use, with every documented parameter that it may send (Bot API 10.1). */
const METHODS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  getMe: {},
  getChat: { chat_id: 'chat!' },
  getChatMember: { chat_id: 'chat!', user_id: 'integer!' },
  sendMessage: { ...SEND, ...TEXT },
  sendPhoto: { ...SEND, ...CAPTION, photo: 'file!', has_spoiler: 'boolean' },
  sendDocument: {
    ...SEND,
    caption: 'string',
    caption_entities: 'list',
    document: 'file!',
    disable_content_type_detection: 'boolean',
  },
  editMessageText: { ...EDIT, ...TEXT, parse_mode: 'string' },
  editMessageCaption: { ...EDIT, ...CAPTION, parse_mode: 'string' },
  editMessageReplyMarkup: EDIT,
  deleteMessage: { chat_id: 'chat!', message_id: 'integer!' },
  answerCallbackQuery: {
    callback_query_id: 'string!',
    text: 'string',
    show_alert: 'boolean',
    url: 'string',
    cache_time: 'integer',
  },
  getUpdates: { offset: 'integer', limit: 'integer', timeout: 'integer', allowed_updates: 'list' },
  setMyCommands: { commands: 'list!', scope: 'object', language_code: 'string' },
  setWebhook: {
    url: 'string!',
    ip_address: 'string',
    max_connections: 'integer',
    allowed_updates: 'list',
    drop_pending_updates: 'boolean',
    secret_token: 'string',
  },
  deleteWebhook: { drop_pending_updates: 'boolean' },
  getWebhookInfo: {},
}

const MISSING: Readonly<Record<string, string>> = {
  chat_id: 'chat_id is empty',
  message_id: 'message identifier is not specified',
  text: 'message text is empty',
}

export const isKnownMethod = (method: string): boolean => Object.hasOwn(METHODS, method)

/** Checks and converts the parameters of a known method: numbers are numbers, JSON texts are values, the file is in its place. */
export function readParams(method: string, given: Params, files: ReceivedFile[], violations: string[]): Params {
  const rules = METHODS[method] ?? {}
  const params: Params = {}
  for (const [key, value] of Object.entries(given)) {
    const rule = rules[key]
    if (!rule) violations.push(`${method} has no parameter "${key}"`)
    else params[key] = readValue(key, rule, spellNull(key, value, violations))
  }
  for (const file of files) {
    if (rules[file.field] === 'file!') params[file.field] = file
    else violations.push(`${method} takes no file "${file.field}"`)
  }
  for (const [key, rule] of Object.entries(rules)) {
    if (rule.endsWith('!') && params[key] === undefined)
      throw wrong(MISSING[key] ?? `there is no ${key} in the request`)
  }
  checkNested(params, violations)
  return params
}

/** The real server reads a JSON null as the text "null", and so would show it. */
function spellNull(key: string, value: unknown, violations: string[]): unknown {
  const literal = value === null ? 'null' : value
  if (typeof literal === 'string' && ['null', 'undefined', 'NaN', '[object Object]'].includes(literal)) {
    violations.push(`parameter "${key}" is a literal ${literal}`)
  }
  return literal
}

function readValue(key: string, rule: Rule, value: unknown): unknown {
  switch (rule) {
    case 'chat!':
      if (typeof value === 'string' && /^@\w{5,32}$/.test(value)) return value
      return readInteger(key, value)
    case 'integer':
    case 'integer!':
      return readInteger(key, value)
    case 'boolean':
      if (typeof value === 'boolean') return value
      if (value === 'true' || value === 'false') return value === 'true'
      throw wrong(`parameter "${key}" must be a Boolean`)
    case 'string':
    case 'string!':
    case 'file!':
      if (typeof value !== 'string') throw wrong(`parameter "${key}" must be a String`)
      if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) {
        throw wrong('strings must be encoded in UTF-8')
      }
      return value
    case 'object':
    case 'list':
    case 'list!':
      return readJson(key, rule === 'object', value)
    default:
      return rule satisfies never
  }
}

/** The real server silently reads 0 when it is no number. */
function readInteger(key: string, value: unknown): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw wrong(`parameter "${key}" must be an Integer`)
}

function readJson(key: string, asObject: boolean, value: unknown): unknown {
  let parsed = value
  try {
    if (typeof value === 'string') parsed = JSON.parse(value)
  } catch {
    throw wrong(`can't parse ${key} JSON object`)
  }
  if (asObject ? isObject(parsed) : Array.isArray(parsed)) return parsed
  throw wrong(`can't parse ${key}: expected an ${asObject ? 'Object' : 'Array'}`)
}
