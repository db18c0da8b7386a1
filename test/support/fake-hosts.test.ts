import { AwsV4Signer } from 'aws4fetch'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { judgeCredentials, signatureOf, textToSign } from './fake-hosts/cloudinary.ts'
import { judgePicture } from './fake-hosts/jpeg.ts'
import { judgeSignature } from './fake-hosts/sigv4.ts'
import type { ReceivedRequest } from './fake-hosts/types.ts'
import { type FakeHosts, startFakeHosts } from './fake-hosts.ts'
import { pattern, withFirstSegment } from './pictures.ts'

/** The fake is tested with `fetch` and signatures of its own making, so that it is judged by something else than our hosts. */
let fake: FakeHosts
let picture: Buffer

beforeAll(async () => {
  picture = await pattern({ width: 9, height: 16 }).jpeg().toBuffer()
})
beforeEach(async () => {
  fake = await startFakeHosts()
})
afterEach(() => fake.close())

const now = () => String(Math.floor(Date.now() / 1000))
const setting = (name: string) => fake.env[name] ?? ''

/** A signed form; `changes` are made after signing, undefined takes a field away. */
function formOf(fields: Record<string, string>, changes: Record<string, string | undefined> = {}): FormData {
  const all = { timestamp: now(), ...fields }
  const signature = signatureOf(textToSign(new Map(Object.entries(all))), setting('CLOUDINARY_API_SECRET'))
  const form = new FormData()
  for (const [name, value] of Object.entries({
    ...all,
    api_key: setting('CLOUDINARY_API_KEY'),
    signature,
    ...changes,
  })) {
    if (value !== undefined) form.append(name, value)
  }
  return form
}

async function post(
  verb: 'upload' | 'destroy',
  form: FormData,
  file?: Buffer,
  cloud = setting('CLOUDINARY_CLOUD_NAME'),
) {
  if (file) form.append('file', new Blob([new Uint8Array(file)]), 'file')
  const response = await fetch(`${fake.url}/v1_1/${cloud}/image/${verb}`, { method: 'POST', body: form })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const upload = (changes: Record<string, string | undefined> = {}, file = picture) =>
  post('upload', formOf({ public_id: 'a/b', overwrite: '1' }, changes), file)

describe('Cloudinary', () => {
  it('keeps, replaces, serves and deletes a picture', async () => {
    const first = await upload()
    expect(first).toMatchObject({ status: 200, body: { public_id: 'a/b', format: 'jpg', bytes: picture.length } })
    const url = String(first.body.secure_url)
    expect(url).toMatch(new RegExp(`^${fake.url}/${setting('CLOUDINARY_CLOUD_NAME')}/image/upload/v\\d+/a/b\\.jpg$`))
    expect((await upload()).body.version).not.toBe(first.body.version)
    const served = await fetch(url)
    expect(served.headers.get('content-type')).toBe('image/jpeg')
    expect(Buffer.from(await served.arrayBuffer())).toEqual(picture)
    const remove = () => post('destroy', formOf({ public_id: 'a/b', invalidate: 'true' }))
    expect((await remove()).body).toEqual({ result: 'ok' })
    expect((await remove()).body).toEqual({ result: 'not found' })
    expect((await fetch(url)).status).toBe(404)
    expect(fake.present()).toEqual([])
    expect(fake.files()).toMatchObject([{ key: 'a/b', uploads: 2, deletedAtMs: expect.any(Number) }])
    expect(fake.calls().map(({ action, status }) => `${action} ${status}`)).toEqual([
      'upload 200',
      'upload 200',
      'deliver 200',
      'remove 200',
      'remove 200',
      'deliver 404',
    ])
    expect(fake.violations()).toEqual([])
  })

  it.each([
    ['a changed field', { public_id: 'other' }, 401, 'Invalid Signature'],
    ['a wrong signature', { signature: '0'.repeat(40) }, 401, 'Invalid Signature'],
    ['a short signature', { signature: 'abc' }, 401, 'Invalid Signature'],
    ['no signature', { signature: undefined }, 400, 'unsigned upload'],
    ['another key', { api_key: '1' }, 401, 'Unknown API key'],
  ])('refuses %s', async (_, changes, status, message) => {
    const answer = await upload(changes)
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) } } })
    expect(fake.violations()).toEqual([expect.stringContaining(message)])
    expect(fake.files()).toEqual([])
  })

  it('refuses another cloud', async () => {
    const answer = await post('upload', formOf({ public_id: 'a', overwrite: '1' }), picture, 'else')
    expect(answer).toMatchObject({ status: 401, body: { error: { message: 'Invalid cloud_name else' } } })
  })

  it('takes a signature for one hour', () => {
    const fields = new Map([
      ['timestamp', '1700000000'],
      ['public_id', 'a'],
      ['api_key', setting('CLOUDINARY_API_KEY')],
    ])
    fields.set('signature', signatureOf(textToSign(fields), setting('CLOUDINARY_API_SECRET')))
    const judge = (seconds: number) =>
      judgeCredentials(setting('CLOUDINARY_CLOUD_NAME'), fields, (1_700_000_000 + seconds) * 1000)
    expect([judge(0), judge(3599), judge(-3599)]).toEqual([undefined, undefined, undefined])
    expect(judge(3601)).toMatchObject({ status: 400, body: expect.stringContaining('Stale request') })
  })

  it.each([
    ['an unknown field', { format: 'png' }, () => picture, 'unknown field "format"'],
    ['a picture that does not replace', { overwrite: '0' }, () => picture, 'overwrite is not 1'],
    ['a name with a blank', { public_id: 'a b' }, () => picture, 'characters that need an escape'],
    ['no JPEG', {}, () => Buffer.from('GIF89a'), 'is not a JPEG'],
    ['half a JPEG', {}, () => picture.subarray(0, 99), 'without its end'],
    ['a JPEG that says where it was taken', {}, () => withPlace('II'), 'carries GPS data'],
  ])('notes %s', async (_, fields, file, violation) => {
    await post('upload', formOf({ public_id: 'a', overwrite: '1', ...fields }), file())
    expect(fake.violations()).toEqual([expect.stringContaining(violation)])
  })

  it('notes a removal that leaves copies behind', async () => {
    await post('destroy', formOf({ public_id: 'a' }))
    expect(fake.violations()).toEqual(['cloudinary remove a: invalidate is not true'])
  })

  it('notes what it does not know', async () => {
    expect((await fetch(`${fake.url}/v1_1/x/video/upload`, { method: 'POST' })).status).toBe(404)
    expect(fake.violations()).toEqual(['unknown address: POST /v1_1/x/video/upload'])
  })
})

