import { deleteFile, findFile, putFile, serve } from './files.ts'
import { judgePicture } from './jpeg.ts'
import { judgeSignature, type S3Error } from './sigv4.ts'
import { ACCOUNT, type Action, type Answer, type Plan, type ReceivedRequest, type World } from './types.ts'

const ACTIONS: Readonly<Record<string, Action>> = { PUT: 'upload', DELETE: 'remove', GET: 'deliver', HEAD: 'deliver' }

function refusal({ status, code, message }: S3Error): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

/** `/s3/<bucket>/<key>`; undefined when it is not that. */
export function planS3Call(world: World, request: ReceivedRequest): Plan | undefined {
  const [, prefix, bucket = '', ...rest] = request.path.split('/').map(decodeURIComponent)
  const action = ACTIONS[request.method]
  const key = rest.join('/')
  if (prefix !== 's3' || key === '' || !action) return undefined
  const complain = (text: string) => world.violations.push(`s3 ${action} ${key}: ${text}`)
  const refused = judgeSignature(request, ACCOUNT, Date.now()) ?? judgeRequest(bucket, action, request)
  if (refused) complain(`refused: ${refused.code}, ${refused.message}`)
  else if (action === 'upload') for (const text of judgeUpload(request)) complain(text)
  return { provider: 's3', action, key, act: () => (refused ? refusal(refused) : perform(world, action, key, request)) }
}

function judgeRequest(bucket: string, action: Action, { headers }: ReceivedRequest): S3Error | undefined {
  if (bucket !== ACCOUNT.bucket) {
    return { status: 404, code: 'NoSuchBucket', message: 'The specified bucket does not exist' }
  }
  if (action === 'upload' && headers['content-length'] === undefined) {
    return { status: 411, code: 'MissingContentLength', message: 'You must provide the Content-Length HTTP header.' }
  }
  return undefined
}

function judgeUpload({ headers, body, query }: ReceivedRequest): string[] {
  const type = headers['content-type']
  return [
    ...(type === 'image/jpeg' ? [] : [`content-type is ${type}`]),
    ...(headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD' ? ['the content is not signed'] : []),
    ...(query === '' ? [] : ['an upload with a query']),
    ...judgePicture(body),
  ]
}

function perform(world: World, action: Action, key: string, { body }: ReceivedRequest): Answer {
  if (action === 'upload') {
    const url = `${world.origin}/s3/${ACCOUNT.bucket}/${key}`
    const { sha256 } = putFile(world, { provider: 's3', key, url, bytes: body })
    return { status: 200, headers: { etag: `"${sha256.slice(0, 32)}"` }, body: '' }
  }
  if (action === 'remove') {
    deleteFile(world, 's3', key)
    return { status: 204, body: '' }
  }
  const file = findFile(world, 's3', key)
  return file ? serve(file) : refusal({ status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' })
}
