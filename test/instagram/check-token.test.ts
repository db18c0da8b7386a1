import { describe, expect, it } from 'vitest'
import { holdCalls } from '../../src/db/api-limits.ts'
import checkToken from '../../src/instagram/check-token.ts'
import { useTokens } from './tokens-at-work.ts'

const work = useTokens()

const env = (login: 'facebook' | 'instagram', more: Record<string, string> = {}) =>
  work.env(login, {
    INSTAGRAM_ACCOUNT_ID: work.graph.accountId,
    ACCESS_TOKEN: login === 'facebook' ? work.graph.tokens.page : work.graph.tokens.instagram,
    ...more,
  })

const check = (login: 'facebook' | 'instagram', more: Record<string, string> = {}) =>
  work.run(checkToken, env(login, more))

describe('check-token', () => {
  it("says that a Page's token never expires", async () => {
    const { exitCode, json, stdout } = await check('facebook')
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({
      health: 'ok',
      neverExpires: true,
      expiresAt: null,
      daysLeft: null,
      origin: 'environment',
    })
    expect(stdout).toContain('never expires')
  })

  it("counts the days of a user's token", async () => {
    const { exitCode, json } = await check('facebook', { ACCESS_TOKEN: work.graph.tokens.user })
    expect([exitCode, json.daysLeft, json.health]).toEqual([0, 58, 'ok'])
  })

  it('warns in the last ten days, which is no failure', async () => {
    work.graph.set({ tokens: { user: { expiresInSeconds: 9.5 * 86_400 } } })
    const { exitCode, json } = await check('facebook', { ACCESS_TOKEN: work.graph.tokens.user })
    expect([exitCode, json.daysLeft, json.health]).toEqual([0, 9, 'warning'])
  })

  it('warns before the data access ends', async () => {
    work.passDays(76)
    const { exitCode, json, stdout } = await check('facebook')
    expect([exitCode, json.health, json.dataAccessDaysLeft]).toEqual([0, 'warning', 12])
    expect(stdout).toContain('ends in 12 days')
  })

  it.each<['facebook' | 'instagram', string]>([
    ['facebook', 'page'],
    ['instagram', 'instagram'],
  ])('%s: a revoked token is dead: exit 3, with the way back', async (login, name) => {
    work.graph.set({ tokens: { [name]: { invalidSubcode: 460 } } })
    const { exitCode, json } = await check(login)
    expect([exitCode, json.health]).toEqual([3, 'dead'])
    expect(json.text).toContain('changed their password')
    expect(json.fix).toContain('storyline instagram connect')
  })

  it.each<['facebook' | 'instagram', string]>([
    ['facebook', 'instagram_content_publish'],
    ['facebook', 'pages_read_engagement'],
    ['instagram', 'instagram_business_content_publish'],
    ['instagram', 'instagram_business_basic'],
  ])('%s: names the missing permission %s: exit 3', async (login, scope) => {
    work.graph.set({ missingScopes: [scope] })
    const { exitCode, json } = await check(login)
    expect(exitCode).toBe(3)
    expect(json.missingPermissions).toEqual([scope])
  })

  it('instagram: valid, whose it is, and that nobody knows until when', async () => {
    const { exitCode, json, stdout } = await check('instagram')
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({ health: 'ok', expiresAt: null, neverExpires: false, username: 'first_brand' })
    expect(stdout).toContain('not known')
  })

  it('facebook without APP_ID: valid, and says what it would need to know more', async () => {
    const { exitCode, json, stdout } = await check('facebook', { APP_ID: '', APP_SECRET: '' })
    expect([exitCode, json.health, json.scopes]).toEqual([0, 'ok', null])
    expect(stdout).toContain('Set APP_ID and APP_SECRET')
  })

  it('a wrong APP_SECRET is not a dead token', async () => {
    work.tolerate(/Invalid appsecret_proof/)
    const { exitCode, stderr } = await check('facebook', { APP_SECRET: 'wrong' })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Check APP_ID and APP_SECRET')])
  })

  it('when Meta does not answer, nothing is claimed: exit 1', async () => {
    work.graph.fault({ kind: 'http', status: 502, body: '<html>Bad Gateway</html>' })
    const { exitCode, stderr } = await check('facebook')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('could not be checked')])
  })

  it('while Meta wants a pause nobody calls', async () => {
    await holdCalls(work.db, { subject: `instagram:${work.graph.accountId}`, seconds: 600, reason: 'limit reached' })
    const { exitCode, stderr } = await check('facebook')
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('limit reached')])
    expect(work.graph.calls()).toEqual([])
  })

  it('a limit that it meets holds everybody', async () => {
    work.graph.fault({ kind: 'error', code: 80002, message: 'There have been too many calls' })
    expect((await check('instagram')).exitCode).toBe(1)
    const { exitCode } = await check('instagram')
    expect([exitCode, work.graph.calls()]).toEqual([0, [expect.objectContaining({ code: 80002 })]])
  })

  it.each<[name: string, env: Record<string, string>, said: string]>([
    ['nothing', { ACCESS_TOKEN: '', INSTAGRAM_ACCOUNT_ID: '' }, 'ACCESS_TOKEN, INSTAGRAM_ACCOUNT_ID'],
    ['no account', { INSTAGRAM_ACCOUNT_ID: '' }, 'INSTAGRAM_ACCOUNT_ID'],
  ])('not set up (%s): exit 4', async (_, more, said) => {
    const { exitCode, stderr } = await check('facebook', more)
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining(said)])
  })
})