/** The picture with an EXIF block whose first directory points to a GPS directory. */
function withPlace(byteOrder: 'II' | 'MM'): Buffer {
  const tiff = Buffer.alloc(26)
  tiff.write(byteOrder, 'latin1')
  const little = byteOrder === 'II'
  const put16 = (value: number, at: number) => (little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at))
  const put32 = (value: number, at: number) => (little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at))
  put16(42, 2)
  put32(8, 4)
  put16(1, 8)
  put16(0x8825, 10)
  put16(4, 12)
  put32(1, 14)
  return withFirstSegment(picture, 0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]))
}

describe('a place is found', () => {
  it.each(['II', 'MM'] as const)('in Exif of byte order %s', (byteOrder) => {
    expect(judgePicture(withPlace(byteOrder))).toEqual(['carries GPS data'])
  })
  it('in XMP', () => {
    const xmp = Buffer.from('http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude="52,30N"/>', 'latin1')
    expect(judgePicture(withFirstSegment(picture, 0xe1, xmp))).toEqual(['carries GPS data'])
  })
  it('and not where there is none', async () => {
    const exif = await pattern({ width: 9, height: 16 })
      .withExif({ IFD0: { Artist: 'A' } })
      .jpeg()
      .toBuffer()
    expect(judgePicture(exif)).toEqual([])
  })
})

/** Signs with an implementation that is not the fake's. */
async function sign(changes: Partial<ConstructorParameters<typeof AwsV4Signer>[0]> = {}) {
  const signer = new AwsV4Signer({
    url: `${setting('S3_ENDPOINT')}/${setting('S3_BUCKET')}/a/b.jpg`,
    method: 'PUT',
    accessKeyId: setting('S3_ACCESS_KEY_ID'),
    secretAccessKey: setting('S3_SECRET_ACCESS_KEY'),
    region: setting('S3_REGION'),
    service: 's3',
    ...changes,
  })
  return signer.sign()
}

