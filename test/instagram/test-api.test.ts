import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdCalls } from '../../src/db/api-limits.ts'
import testApi from '../../src/instagram/test-api.ts'
import { type FakeHosts, startFakeHosts } from '../support/fake-hosts.ts'
import { useTokens } from './tokens-at-work.ts'

const work = useTokens()

let hosts: FakeHosts
let mayStay = false
beforeEach(async () => {
  mayStay = false
  hosts = await startFakeHosts()
})
afterEach(async () => {
  await hosts.close()
  expect(hosts.present()).toHaveLength(mayStay ? 1 : 0)
})

type Login = 'facebook' | 'instagram'
interface Check {
  name: string
  ok: boolean
  detail: string
  fix?: string
}

async function test(login: Login, more: Record<string, string> = {}) {
  const env = work.env(login, {
    INSTAGRAM_ACCOUNT_ID: work.graph.accountId,
    ACCESS_TOKEN: login === 'facebook' ? work.graph.tokens.page : work.graph.tokens.instagram,
    ...hosts.env,
    ...more,
  })
  const ran = await work.run(testApi, env)
  const checks = (ran.json.checks ?? []) as Check[]
  return { ...ran, checks, failed: checks.filter(({ ok }) => !ok) }
}

const NAMES = ['token', 'permissions', 'account', 'account type', 'publishing quota', 'media host']

