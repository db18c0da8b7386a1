import { describe, expect, it } from 'vitest'
import { judgeS3Refusal } from '../../src/hosting/judge-s3.ts'
import { createS3Host, objectUrl } from '../../src/hosting/s3.ts'
import { startFakeHosts } from '../support/fake-hosts.ts'
import { pattern } from '../support/pictures.ts'
import { describeHost } from './contract.ts'

const error = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Signature=${'0'.repeat(64)}</Message></Error>`,
})

const optionsOf = (env: Readonly<Record<string, string>>) => ({
  endpoint: env.S3_ENDPOINT,
  bucket: String(env.S3_BUCKET),
  region: String(env.S3_REGION),
  accessKeyId: String(env.S3_ACCESS_KEY_ID),
  secretAccessKey: String(env.S3_SECRET_ACCESS_KEY),
})

describeHost({
  name: 's3',
  module: '../../src/hosting/s3.ts',
  factory: 'createS3Host',
  options: optionsOf,
  create: (options) => createS3Host(options as never),
  secrets: (env) => [String(env.S3_SECRET_ACCESS_KEY)],
  spoiled: [
    ['another bucket', { S3_BUCKET: 'not-mine' }, 'S3_BUCKET'],
    ['another region', { S3_REGION: 'eu-else-9' }, 'S3_REGION'],
    ['a region that is none', { S3_REGION: 'Europe (Paris)' }, 'S3_REGION'],
    ['another key', { S3_ACCESS_KEY_ID: 'AKIAELSEWHERE0000001' }, 'S3_ACCESS_KEY_ID'],
    ['another secret', { S3_SECRET_ACCESS_KEY: 'not-the-secret-of-this' }, 'S3_SECRET_ACCESS_KEY'],
  ],
  answers: [
    ['AccessDenied', error(403, 'AccessDenied'), 'closed', 's3:PutObject'],
    ['NoSuchBucket', error(404, 'NoSuchBucket'), 'closed', 'S3_BUCKET'],
    ['RequestTimeTooSkewed', error(403, 'RequestTimeTooSkewed'), 'closed', 'clock'],
    ['403 of something before the store', { status: 403, body: '<html></html>' }, 'closed', 's3:PutObject'],
    ['404 without a code', { status: 404, body: '' }, 'closed', 'S3_ENDPOINT'],
    ['a redirect', { status: 301, body: '', headers: { location: '/else' } }, 'closed', 'S3_REGION'],
    ['SlowDown', error(503, 'SlowDown'), 'throttled'],
    ['503 without a code', { status: 503, body: '' }, 'throttled'],
    ['429', { status: 429, body: '' }, 'throttled'],
    ['400 about the file', error(400, 'EntityTooLarge'), 'rejected'],
    ['413', { status: 413, body: '' }, 'rejected'],
    ['400 because it came too slowly', error(400, 'RequestTimeout'), 'unreachable'],
    ['400 because it came damaged', error(400, 'BadDigest'), 'unreachable'],
    ['500', error(500, 'InternalError'), 'unreachable'],
    ['a code that is a name of JavaScript', error(400, 'constructor'), 'rejected'],
    ['an endless error page', { status: 500, body: 'x'.repeat(1_000_000) }, 'unreachable'],
  ],
})

describe('Retry-After', () => {
  it.each([
    ['17', undefined, 17],
    [' 3 ', undefined, 3],
    ['Fri, 21 Nov 2025 12:00:30 GMT', 'Fri, 21 Nov 2025 12:00:00 GMT', 30],
    ['Fri, 21 Nov 2025 12:00:30 GMT', undefined, null],
    ['Fri, 21 Nov 2025 11:00:00 GMT', 'Fri, 21 Nov 2025 12:00:00 GMT', null],
    ['soon', 'Fri, 21 Nov 2025 12:00:00 GMT', null],
    ['0', undefined, null],
    ['-5', undefined, null],
    [undefined, undefined, null],
  ])('%j at %j is %j seconds', (retryAfter, date, seconds) => {
    const failure = judgeS3Refusal({ status: 503, code: 'SlowDown', retryAfter, date })
    expect(failure).toMatchObject({ kind: 'throttled', retryAfterSeconds: seconds })
  })

  it('is read from the answer', async () => {
    const fake = await startFakeHosts()
    fake.fault({ action: 'remove', play: error(503, 'SlowDown', { 'retry-after': '42' }) })
    const removal = createS3Host({ ...optionsOf(fake.env), timeoutSeconds: 20 }).remove('a')
    await expect(removal).rejects.toMatchObject({ failure: { kind: 'throttled', retryAfterSeconds: 42 } })
    await fake.close()
  })
})

it('a store that answers 404 to the removal of an absent file is understood', async () => {
  const fake = await startFakeHosts()
  fake.fault({ action: 'remove', play: error(404, 'NoSuchKey') })
  await createS3Host({ ...optionsOf(fake.env), timeoutSeconds: 20 }).remove('a')
  expect(fake.calls()).toMatchObject([{ status: 404 }])
  await fake.close()
})

describe('the address of a file', () => {
  it.each([
    ['at Amazon, the bucket is part of the host', {}, 'https://stories.s3.eu-central-1.amazonaws.com/a/b.jpg'],
    ['a bucket with a dot is not', { bucket: 'my.shop' }, 'https://s3.eu-central-1.amazonaws.com/my.shop/a/b.jpg'],
    [
      'an endpoint takes the bucket into the path',
      { endpoint: 'https://x.r2.example' },
      'https://x.r2.example/stories/a/b.jpg',
    ],
    [
      'an endpoint keeps its own path',
      { endpoint: 'http://127.0.0.1:9000/s3/' },
      'http://127.0.0.1:9000/s3/stories/a/b.jpg',
    ],
  ])('%s', (_, changes, address) => {
    expect(objectUrl({ bucket: 'stories', region: 'eu-central-1', ...changes }, 'a/b').href).toBe(address)
  })
})

describe('the URL of a file', () => {
  it('is signed for almost seven days and shows no secret', async () => {
    const fake = await startFakeHosts()
    const jpeg = await pattern({ width: 9, height: 16 }).jpeg().toBuffer()
    const { url } = await createS3Host({ ...optionsOf(fake.env), timeoutSeconds: 20 }).upload('a', jpeg)
    const expires = Number(new URL(url).searchParams.get('X-Amz-Expires'))
    expect(expires).toBeGreaterThan(6 * 86_400)
    expect(expires).toBeLessThan(604_800)
    expect(decodeURIComponent(url)).not.toContain(fake.env.S3_SECRET_ACCESS_KEY)
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403)
    await fake.close()
  })
})