async function send({ method, url, headers }: Awaited<ReturnType<typeof sign>>, body?: Buffer) {
  const response = await fetch(url, { method, headers, body: body ? new Uint8Array(body) : null })
  return { status: response.status, code: /<Code>(\w+)/.exec(await response.text())?.[1] }
}

const JPEG = { 'content-type': 'image/jpeg' }
const hashOf = async (bytes: Buffer) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex')
const put = async (changes = {}, bytes = picture) =>
  send(await sign({ headers: { ...JPEG, 'x-amz-content-sha256': await hashOf(bytes) }, ...changes }), bytes)
const code = (status: number, code: string) => ({ status, code })

describe('S3', () => {
  it('keeps a file, serves it to who has a signed address, and deletes it', async () => {
    expect(await put()).toEqual({ status: 200, code: undefined })
    const { url } = await sign({ method: 'GET', signQuery: true })
    const served = await fetch(url)
    expect(served.headers.get('content-type')).toBe('image/jpeg')
    expect(Buffer.from(await served.arrayBuffer())).toEqual(picture)
    expect(fake.present()).toMatchObject([{ provider: 's3', key: 'a/b.jpg', url: url.origin + url.pathname }])
    expect(await send(await sign({ method: 'DELETE' }))).toMatchObject({ status: 204 })
    expect(await send(await sign({ method: 'DELETE' }))).toMatchObject({ status: 204 })
    expect((await fetch(url)).status).toBe(404)
    expect(fake.violations()).toEqual([])
  })

  it.each([
    ['another secret', { secretAccessKey: 'x' }, code(403, 'SignatureDoesNotMatch')],
    ['another key', { accessKeyId: 'AKIAX' }, code(403, 'InvalidAccessKeyId')],
    ['another region', { region: 'us-else-1' }, code(400, 'AuthorizationHeaderMalformed')],
    ['another service', { service: 'sqs' }, code(400, 'AuthorizationHeaderMalformed')],
    ['an old date', { datetime: '20200101T000000Z' }, code(403, 'RequestTimeTooSkewed')],
    ['another bucket', { bucket: 'else' }, code(404, 'NoSuchBucket')],
  ])('refuses %s', async (_, { bucket, ...changes }: Record<string, string>, refusal) => {
    const url = bucket ? { url: `${setting('S3_ENDPOINT')}/${bucket}/a.jpg` } : {}
    expect(await put({ ...changes, ...url })).toEqual(refusal)
    expect(fake.violations()).toEqual([expect.stringContaining(String(refusal.code))])
    expect(fake.files()).toEqual([])
  })

  it('refuses what nobody signed, also a known address without its signature', async () => {
    await put()
    const { url, ...rest } = await sign()
    expect(await send({ ...rest, url, headers: new Headers() }, picture)).toEqual(code(403, 'AccessDenied'))
    expect((await fetch(url)).status).toBe(403)
  })

  it('refuses another file, another method and another header than the signed one', async () => {
    const signed = await sign({ headers: { ...JPEG, 'x-amz-content-sha256': await hashOf(picture) } })
    expect(await send(signed, Buffer.from('else'))).toEqual(code(400, 'XAmzContentSHA256Mismatch'))
    expect(await send({ ...signed, method: 'DELETE' }, picture)).toEqual(code(403, 'SignatureDoesNotMatch'))
    signed.headers.set('x-amz-acl', 'public-read')
    expect(await send(signed, picture)).toEqual(code(403, 'AccessDenied'))
  })

  it.each([
    ['a signature for another method', { method: 'HEAD' }, {}, 'SignatureDoesNotMatch'],
    ['a changed lifetime', {}, { 'X-Amz-Expires': '604800' }, 'SignatureDoesNotMatch'],
    ['a lifetime that is too long', {}, { 'X-Amz-Expires': '604801' }, 'AuthorizationQueryParametersError'],
    ['a cut address', {}, { 'X-Amz-Signature': '' }, 'SignatureDoesNotMatch'],
  ])('does not deliver with %s', async (_, changes, parameters, refusal) => {
    await put()
    const { url } = await sign({ method: 'GET', signQuery: true, ...changes })
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    expect(await (await fetch(url)).text()).toContain(refusal)
  })

  it('takes a signed address for its lifetime', async () => {
    const datetime = '20260101T000000Z'
    const address = new URL(`${setting('S3_ENDPOINT')}/${setting('S3_BUCKET')}/a.jpg?X-Amz-Expires=3600`)
    const { url } = await sign({ method: 'GET', signQuery: true, datetime, url: address.href })
    const request: ReceivedRequest = {
      method: 'GET',
      path: url.pathname,
      query: url.search.slice(1),
      headers: { host: url.host },
      body: Buffer.alloc(0),
    }
    const keys = {
      accessKeyId: setting('S3_ACCESS_KEY_ID'),
      secretAccessKey: setting('S3_SECRET_ACCESS_KEY'),
      region: setting('S3_REGION'),
    }
    const judge = (seconds: number) =>
      judgeSignature(request, keys, Date.parse('2026-01-01T00:00:00Z') + seconds * 1000)
    expect([judge(0), judge(3600)]).toEqual([undefined, undefined])
    expect(judge(3601)).toMatchObject({ status: 403, message: 'Request has expired' })
    expect(judge(-3600)).toMatchObject({ status: 403, message: 'Request is not valid yet' })
  })

  it.each([
    ['another type', { headers: { 'content-type': 'image/png' } }, 'content-type is image/png'],
    ['content that is not signed', { headers: JPEG }, 'the content is not signed'],
  ])('notes %s', async (_, changes, violation) => {
    await put(changes)
    expect(fake.violations()).toContainEqual(expect.stringContaining(violation))
  })

  it('notes a picture that says where it was taken', async () => {
    await put({ headers: { ...JPEG, 'x-amz-content-sha256': await hashOf(withPlace('MM')) } }, withPlace('MM'))
    expect(fake.violations()).toEqual(['s3 upload a/b.jpg: carries GPS data'])
  })
})