describe('test-api', () => {
  it.each<[Login, 'cloudinary' | 's3']>([
    ['facebook', 'cloudinary'],
    ['instagram', 's3'],
  ])('%s with %s: every line is well, and nothing is left behind', async (login, host) => {
    work.graph.set({ quota: { used: 3, total: 50 } })
    const { exitCode, checks, failed, json, stderr } = await test(login, { MEDIA_HOST: host })
    expect(failed).toEqual([])
    expect([exitCode, json.ok]).toEqual([0, true])
    expect(checks.map(({ name }) => name)).toEqual(NAMES)
    const details = checks.map(({ detail }) => detail).join('\n')
    expect(details).toContain(`@first_brand (${work.graph.accountId})`)
    expect(details).toContain('3 of 50')
    expect(details).toContain(`${host}: uploaded`)
    expect(stderr).toContain('ENABLE_INSTAGRAM_API=true')
    expect(hosts.files()).toHaveLength(1)
    expect(hosts.violations()).toEqual([])
    expect(work.graph.calls('media')).toEqual([])
  })

  it('goes on after one failure: each has its own line', async () => {
    work.graph.set({ quota: { used: 50, total: 50 }, missingScopes: ['pages_read_engagement'] })
    const { exitCode, failed, checks } = await test('facebook', { MEDIA_HOST: 's3', S3_SECRET_ACCESS_KEY: 'wrong' })
    expect(exitCode).toBe(3)
    expect(failed.map(({ name }) => name)).toEqual(['permissions', 'publishing quota', 'media host'])
    expect(failed.every(({ fix }) => fix !== undefined)).toBe(true)
    expect(checks.map(({ name }) => name)).toEqual(NAMES)
  })

  it.each<[Login, string, RegExp]>([
    ['facebook', 'page', /Page "First Page" with @first_brand/],
    ['instagram', 'instagram', /@first_brand/],
  ])('%s: an account that is not the one of the token is named', async (login, _, owner) => {
    const { exitCode, failed } = await test(login, { INSTAGRAM_ACCOUNT_ID: '17841463820195743' })
    expect(exitCode).toBe(3)
    expect(failed).toEqual([
      {
        name: 'account',
        ok: false,
        detail: expect.stringMatching(owner),
        fix: expect.stringContaining('INSTAGRAM_ACCOUNT_ID'),
      },
    ])
  })

  it("a user's token that does not reach the account says so without guessing", async () => {
    const more = { ACCESS_TOKEN: work.graph.tokens.user, INSTAGRAM_ACCOUNT_ID: '17841400000000000' }
    const { failed } = await test('facebook', more)
    expect(failed).toMatchObject([{ name: 'account', fix: expect.stringContaining('Check INSTAGRAM_ACCOUNT_ID') }])
  })

  it('a personal account is refused', async () => {
    const [account] = work.graph.accounts
    if (account) account.accountType = 'PERSONAL'
    expect((await test('instagram')).failed).toMatchObject([
      { name: 'account type', fix: expect.stringContaining('professional') },
    ])
  })

  it('a dead token is one line, and the media host is still tried', async () => {
    work.graph.set({ tokens: { page: { invalidSubcode: 467 } } })
    const { exitCode, checks } = await test('facebook')
    expect(exitCode).toBe(3)
    expect(checks).toMatchObject([
      { name: 'token', ok: false },
      { name: 'media host', ok: true },
    ])
  })

  it('a missing permission of the instagram login is found by what it forbids', async () => {
    work.graph.set({ missingScopes: ['instagram_business_content_publish'] })
    const { failed } = await test('instagram')
    expect(failed).toMatchObject([
      { name: 'permissions', detail: expect.stringContaining('instagram_business_content_publish') },
      { name: 'publishing quota' },
    ])
  })

  it('a host that redirects, as Meta does not follow, is named, and the picture goes', async () => {
    hosts.fault({ action: 'deliver', play: { status: 302, body: '', headers: { location: 'https://example.org' } } })
    const { exitCode, failed } = await test('facebook')
    expect(exitCode).toBe(3)
    expect(failed).toMatchObject([{ name: 'media host', detail: expect.stringContaining('redirect') }])
    expect(hosts.present()).toEqual([])
  })

  it('an upload whose answer is lost leaves nothing behind either', async () => {
    hosts.fault({ action: 'upload', play: 'effect_then_reset' })
    expect((await test('facebook')).failed).toMatchObject([{ name: 'media host' }])
    expect(hosts.files()).toHaveLength(1)
    expect(hosts.present()).toEqual([])
  })

  it('a picture that cannot be deleted is named with its key', async () => {
    hosts.fault({ action: 'remove', play: { status: 403, body: '<Error/>' } })
    const { exitCode, failed } = await test('facebook', { MEDIA_HOST: 's3' })
    expect(exitCode).toBe(3)
    const [left] = hosts.present()
    expect(failed).toMatchObject([
      { name: 'media host', fix: expect.stringContaining(left?.key.replace('.jpg', '') ?? '?') },
    ])
    mayStay = true
  })

  it('what is not set up is listed as a whole: exit 4', async () => {
    const { exitCode, failed } = await test('facebook', {
      ACCESS_TOKEN: '',
      INSTAGRAM_ACCOUNT_ID: '',
      CLOUDINARY_API_KEY: '',
      CLOUDINARY_API_SECRET: '',
    })
    expect(exitCode).toBe(4)
    expect(failed).toMatchObject([
      { name: 'connection', detail: expect.stringContaining('ACCESS_TOKEN, INSTAGRAM_ACCOUNT_ID') },
      { name: 'media host', detail: expect.stringContaining('CLOUDINARY_API_KEY, CLOUDINARY_API_SECRET') },
    ])
  })

  it('what is set up is checked although the rest is missing', async () => {
    const { exitCode, checks } = await test('facebook', { ACCESS_TOKEN: '' })
    expect(exitCode).toBe(4)
    expect(checks).toMatchObject([
      { name: 'connection', ok: false },
      { name: 'media host', ok: true },
    ])
  })

  it('says that a renewed token could not be stored', async () => {
    const { exitCode, checks } = await test('instagram', { STORYLINE_SECRET_KEY: '' })
    expect(exitCode).toBe(0)
    expect(checks.at(-1)).toMatchObject({ name: 'refresh', fix: expect.stringContaining('openssl rand -base64 32') })
  })

  it('while Meta wants a pause nothing is called, and until when is said', async () => {
    await holdCalls(work.db, { subject: `instagram:${work.graph.accountId}`, seconds: 1200, reason: 'limit reached' })
    const { exitCode, checks } = await test('facebook', { TIMEZONE: 'Europe/Berlin' })
    expect(exitCode).toBe(3)
    expect(checks).toMatchObject([
      { name: 'limit', detail: expect.stringMatching(/until \S+T\S+\+01:00: limit reached/) },
    ])
    expect([work.graph.calls(), hosts.calls()]).toEqual([[], []])
  })

  it('in a dry run nothing is called', async () => {
    const { exitCode, stdout, json } = await test('facebook', { DRY_RUN_MODE: 'true' })
    expect([exitCode, json.dryRun]).toEqual([0, true])
    expect(stdout).toContain('DRY_RUN_MODE')
    expect([work.graph.calls(), hosts.calls()]).toEqual([[], []])
  })
})
