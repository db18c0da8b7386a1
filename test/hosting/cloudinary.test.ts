import { describe, expect, it } from 'vitest'
import { createCloudinaryHost } from '../../src/hosting/cloudinary.ts'
import { judgeCloudinaryRejection } from '../../src/hosting/judge-cloudinary.ts'
import { startFakeHosts } from '../support/fake-hosts.ts'
import { pattern } from '../support/pictures.ts'
import { describeHost } from './contract.ts'
import { runAlone } from './run-alone.ts'

const error = (status: number, message: string) => ({ status, body: JSON.stringify({ error: { message } }) })
const SIGNED = "Invalid Signature 0123456789abcdef0123456789abcdef01234567. String to sign - 'public_id=x'."

const MODULE = { module: '../../src/hosting/cloudinary.ts', factory: 'createCloudinaryHost' }

describeHost({
  name: 'cloudinary',
  ...MODULE,
  options: (env) => ({
    cloudName: env.CLOUDINARY_CLOUD_NAME,
    apiKey: env.CLOUDINARY_API_KEY,
    apiSecret: env.CLOUDINARY_API_SECRET,
    uploadPrefix: env.CLOUDINARY_UPLOAD_PREFIX,
  }),
  create: (options) => createCloudinaryHost(options as never),
  secrets: (env) => [String(env.CLOUDINARY_API_SECRET)],
  spoiled: [
    ['another cloud', { CLOUDINARY_CLOUD_NAME: 'else where' }, 'CLOUDINARY_CLOUD_NAME'],
    ['another key', { CLOUDINARY_API_KEY: '999999999999999' }, 'CLOUDINARY_API_KEY'],
    ['another secret', { CLOUDINARY_API_SECRET: 'not-the-secret-of-this' }, 'CLOUDINARY_API_SECRET'],
  ],
  answers: [
    ['400 about the picture', error(400, 'Invalid image file'), 'rejected'],
    ['413', { status: 413, body: '' }, 'rejected'],
    [
      '400 about the clock',
      error(400, 'Stale request - reported time is 2020-01-01 which is more than 1 hour ago'),
      'closed',
      'clock',
    ],
    ['401 that quotes a signature', error(401, SIGNED), 'closed', 'CLOUDINARY_API_SECRET'],
    ['401 in other words', error(401, 'disabled account'), 'closed', 'CLOUDINARY_CLOUD_NAME'],
    ['403', { status: 403, body: 'no' }, 'closed', 'CLOUDINARY_API_KEY'],
    ['404', error(404, 'Not Found'), 'closed', 'CLOUDINARY_UPLOAD_PREFIX'],
    ['a redirect', { status: 302, body: '', headers: { location: '/else' } }, 'closed', 'CLOUDINARY_UPLOAD_PREFIX'],
    ['409', { status: 409, body: '' }, 'unreachable'],
    ['420', error(420, 'Rate Limit Exceeded'), 'throttled'],
    ['429', error(429, 'Too many concurrent calls'), 'throttled'],
    ['503', { status: 503, body: 'Service Unavailable' }, 'unreachable'],
    ['200 with a page', { status: 200, body: '<html></html>' }, 'unreachable'],
    ['200 without an address', { status: 200, body: '{}' }, 'unreachable'],
    [
      '200 with an address that Instagram does not take',
      { status: 200, body: '{"secure_url":"https://x.example/ä.jpg"}' },
      'unreachable',
    ],
    ['200 with nothing', { status: 200, body: 'null' }, 'unreachable'],
    ['200 with a text', { status: 200, body: '"ok"' }, 'unreachable'],
  ],
})

describe('a refusal of the picture', () => {
  it("says it in Cloudinary's words, without secret, signature and anything that is not printable", () => {
    const message = `Bad\r\npicture of s3cret, 0123456789ABCDEF0123456789abcdef01234567 ${'x'.repeat(500)}`
    const failure = judgeCloudinaryRejection({ message, http_code: 400 }, 's3cret')
    expect(failure?.reason).toMatch(/\(HTTP 400\): Bad picture of \[secret\], \[signature\] x+$/)
    expect(failure?.reason.length).toBeLessThan(260)
  })
})

describe("every shape of the SDK's rejections", () => {
  it.each([
    [{ message: 'General Error', name: 'Error', http_code: 500 }, 'unreachable'],
    [{ message: 'Server returned unexpected status code - 403', http_code: 403, name: 'UnexpectedResponse' }, 'closed'],
    [{ error: { code: 'ECONNREFUSED' } }, 'unreachable'],
    [{ error: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) }, 'unreachable'],
    [{ error: { message: 'Request Timeout', http_code: 499, name: 'TimeoutError' } }, 'unreachable'],
    [Object.assign(new Error('aborted'), { code: 'ECONNRESET' }), 'unreachable'],
    [new TypeError('a mistake in a program'), undefined],
    [undefined, undefined],
  ])('%j is %s', (rejection, kind) => {
    expect(judgeCloudinaryRejection(rejection, 'secret')?.kind).toBe(kind)
  })
})

describe('the address of the API', () => {
  it('may end with a slash, and the global configuration of the SDK is neither used nor changed', async () => {
    const fake = await startFakeHosts()
    const { v2 } = await import('cloudinary')
    v2.config({ cloud_name: 'global', api_key: 'global', api_secret: 'global', upload_prefix: 'http://127.0.0.1:9' })
    const before = { ...v2.config() }
    const { CLOUDINARY_CLOUD_NAME: cloudName = '', CLOUDINARY_API_KEY: apiKey = '' } = fake.env
    const apiSecret = fake.env.CLOUDINARY_API_SECRET ?? ''
    const host = createCloudinaryHost({
      cloudName,
      apiKey,
      apiSecret,
      uploadPrefix: `${fake.url}/`,
      timeoutSeconds: 20,
    })
    await host.upload('a', await pattern({ width: 9, height: 16 }).jpeg().toBuffer())
    await host.remove('a')
    expect(v2.config()).toEqual(before)
    expect(fake.calls().map(({ action, status }) => [action, status])).toEqual([
      ['upload', 200],
      ['remove', 200],
    ])
    expect(fake.violations()).toEqual([])
    await fake.close()
  })
})

describe('a CLOUDINARY_URL in the environment', () => {
  const options = {
    cloudName: 'a',
    apiKey: 'b',
    apiSecret: 'c',
    uploadPrefix: 'http://127.0.0.1:9',
    timeoutSeconds: 20,
  }

  it('that the SDK cannot read is named, because nothing else explains why it does not load', async () => {
    const closed = { kind: 'closed', fix: expect.stringContaining('CLOUDINARY_URL') }
    const { failures } = await runAlone(MODULE, options, { CLOUDINARY_URL: 'https://res.example/a' })
    expect(failures).toMatchObject([closed, closed])
  })

  it('that leads somewhere else, over another protocol, changes nothing', async () => {
    const fake = await startFakeHosts()
    const { CLOUDINARY_CLOUD_NAME: cloudName, CLOUDINARY_API_KEY: apiKey, CLOUDINARY_API_SECRET: apiSecret } = fake.env
    const right = { cloudName, apiKey, apiSecret, uploadPrefix: fake.url, timeoutSeconds: 20 }
    const { failures } = await runAlone(MODULE, right, {
      CLOUDINARY_URL: 'cloudinary://k:s@else?upload_prefix=https://e.example',
    })
    expect(failures).toEqual([null, null])
    expect(fake.violations()).toEqual([])
    await fake.close()
  })
})
