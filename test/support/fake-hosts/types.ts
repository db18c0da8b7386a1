export type Provider = 'cloudinary' | 's3'
/** `deliver`: a picture is fetched at its public address. */
export type Action = 'upload' | 'remove' | 'deliver'

/** A file as its host keeps it. Deleted ones stay listed. */
export interface HostedRecord {
  provider: Provider
  /** As the host sees it: Cloudinary's `public_id`, the S3 key with its `.jpg`. */
  key: string
  /** Its public address; at S3 without the signature that it takes. */
  url: string
  bytes: Buffer
  sha256: string
  uploadedAtMs: number
  deletedAtMs: number | null
  /** How often it was uploaded. */
  uploads: number
}

/** One request. `status` is null as long as it has no answer, and when it never gets one. */
export interface HostCall {
  provider: Provider
  action: Action
  key: string
  status: number | null
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  body: string | Buffer
}

/** A request that was understood; nothing has happened yet. */
export interface Plan {
  provider: Provider
  action: Action
  key: string
  /** Has the effect, and says what to answer. */
  act: () => Answer
}

/** What a request carried, before anybody looked at it. */
export interface ReceivedRequest {
  method: string
  /** Undecoded, without the query. */
  path: string
  /** Undecoded, without the question mark. */
  query: string
  headers: Readonly<Record<string, string>>
  body: Buffer
}

/** The account that the fake knows at each provider. */
export const ACCOUNT = {
  cloudName: 'storyline-test',
  apiKey: '123456789012345',
  apiSecret: 'fake-Cloudinary_Secret-0123',
  bucket: 'stories',
  region: 'eu-test-1',
  accessKeyId: 'AKIAFAKESTORYLINE001',
  secretAccessKey: 'fake/S3+Secret/0123456789abcdefABCDEF',
} as const

export interface World {
  /** `http://127.0.0.1:<port>` */
  origin: string
  /** By `provider:key`. */
  files: Map<string, HostedRecord>
  calls: HostCall[]
  violations: string[]
}
