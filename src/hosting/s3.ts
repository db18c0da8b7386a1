import { createHash } from 'node:crypto'
import { urlToHttpOptions } from 'node:url'
import { AwsV4Signer } from 'aws4fetch'
import { exchange, openTransport, type Transport } from '../http/exchange.ts'
import { type Host, HostError } from './hosting.ts'
import { judgeS3Refusal } from './judge-s3.ts'

export interface S3Options {
  /** Any S3-compatible store; a path in it is kept. Absent: Amazon. */
  endpoint?: string | undefined
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Longest time of a small call, and of an upload without any progress. */
  timeoutSeconds: number
  /** Longest time of an upload. */
  uploadSeconds?: number
}

/** Story pictures have up to 8 MB; this is 70 kB/s. */
const UPLOAD_SECONDS = 120
/** An hour less than the longest time that Signature Version 4 allows, because clocks differ. */
const URL_LIFETIME_SECONDS = 7 * 86_400 - 3600

/** Pictures in a bucket, as `<key>.jpg`; their URL is a pre-signed GET, so that the bucket stays private. */
export function createS3Host(options: S3Options): Host {
  const { timeoutSeconds, uploadSeconds = Math.max(UPLOAD_SECONDS, timeoutSeconds) } = options
  let opened: Promise<Transport> | undefined
  const perform = async (request: Call) => {
    opened ??= openTransport(request.url.protocol === 'https:')
    return call(options, await opened, request)
  }
  return {
    name: 's3',
    longestCallSeconds: Math.max(uploadSeconds, timeoutSeconds),

    async upload(key, jpeg) {
      const url = objectUrl(options, key)
      const refused = await perform({ method: 'PUT', url, body: jpeg, deadlineSeconds: uploadSeconds })
      if (refused) throw new HostError(judgeS3Refusal(refused))
      url.searchParams.set('X-Amz-Expires', String(URL_LIFETIME_SECONDS))
      const signed = await signerFor(options, { method: 'GET', url: url.href, signQuery: true }).sign()
      return { url: signed.url.href }
    },

    async remove(key) {
      const url = objectUrl(options, key)
      const refused = await perform({ method: 'DELETE', url, deadlineSeconds: timeoutSeconds })
      const isAbsent = refused?.status === 404 && refused.code !== 'NoSuchBucket'
      if (refused && !isAbsent) throw new HostError(judgeS3Refusal(refused))
    },
  }
}

type SignerOptions = ConstructorParameters<typeof AwsV4Signer>[0]

const signerFor = (
  { accessKeyId, secretAccessKey, region }: S3Options,
  request: Omit<SignerOptions, 'accessKeyId' | 'secretAccessKey'>,
) => new AwsV4Signer({ ...request, accessKeyId, secretAccessKey, region, service: 's3' })

/** Amazon's certificate covers one label before `s3`, so that a bucket with a dot has to stand in the path. */
const isOneLabel = (bucket: string) => /^[a-z0-9-]+$/.test(bucket)

/** Where a file lies, without the signature that it takes to get it. Throws `closed` when the settings make no address. */
export function objectUrl(
  { endpoint, bucket, region }: Pick<S3Options, 'endpoint' | 'bucket' | 'region'>,
  key: string,
): URL {
  const amazon = `s3.${region}.amazonaws.com`
  const root =
    endpoint === undefined && isOneLabel(bucket)
      ? `https://${bucket}.${amazon}`
      : `${trimmed(endpoint ?? `https://${amazon}`)}/${encodeURIComponent(bucket)}`
  if (URL.canParse(root)) return new URL(`${root}/${key}.jpg`)
  const fix = 'Correct S3_REGION (such as eu-central-1), S3_BUCKET and S3_ENDPOINT.'
  throw new HostError({ kind: 'closed', reason: 'The settings of the S3 store make no address', fix })
}

function trimmed(endpoint: string): string {
  const { origin, pathname } = new URL(endpoint)
  return origin + pathname.replace(/\/+$/, '')
}

interface Call {
  method: 'PUT' | 'DELETE'
  url: URL
  body?: Buffer
  deadlineSeconds: number
}

/** Undefined: done. Throws `unreachable` when no complete answer came. */
async function call(options: S3Options, transport: Transport, { method, url, body, deadlineSeconds }: Call) {
  const hash = createHash('sha256').update(body ?? '')
  const headers = {
    ...(body ? { 'content-type': 'image/jpeg' } : {}),
    // Signed with the rest: a file that is damaged on its way is refused.
    'x-amz-content-sha256': hash.digest('hex'),
  }
  const signed = await signerFor(options, { method, url: url.href, headers, allHeaders: true }).sign()
  const { hostname, port, path } = urlToHttpOptions(url)
  const { timeoutSeconds } = options
  const end = await exchange({
    transport,
    target: { method, hostname, port, path, headers: Object.fromEntries(signed.headers) },
    peer: `the S3 store at ${url.host}`,
    body: body && { contentType: 'image/jpeg', pieces: [body], sizeBytes: body.length },
    limits: {
      connectSeconds: timeoutSeconds,
      stallSeconds: timeoutSeconds,
      answerSeconds: timeoutSeconds,
      deadlineSeconds,
      deadlineEnds: 'answer',
    },
  })
  if (end.kind !== 'reply') {
    const why = end.kind === 'broken' ? end.reason : 'The call was given up'
    throw new HostError({ kind: 'unreachable', reason: `The S3 store at ${url.host} cannot be reached: ${why}` })
  }
  const { status, headers: said, body: text } = end.reply
  if (status >= 200 && status < 300) return undefined
  const code = /<Code>([A-Za-z0-9._-]{1,64})<\/Code>/.exec(text)?.[1]
  return { status, code, retryAfter: said['retry-after'], date: said.date }
}
