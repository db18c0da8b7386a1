import { Readable } from 'node:stream'
import { withDeadline } from './deadline.ts'
import { type Host, HostError } from './hosting.ts'
import { judgeCloudinaryRejection } from './judge-cloudinary.ts'

export interface CloudinaryOptions {
  cloudName: string
  apiKey: string
  apiSecret: string
  /** Where the API lives, http or https. */
  uploadPrefix?: string | undefined
  /** Longest time of a small call, and of an upload without any progress. */
  timeoutSeconds: number
  /** Longest time of an upload. */
  uploadSeconds?: number
}

const DEFAULT_PREFIX = 'https://api.cloudinary.com'
/** Story pictures have up to 8 MB; this is 70 kB/s. */
const UPLOAD_SECONDS = 120
const PIECE_BYTES = 64 * 1024

type Uploader = typeof import('cloudinary').v2.uploader
/** What every call to the SDK carries, because nothing is left to its global configuration. */
type CallOptions = Record<string, unknown>
type Answer = (error: unknown, result: unknown) => void

/** Pictures at Cloudinary, under `public_id` = key. */
export function createCloudinaryHost(options: CloudinaryOptions): Host {
  const { timeoutSeconds, uploadSeconds = Math.max(UPLOAD_SECONDS, timeoutSeconds) } = options
  return {
    name: 'cloudinary',
    longestCallSeconds: Math.max(uploadSeconds, timeoutSeconds),

    async upload(key, jpeg) {
      const result = await call(options, uploadSeconds, (uploader, common, answer) => {
        // In pieces, so that a slow line shows progress and is not taken for a dead one.
        Readable.from(piecesOf(jpeg)).pipe(
          uploader.upload_stream({ ...common, public_id: key, overwrite: true }, answer),
        )
      })
      const { secure_url: url } = result
      // Instagram takes plain ASCII only (instagram.md §1.2).
      if (typeof url !== 'string' || !/^https?:\/\/[\x21-\x7e]+$/.test(url)) throw unusable('has no usable secure_url')
      return { url }
    },

    async remove(key) {
      const { result } = await call(options, timeoutSeconds, (uploader, common, answer) => {
        uploader.destroy(key, { ...common, invalidate: true }, answer)
      })
      if (result !== 'ok' && result !== 'not found') throw unusable('does not say that the file is gone')
    },
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

const unusable = (what: string) => new HostError({ kind: 'unreachable', reason: `Cloudinary's answer ${what}` })

async function call(
  options: CloudinaryOptions,
  seconds: number,
  send: (uploader: Uploader, common: CallOptions, answer: Answer) => void,
): Promise<Record<string, unknown>> {
  const { cloudName, apiKey, apiSecret, uploadPrefix = DEFAULT_PREFIX, timeoutSeconds } = options
  const uploader = await loadUploader()
  // The SDK chose http or https when it was loaded; only the agent's protocol overrules that (instagram.md §7.1).
  const isPlain = new URL(uploadPrefix).protocol === 'http:'
  const { Agent } = isPlain ? await import('node:http') : await import('node:https')
  const common = {
    cloud_name: encodeURIComponent(cloudName),
    api_key: apiKey,
    api_secret: apiSecret,
    upload_prefix: uploadPrefix.replace(/\/+$/, ''),
    resource_type: 'image',
    type: 'upload',
    // Of a silent socket. Twice, because at the end of an upload the system's send buffer may need as long again to empty.
    timeout: 2 * timeoutSeconds * 1000,
  }
  try {
    return await withDeadline({ seconds, peer: 'Cloudinary' }, (signal) => {
      const agent = new Agent()
      // The SDK cannot be told to stop, but its connection can be taken away.
      signal.addEventListener('abort', () => agent.destroy())
      return new Promise((resolve, reject) => {
        send(uploader, { ...common, agent }, (error, result) => {
          if (error) reject(error)
          else resolve(Object(result) as Record<string, unknown>)
        })
      })
    })
  } catch (error) {
    if (error instanceof HostError) throw error
    const failure = judgeCloudinaryRejection(error, apiSecret)
    throw failure ? new HostError(failure) : error
  }
}

async function loadUploader(): Promise<Uploader> {
  try {
    const { v2 } = await import('cloudinary')
    return v2.uploader
  } catch {
    // It reads that variable while it is loaded, and throws when it does not like it.
    const fix =
      "Remove CLOUDINARY_URL from the environment: Storyline does not need it, and Cloudinary's package stumbles over it."
    throw new HostError({ kind: 'closed', reason: "Cloudinary's package cannot be loaded", fix })
  }
}