describe('trouble', () => {
  it('comes as often as ordered, for the provider and the action that it is for', async () => {
    fake.fault({ provider: 's3', action: 'upload', times: 2, play: { status: 503, body: 'no' } })
    fake.fault({ action: 'remove', play: 'reset' })
    expect((await upload()).status).toBe(200)
    expect([await put(), await put(), await put()].map(({ status }) => status)).toEqual([503, 503, 200])
    expect(fake.calls().map(({ provider, status }) => `${provider} ${status}`)).toEqual([
      'cloudinary 200',
      's3 503',
      's3 503',
      's3 200',
    ])
  })

  it('can be called off', async () => {
    fake.fault({ action: 'upload', times: Number.POSITIVE_INFINITY, play: { status: 500, body: '{}' } })
    expect((await upload()).status).toBe(500)
    fake.clearFaults()
    expect((await upload()).status).toBe(200)
  })

  it.each([
    ['reset', 0],
    ['effect_then_reset', 1],
  ] as const)('%s leaves %d files and no answer', async (play, files) => {
    fake.fault({ action: 'upload', play })
    await expect(upload()).rejects.toThrow('fetch failed')
    expect(fake.present()).toHaveLength(files)
    expect(fake.calls()).toMatchObject([{ action: 'upload', status: null }])
  })

  it.each([
    ['hang', 0],
    ['effect_then_hang', 1],
  ] as const)('%s leaves %d files and never answers', async (play, files) => {
    fake.fault({ action: 'upload', play })
    const url = `${fake.url}/v1_1/${setting('CLOUDINARY_CLOUD_NAME')}/image/upload`
    const form = formOf({ public_id: 'a', overwrite: '1' })
    form.append('file', new Blob([new Uint8Array(picture)]), 'file')
    await expect(fetch(url, { method: 'POST', body: form, signal: AbortSignal.timeout(300) })).rejects.toThrow(
      /timeout/,
    )
    expect(fake.present()).toHaveLength(files)
  })

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a call is held %s its effect', async (when, files) => {
    const hold = fake.hold('upload', when)
    const call = upload()
    await hold.reached
    expect(fake.present()).toHaveLength(files)
    hold.release()
    expect((await call).status).toBe(200)
  })
})
