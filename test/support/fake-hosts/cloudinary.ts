import { createHash, timingSafeEqual } from 'node:crypto'
import { deleteFile, findFile, putFile, serve } from './files.ts'
import { judgePicture } from './jpeg.ts'
import { type Multipart, readMultipart } from './multipart.ts'
import { ACCOUNT, type Answer, type Plan, type ReceivedRequest, type World } from './types.ts'

/** What is not part of the signed text. */
const NOT_SIGNED = ['file', 'cloud_name', 'resource_type', 'api_key', 'signature']
const CREDENTIALS = ['api_key', 'timestamp', 'signature']
/** The fields that a story's picture needs; another one is a mistake or something that nobody decided. */
const KNOWN_FIELDS = {
  upload: [...CREDENTIALS, 'public_id', 'overwrite', 'type'],
  remove: [...CREDENTIALS, 'public_id', 'invalidate', 'type'],
}
const SIGNATURE_LIFE_SECONDS = 3600

/** The text that Cloudinary signs (signature version 2). */
export function textToSign(fields: ReadonlyMap<string, string>): string {
  return [...fields]
    .filter(([name, value]) => !NOT_SIGNED.includes(name) && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`.replaceAll('&', '%26'))
    .join('&')
}

export const signatureOf = (text: string, secret: string): string =>
  createHash('sha1')
    .update(text + secret)
    .digest('hex')

const answer = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
})
const refusal = (status: number, message: string) => answer(status, { error: { message } })

/** `POST /v1_1/<cloud>/image/upload|destroy`; undefined when it is not that. */
export function planCloudinaryCall(world: World, request: ReceivedRequest): Plan | undefined {
  const [, version, cloud = '', kind, verb] = request.path.split('/')
  if (version !== 'v1_1' || request.method !== 'POST' || kind !== 'image') return undefined
  if (verb !== 'upload' && verb !== 'destroy') return undefined
  const action = verb === 'upload' ? 'upload' : 'remove'
  const form = readMultipart(request.headers['content-type'] ?? '', request.body)
  const key = form?.fields.get('public_id') ?? ''
  const judged = form ? judgeForm(decodeURIComponent(cloud), action, form) : NO_FORM
  for (const text of judged.violations) world.violations.push(`cloudinary ${action} ${key}: ${text}`)
  const perform = action === 'upload' ? upload : destroy
  return { provider: 'cloudinary', action, key, act: () => judged.refused ?? perform(world, judged.form) }
}

type Judged = { violations: string[] } & ({ refused: Answer } | { refused?: undefined; form: Multipart })

const NO_FORM: Judged = { refused: refusal(400, 'Invalid request'), violations: ['the body is no multipart form'] }

function judgeForm(cloud: string, action: 'upload' | 'remove', form: Multipart): Judged {
  const unknown = [...form.fields.keys()].filter((name) => !KNOWN_FIELDS[action].includes(name))
  const violations = [...form.violations, ...unknown.map((name) => `unknown field "${name}"`)]
  const refused = judgeCredentials(cloud, form.fields, Date.now())
  if (refused) return { refused, violations: [...violations, `refused: ${String(refused.body)}`] }
  return { form, violations: [...violations, ...(action === 'upload' ? judgeUpload(form) : judgeRemoval(form))] }
}

/** Undefined: let in. */
export function judgeCredentials(
  cloud: string,
  fields: ReadonlyMap<string, string>,
  nowMs: number,
): Answer | undefined {
  const [apiKey = '', timestamp = '', signature = ''] = CREDENTIALS.map((name) => fields.get(name))
  if (cloud !== ACCOUNT.cloudName) return refusal(401, `Invalid cloud_name ${cloud}`)
  if (signature === '') return refusal(400, 'Upload preset must be specified when using unsigned upload')
  if (apiKey !== ACCOUNT.apiKey) return refusal(401, `Unknown API key ${apiKey}`)
  if (!/^\d+$/.test(timestamp)) return refusal(400, 'Missing required parameter - timestamp')
  const text = textToSign(fields)
  const expected = Buffer.from(signatureOf(text, ACCOUNT.apiSecret))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return refusal(401, `Invalid Signature ${signature}. String to sign - '${text}'.`)
  }
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > SIGNATURE_LIFE_SECONDS) {
    const reported = new Date(Number(timestamp) * 1000).toISOString()
    return refusal(400, `Stale request - reported time is ${reported} which is more than 1 hour ago`)
  }
  return undefined
}

function judgeUpload({ fields, files }: Multipart): string[] {
  const [file, ...more] = files
  return [
    ...(fields.get('overwrite') === '1' ? [] : ['overwrite is not 1']),
    ...(/^[A-Za-z0-9/_-]+$/.test(fields.get('public_id') ?? '')
      ? []
      : ['public_id has characters that need an escape']),
    ...(file?.name === 'file' && more.length === 0
      ? judgePicture(file.bytes)
      : ['there is not one file, named "file"']),
  ]
}

const judgeRemoval = ({ fields, files }: Multipart): string[] => [
  ...(fields.get('invalidate') === 'true' ? [] : ['invalidate is not true']),
  ...(files.length === 0 ? [] : ['a file was sent']),
]

function upload(world: World, { fields, files }: Multipart): Answer {
  const publicId = fields.get('public_id') ?? ''
  const bytes = files[0]?.bytes ?? Buffer.alloc(0)
  if (publicId === '') return refusal(400, 'Missing required parameter - public_id')
  if (bytes.length === 0) return refusal(400, 'Empty file')
  if (bytes.readUInt16BE(0) !== 0xffd8) return refusal(400, 'Invalid image file')
  const existing = findFile(world, 'cloudinary', publicId)
  if (existing && fields.get('overwrite') === '0')
    return answer(200, { ...describe(existing.url, publicId, existing.bytes), existing: true })
  const version = Math.floor(Date.now() / 1000) + (existing?.uploads ?? 0)
  const url = `${world.origin}/${ACCOUNT.cloudName}/image/upload/v${version}/${publicId}.jpg`
  putFile(world, { provider: 'cloudinary', key: publicId, url, bytes })
  return answer(200, { ...describe(url, publicId, bytes), version })
}

const describe = (url: string, publicId: string, bytes: Buffer) => ({
  public_id: publicId,
  resource_type: 'image',
  type: 'upload',
  format: 'jpg',
  bytes: bytes.length,
  url,
  secure_url: url,
})

function destroy(world: World, { fields }: Multipart): Answer {
  const publicId = fields.get('public_id') ?? ''
  if (publicId === '') return refusal(400, 'Missing required parameter - public_id')
  return answer(200, { result: deleteFile(world, 'cloudinary', publicId) ? 'ok' : 'not found' })
}

/** `GET /<cloud>/image/upload/v<version>/<public_id>.jpg`: any version leads to what is there now, as at Cloudinary. */
export function planDelivery(world: World, { method, path }: ReceivedRequest): Plan | undefined {
  const [, cloud, key] = /^\/([^/]+)\/image\/upload\/v\d+\/([A-Za-z0-9/_-]+)\.jpg$/.exec(path) ?? []
  if (cloud !== ACCOUNT.cloudName || key === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined
  const act = (): Answer => {
    const file = findFile(world, 'cloudinary', key)
    return file ? serve(file) : { status: 404, headers: { 'content-type': 'text/html' }, body: '' }
  }
  return { provider: 'cloudinary', action: 'deliver', key, act }
}
