import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { storedSecrets } from '../../src/db/schema.ts'
import checkToken from '../../src/instagram/check-token.ts'
import refreshToken from '../../src/instagram/refresh-token.ts'
import { keyIdOf, NONCE_BYTES, sealSecret } from '../../src/instagram/seal.ts'
import { useTokens } from './tokens-at-work.ts'

const work = useTokens()
type Login = 'facebook' | 'instagram'

const env = (login: Login, more: Record<string, string> = {}) =>
  work.env(login, {
    INSTAGRAM_ACCOUNT_ID: work.graph.accountId,
    ACCESS_TOKEN: login === 'facebook' ? work.graph.tokens.user : work.graph.tokens.instagram,
    ...more,
  })

const refresh = (
  login: Login,
  options: { force?: boolean; dryRun?: boolean } = {},
  more: Record<string, string> = {},
) => work.run(refreshToken, env(login, more), options)

const SILENT = { stdout: '', stderr: '' }

describe('the instagram login', () => {
  it("renews the environment's token, whose end nobody knows, and stores the new one", async () => {
    const { exitCode, json, stdout } = await refresh('instagram')
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({ action: 'refreshed', daysLeft: 60 })
    expect(stdout).toContain('60 days')
    expect(await work.stored('instagram_token')).not.toBe(work.graph.tokens.instagram)
    expect(work.graph.calls('refresh_access_token')).toMatchObject([{ method: 'GET', version: null }])
  })

  it('then is silent for a month, and renews the stored one, never the seed again', async () => {
    await refresh('instagram')
    const first = await work.stored('instagram_token')
    work.passDays(29)
    expect(await refresh('instagram')).toMatchObject({
      exitCode: 0,
      json: { action: 'nothing', daysLeft: 31 },
      ...SILENT,
    })
    work.passDays(2)
    expect((await refresh('instagram')).json).toMatchObject({ action: 'refreshed', daysLeft: 60 })
    expect(await work.stored('instagram_token')).not.toBe(first)
    // The seed ended on the 58th day, the first refreshed token on the 60th.
    work.passDays(59)
    const { exitCode, json } = await work.run(checkToken, env('instagram'))
    expect([exitCode, json.origin, json.health]).toEqual([0, 'stored', 'warning'])
  })

  it('does not ask for what Meta refuses: a token younger than a day', async () => {
    await refresh('instagram')
    expect((await refresh('instagram', { force: true })).json).toMatchObject({ action: 'nothing' })
    expect(work.graph.calls('refresh_access_token')).toHaveLength(1)
  })

  it('with --force renews although many days are left', async () => {
    await refresh('instagram')
    work.passDays(2)
    expect((await refresh('instagram')).json.action).toBe('nothing')
    expect((await refresh('instagram', { force: true })).json).toMatchObject({ action: 'refreshed', daysLeft: 60 })
  })

  it('a new token in the environment wins over what was stored', async () => {
    await refresh('instagram')
    const other = { ACCESS_TOKEN: work.graph.tokens.instagram2, INSTAGRAM_ACCOUNT_ID: '17841463820195743' }
    const { json } = await work.run(checkToken, env('instagram', other))
    expect(json).toMatchObject({ origin: 'environment', username: 'second' })
    expect((await refresh('instagram', {}, other)).json.action).toBe('refreshed')
    expect((await work.run(checkToken, env('instagram', other))).json).toMatchObject({
      origin: 'stored',
      username: 'second',
    })
  })

  it('a dry run says the same and does nothing', async () => {
    const { exitCode, json, stdout } = await refresh('instagram', { dryRun: true })
    expect([exitCode, json.action, json.dryRun]).toEqual([0, 'would_refresh', true])
    expect(stdout).toContain('[dry run]')
    expect(work.graph.calls('refresh_access_token')).toEqual([])
    expect(await work.db.select().from(storedSecrets)).toEqual([])
    expect((await refresh('instagram', {}, { DRY_RUN_MODE: 'true' })).json.action).toBe('would_refresh')
  })

  it('without STORYLINE_SECRET_KEY: exit 4, with the way to one', async () => {
    const { exitCode, stderr } = await refresh('instagram', {}, { STORYLINE_SECRET_KEY: '' })
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('openssl rand -base64 32')])
    expect(work.graph.calls()).toEqual([])
  })

  it('when Meta leaves the lifetime out, the end is unknown and it is renewed again the next day', async () => {
    work.graph.set({ omitExpiresIn: true })
    await refresh('instagram')
    work.passDays(1)
    expect((await refresh('instagram')).json).toMatchObject({ action: 'refreshed', daysLeft: null })
  })
})

