import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HostName } from '../../src/db/schema.ts'
import { openHost, openHostFor } from '../../src/hosting/open-host.ts'
import { resolveSettings } from '../../src/settings.ts'
import { type FakeHosts, startFakeHosts } from '../support/fake-hosts.ts'
import { pattern } from '../support/pictures.ts'

let fake: FakeHosts

beforeEach(async () => {
  fake = await startFakeHosts()
})
afterEach(() => fake.close())

const settingsFrom = (env: Record<string, string | undefined>) =>
  resolveSettings({ home: '/home', env: { HTTP_TIMEOUT_SECONDS: '20', ...env }, envFile: {} }).settings

/** The host, when nothing is missing. */
async function ready(opening: ReturnType<typeof openHost>) {
  const opened = await opening
  if (opened.kind === 'incomplete') throw new Error(`missing: ${opened.missing.join(', ')}`)
  return opened.host
}

describe('the host of the settings', () => {
  it.each([
    [undefined, 'cloudinary'],
    ['cloudinary', 'cloudinary'],
    ['s3', 's3'],
  ] as const)('MEDIA_HOST %s is %s, and works', async (mediaHost, name) => {
    const host = await ready(openHost(settingsFrom({ ...fake.env, MEDIA_HOST: mediaHost })))
    await host.upload('a', await pattern({ width: 9, height: 16 }).jpeg().toBuffer())
    expect(host.name).toBe(name)
    expect(fake.present()).toMatchObject([{ provider: name }])
    expect(fake.violations()).toEqual([])
  })

  it('is not the only one that can be opened: files may still lie with another', async () => {
    const settings = settingsFrom({ ...fake.env, MEDIA_HOST: 's3' })
    const host = await ready(openHostFor(settings, 'cloudinary'))
    await host.remove('left-behind')
    expect(fake.calls()).toMatchObject([{ provider: 'cloudinary', action: 'remove' }])
  })

  it('waits as long as HTTP_TIMEOUT_SECONDS says', async () => {
    const host = await ready(openHost(settingsFrom({ ...fake.env, HTTP_TIMEOUT_SECONDS: '500' })))
    expect(host.longestCallSeconds).toBe(500)
  })
})

describe('what is missing is named as in the environment:', () => {
  const CASES: readonly (readonly [HostName, string[]])[] = [
    ['cloudinary', ['CLOUDINARY_CLOUD_NAME', 'CLOUDINARY_API_KEY', 'CLOUDINARY_API_SECRET']],
    ['s3', ['S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']],
  ]
  it.each(CASES)('everything of %s', async (provider, missing) => {
    expect(await openHostFor(settingsFrom({}), provider)).toEqual({ kind: 'incomplete', missing })
  })
  it.each(CASES.flatMap(([provider, names]) => names.map((name) => [name, provider] as const)))(
    'only %s',
    async (name, provider) => {
      const settings = settingsFrom({ ...fake.env, [name]: undefined })
      expect(await openHostFor(settings, provider)).toEqual({ kind: 'incomplete', missing: [name] })
    },
  )
  it.each([
    ['cloudinary', 'CLOUDINARY_UPLOAD_PREFIX'],
    ['s3', 'S3_ENDPOINT'],
    ['s3', 'S3_REGION'],
  ] as const)('but %s needs no %s', async (provider, name) => {
    expect(await openHostFor(settingsFrom({ ...fake.env, [name]: undefined }), provider)).toMatchObject({
      kind: 'ready',
    })
  })
})
