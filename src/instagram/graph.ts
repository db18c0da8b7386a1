/**
 * What the rest of the house knows of Meta's Graph API: the calls it makes and how they may fail. Facts: instagram.md.
 */

/** What an error of Meta means for us (instagram.md §3.2). */
export type GraphClass =
  /** It may work with the next try. */
  | 'transient'
  /** A limit: nobody calls until it is over. */
  | 'wait'
  /** This picture or its parameters will never be accepted. */
  | 'content'
  /** The token or a permission: somebody has to connect again. */
  | 'auth'
  /** Somebody has to act at Meta: account restricted, checkpoint, role lost, media host unreachable for Meta. */
  | 'human'
  /** Our request or our configuration is wrong. */
  | 'bug'
  /** Nobody can tell (100/33 and unknown codes): nothing may be inferred from it. */
  | 'ambiguous'

/** Meta's error object, and what the table says about it. */
export interface GraphRefusal {
  http: number
  code: number
  subcode: number | null
  /** Meta's English `message`, cut and without tokens; for people only, never matched. */
  message: string
  fbtraceId: string | null
  class: GraphClass
  /** What to do about it, for people. */
  fix: string
  /** As the answer to `media_publish` it proves that nothing was published (9007/2207027 only). */
  provesNotPublished: boolean
  /** With `wait`: how long, in seconds, when Meta or the table says so. */
  waitSeconds: number | null
}

/** Why a call failed and what that says about its effect. `reason` is safe to store and to show. */
export type GraphFailure =
  /** Meta cannot have acted: no connection, or it ended before the request was handed over. */
  | { kind: 'not_sent'; reason: string }
  /** Meta answered with an error object. On `media_publish` even this proves nothing (instagram.md §5.4). */
  | { kind: 'refused'; refusal: GraphRefusal; reason: string }
  /** The request was complete and no usable answer came: HTML, empty, cut, 5xx without an error object, timeout, reset. */
  | { kind: 'unanswered'; reason: string }
  /** The caller's signal fired. */
  | { kind: 'aborted'; mayHaveActed: boolean; reason: string }

/** The only error that the client throws for trouble outside. */
export class GraphError extends Error {
  readonly label: string
  readonly failure: GraphFailure

  constructor(label: string, failure: GraphFailure) {
    super(`${label}: ${failure.reason}`)
    this.name = 'GraphError'
    this.label = label
    this.failure = failure
  }
}

/** What `X-App-Usage` and `X-Business-Use-Case-Usage` say, the worst of both. */
export interface GraphUsage {
  /** Highest of all percentages; null: no header yet. */
  percent: number | null
  /** `estimated_time_to_regain_access`, in seconds, when above zero. */
  regainSeconds: number | null
}

/** Values of parameters; `null` and `undefined` are left out. */
export type GraphParams = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface GraphCallOptions {
  /** For logs and errors instead of the path, which holds ids: `media_publish`. Default: the last part of the path. */
  label?: string
  timeoutSeconds?: number
  signal?: AbortSignal | undefined
  /** Instead of the client's token. */
  token?: string
  /** A moment of `performance.now()`: later than this the call is not made, and ends as `not_sent`. */
  notAfterMs?: number
  /** Without `/v26.0`: the token endpoints of graph.instagram.com. */
  unversioned?: boolean
}

/** Every call is made exactly once. Rejects with `GraphError`. `T` is what Meta documents; ids come as strings, always. */
export interface GraphClient {
  /** `path` without version and leading slash: `17841405793187219/stories`. */
  get<T>(path: string, params?: GraphParams, options?: GraphCallOptions): Promise<T>
  /** Form-encoded body; token in the header, never in the URL. */
  post<T>(path: string, params: GraphParams, options?: GraphCallOptions): Promise<T>
  /** As of the last answer. */
  usage(): GraphUsage
  close(): void
}