describe('the facebook login', () => {
  it("makes the Page's token of a user's, and then nothing needs refreshing until that one is near its end", async () => {
    expect((await refresh('facebook')).json).toMatchObject({ action: 'nothing', daysLeft: 58 })
    work.passDays(30)
    expect((await refresh('facebook')).json).toMatchObject({ action: 'refreshed', daysLeft: null, health: 'ok' })
    expect(await work.stored('instagram_token')).toBe(work.graph.tokens.page)
    work.passDays(20)
    expect(await refresh('facebook')).toMatchObject({ exitCode: 0, json: { action: 'nothing' }, ...SILENT })
    work.passDays(11)
    expect((await refresh('facebook')).json.action).toBe('refreshed')
  })

  it("a Page's token needs no refresh and no key", async () => {
    const page = { ACCESS_TOKEN: work.graph.tokens.page, STORYLINE_SECRET_KEY: '' }
    expect(await refresh('facebook', {}, page)).toMatchObject({ exitCode: 0, ...SILENT })
    const { stdout } = await refresh('facebook', { dryRun: true }, page)
    expect(stdout).toContain('never expires: nothing needs refreshing')
  })

  it('a Page that is gone from the user leaves the old tokens, and says so', async () => {
    work.passDays(30)
    const [first] = work.graph.pages
    if (first) first.accountId = null
    const { exitCode, stderr } = await refresh('facebook')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('reaches no Instagram account')])
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it("a dead Page's token is made anew from the user's that lives", async () => {
    work.passDays(30)
    await refresh('facebook')
    work.graph.set({ tokens: { page: { invalidSubcode: 467 } } })
    const { json } = await refresh('facebook')
    // This server hands out the same token again: tried is what counts.
    expect(json).toMatchObject({ action: 'refreshed', health: 'dead' })
    work.graph.set({ tokens: { page: { invalidSubcode: null } } })
    expect((await refresh('facebook')).json).toMatchObject({ health: 'ok' })
    expect(await work.open()).toEqual([])
  })

  it('without APP_ID and APP_SECRET: exit 4, both named', async () => {
    const { exitCode, stderr } = await refresh('facebook', {}, { APP_ID: '', APP_SECRET: '' })
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('APP_ID, APP_SECRET')])
  })
})

describe('who is told, and when', () => {
  const SUBJECT = 'instagram-token'
  const refuse = () =>
    work.graph.fault({ kind: 'error', endpoint: 'refresh_access_token', code: 2, message: 'Try later' })

  it('nobody, as long as enough days are left for another try', async () => {
    await refresh('instagram')
    work.passDays(35)
    refuse()
    const { exitCode, stderr } = await refresh('instagram')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Try later')])
    expect(await work.open()).toEqual([])
  })

  it('the admin chat, when it fails in the last ten days; and again when all is well', async () => {
    await refresh('instagram')
    work.passDays(51)
    refuse()
    await refresh('instagram')
    expect(await work.open()).toEqual([
      {
        subject: SUBJECT,
        severity: 'warning',
        summary: expect.stringContaining('expires in 9 days'),
        fix: expect.stringContaining('storyline'),
      },
    ])
    expect((await refresh('instagram')).json.action).toBe('refreshed')
    expect(await work.open()).toEqual([])
  })

  it('the admin chat, when Meta cannot be reached in the last ten days', async () => {
    await refresh('instagram')
    work.passDays(51)
    work.graph.fault({ kind: 'drop', endpoint: 'me' })
    expect((await refresh('instagram')).exitCode).toBe(1)
    expect(await work.open()).toMatchObject([{ subject: SUBJECT, severity: 'warning' }])
  })

  it('nobody, when the last ten days are only news for a renewal that works', async () => {
    await refresh('instagram')
    work.passDays(55)
    expect((await refresh('instagram')).json.action).toBe('refreshed')
    expect(await work.open()).toEqual([])
  })

  it('the admin chat at once, when the token is dead: exit 3', async () => {
    work.graph.set({ tokens: { instagram: { invalidSubcode: 458 } } })
    const { exitCode, stderr } = await refresh('instagram')
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('instagram connect')])
    expect(await work.open()).toMatchObject([{ subject: SUBJECT, severity: 'critical' }])
    expect(work.graph.calls('refresh_access_token')).toEqual([])
  })

  it('a trouble that is told stays told while Meta does not answer', async () => {
    await openAlert(work.db, { subject: SUBJECT, severity: 'critical', summary: 'dead' })
    work.graph.fault({ kind: 'http', status: 503, body: '<html></html>' })
    await refresh('instagram')
    expect(await work.open()).toHaveLength(1)
  })

  it('a dry run tells nobody', async () => {
    work.graph.set({ tokens: { instagram: { invalidSubcode: 458 } } })
    await refresh('instagram', { dryRun: true })
    expect(await work.open()).toEqual([])
  })
})

