/** What can be called; `unknown` is everything else. */
export type GraphEndpoint =
  | 'media'
  | 'media_publish'
  | 'container'
  | 'stories'
  | 'story'
  | 'content_publishing_limit'
  | 'account'
  | 'me'
  | 'accounts'
  | 'page'
  | 'permissions'
  | 'debug_token'
  | 'oauth'
  | 'access_token'
  | 'refresh_access_token'
  | 'unknown'

export type TokenKind = 'app' | 'user' | 'page' | 'instagram'

/** Where a token stood in a request. */
type TokenPlace = 'header' | 'query' | 'body'

/** An Instagram account; tests may change it in place. */
export interface FakeAccount {
  /** `IG_ID` of the paths. */
  readonly id: string
  /** What `id` of `/me` says with the Instagram login. */
  readonly appScopedId: string
  username: string
  accountType: 'BUSINESS' | 'MEDIA_CREATOR' | 'PERSONAL'
}

/** A Facebook Page of the user; tests may change it in place. */
export interface FakePage {
  readonly id: string
  name: string
  tasks: string[]
  /** Null: no Instagram account is linked. */
  accountId: string | null
  /** Without it `/me/accounts` shows the Page without a token. */
  isGranted: boolean
}

export interface TokenRecord {
  /** For `set({ tokens })`: `page`, `user`, …; tokens that were issued later have none. */
  name: string | null
  token: string
  kind: TokenKind
  /** About an hour instead of 60 days. */
  isShort: boolean
  /** Of an `instagram` token. */
  accountId?: string
  /** Of a `page` token. */
  pageId?: string
  scopes: readonly string[]
  issuedAtMs: number
  /** Null: never. */
  expiresAtMs: number | null
  /** 90 days after the user was last active. */
  dataAccessExpiresAtMs: number
  /** 190 with this subcode, 0: without one; null: valid. */
  invalidSubcode: number | null
}

/** What happens to a container to come. Any other pair of `status_code` and `status` may be given. */
export type ContainerOutcome =
  | 'finished'
  | 'error'
  | 'expired'
  | 'stuck'
  | 'no_status_code'
  | { status_code?: string; status: string }

export interface FakeContainer {
  readonly id: string
  accountId: string
  imageUrl: string
  userTags: unknown[]
  isAiGenerated: boolean
  /** The picture as it was fetched during `POST /media`. */
  bytes: Buffer
  sha256: string
  createdAtMs: number
  outcome: ContainerOutcome
  statusReads: number
  /** How often `media_publish` will still say 9007/2207027 although the status is FINISHED. */
  notReadyLeft: number
  publishedAtMs: number | null
  /** The stories it became: one, or more when it was published again. */
  storyIds: string[]
}

export interface FakeStory {
  readonly id: string
  accountId: string
  /** Null: posted by hand. */
  containerId: string | null
  mediaType: 'IMAGE' | 'VIDEO'
  /** Null: posted by hand, without a picture. */
  bytes: Buffer | null
  sha256: string | null
  publishedAtMs: number
  /** From when on `/stories` shows it. */
  visibleAtMs: number
}

/** One call as it arrived, and what became of it. */
export interface GraphCallRecord {
  seq: number
  endpoint: GraphEndpoint
  method: string
  /** Without query. */
  path: string
  /** `v26.0`; null: none. */
  version: string | null
  /** The id that the path names, or `me`. */
  node: string | null
  /** Without tokens, secrets and proof. */
  params: Record<string, string>
  tokenAt: TokenPlace[]
  /** Null: no token, or none that is known. */
  tokenKind: TokenKind | null
  atMs: number
  /** `open` while it is held or hung; `answered` with `status`; `broken` when the connection ended without an answer. */
  state: 'open' | 'answered' | 'broken'
  status?: number
  /** Of the error that was answered. */
  code?: number
  subcode?: number
  /** What changed, whether or not the caller learned of it. */
  effect: 'container created' | 'story published' | 'token issued' | null
  fault?: string
  violations: string[]
}

/** A call while it is being served. */
export interface Call {
  record: GraphCallRecord
  params: Record<string, string>
  token: string | null
  /** Runs when the real answer was written completely. */
  onAnswered: () => void
}

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
  /** When it is one. */
  error?: { code: number; error_subcode?: number }
}

/** `X-App-Usage` and `X-Business-Use-Case-Usage`, as Meta documents them; sent with every answer. */
interface UsageHeaders {
  app?: Record<string, number>
  business?: Record<string, Record<string, string | number>[]>
}

interface TokenChange {
  /** 190 with this subcode, 0: without one; null: valid again. */
  invalidSubcode?: number | null
  /** From now, by the server's clock; null: never. */
  expiresInSeconds?: number | null
  /** Since it was issued. */
  ageSeconds?: number
}

/** How the server behaves; `set` changes single members. */
export interface GraphBehaviour {
  /** How many status reads of a new container answer IN_PROGRESS first. Default 1. */
  inProgressReads: number
  /** One per container to come, used up from the front; then `finished`. */
  containerOutcomes: ContainerOutcome[]
  /** How often `media_publish` of a new container answers 9007/2207027 although it is FINISHED. Default 0. */
  notReadyTimes: number
  /** How long a published container still reads FINISHED. Default 0. */
  publishedLagSeconds: number
  /** How long `/stories` does not show a new story. Default 0. */
  storiesLagSeconds: number
  /** Nobody knows what Meta does (instagram.md §5.5). Default `same_id`. */
  secondPublish: 'same_id' | 'error' | 'duplicate'
  /** `used` counts besides what was published here; `total` null: the config cannot be read. Default 0 of 50. */
  quota: { used: number; total: number | null }
  /** Per account and 24 hours. Default 400. */
  containerLimit: number
  usage: UsageHeaders | null
  /** Changes to tokens, by name (`page`, `user`, …) or by the token itself. */
  tokens: Readonly<Record<string, TokenChange>>
  /** Permissions that nobody granted: code 10. */
  missingScopes: readonly string[]
  /** 100/33 on reads of containers and stories with a Page token. */
  pageTokenReadsFail: boolean
  requireAppSecretProof: boolean
  omitExpiresIn: boolean
  /** `user_id` of `/me` as a JSON number, as the SPEC types it. */
  userIdAsNumber: boolean
  /** `error_user_title` and `error_user_msg` in Hebrew. */
  hebrew: boolean
  /** Largest page of a list, whatever `limit` says. Default 100. */
  maxPageSize: number
  /** Usernames whose tags are answered with 100/2207018. */
  privateUsers: readonly string[]
  /** How long a picture may take. Default 8. */
  fetchTimeoutSeconds: number
}