describe('two at once', () => {
  it('the one that comes second with the older token leaves the newer one alone', async () => {
    const slow = work.graph.hold('refresh_access_token', 'after')
    const first = refresh('instagram')
    await slow.reached
    expect((await refresh('instagram')).json.action).toBe('refreshed')
    const kept = await work.stored('instagram_token')
    slow.release()
    expect(await first).toMatchObject({ exitCode: 0, json: { action: 'replaced' } })
    expect(await work.stored('instagram_token')).toBe(kept)
    expect(await work.open()).toEqual([])
  })

  it('also when both replace a stored one', async () => {
    await refresh('instagram')
    work.passDays(40)
    const slow = work.graph.hold('refresh_access_token', 'after')
    const first = refresh('instagram')
    await slow.reached
    await refresh('instagram')
    const kept = await work.stored('instagram_token')
    slow.release()
    expect((await first).json.action).toBe('replaced')
    expect(await work.stored('instagram_token')).toBe(kept)
  })
})

describe('another key', () => {
  const renewedKey = () => `${randomBytes(32).toString('base64')},${work.key}`

  it('seals anew what lies under the older one', async () => {
    await refresh('instagram')
    const before = await work.stored('instagram_token')
    const keys = renewedKey()
    const { json, stdout } = await refresh('instagram', {}, { STORYLINE_SECRET_KEY: keys })
    expect(json).toMatchObject({ action: 'nothing', resealed: ['instagram_token'] })
    expect(stdout).toContain('newest key')
    expect((await refresh('instagram', {}, { STORYLINE_SECRET_KEY: keys })).json.resealed).toEqual([])
    // The old key may go now.
    const [newest = ''] = keys.split(',')
    const { json: checked } = await work.run(checkToken, env('instagram', { STORYLINE_SECRET_KEY: newest }))
    expect(checked.origin).toBe('stored')
    expect(before).not.toBe('wrong_key')
    expect(await work.stored('instagram_token')).toBe('wrong_key')
  })

  it('a dry run only says so', async () => {
    await refresh('instagram')
    const keys = renewedKey()
    const { json } = await refresh('instagram', { dryRun: true }, { STORYLINE_SECRET_KEY: keys })
    expect(json.resealed).toEqual(['instagram_token'])
    expect(await work.stored('instagram_token')).not.toBe('wrong_key')
  })

  it('that does not fit: the environment is used again, and the needed key is named', async () => {
    await refresh('instagram')
    const other = { STORYLINE_SECRET_KEY: randomBytes(32).toString('base64') }
    const { json } = await work.run(checkToken, env('instagram', other))
    const needed = keyIdOf(Buffer.from(work.key, 'base64'))
    expect(json).toMatchObject({ origin: 'environment', note: expect.stringContaining(needed) })
    const { exitCode, stderr } = await work.run(checkToken, env('instagram', { ...other, ACCESS_TOKEN: '' }))
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining(needed)])
  })

  it('a row that was put under the name of another is damaged, not used', async () => {
    const key = Buffer.from(work.key, 'base64')
    const sealed = sealSecret(work.graph.tokens.instagram, 'instagram_user_token', [key], randomBytes(NONCE_BYTES))
    const details = { login: 'instagram', accountId: work.graph.accountId } as const
    await work.db.insert(storedSecrets).values({ name: 'instagram_token', ...sealed, details })
    const { exitCode, stderr } = await work.run(checkToken, env('instagram', { ACCESS_TOKEN: '' }))
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('damaged')])
  })
})
