import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { storedSecrets } from '../../src/db/schema.ts'
import { loadInstagramAccess } from '../../src/instagram/access.ts'
import instagram from '../../src/instagram/instagram-command.ts'
import { testContext } from '../support/database.ts'
import { useTokens } from './tokens-at-work.ts'

const work = useTokens()

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline token '))
})
afterEach(() => rmSync(folder, { recursive: true }))

function tokenFile(token: string): string {
  const path = join(folder, 'token.txt')
  writeFileSync(path, `${token}\n`)
  return path
}

interface Given {
  token: string
  account?: string
  dryRun?: boolean
}

const connect = (login: 'facebook' | 'instagram', { token, ...options }: Given, more: Record<string, string> = {}) =>
  work.run(instagram, work.env(login, more), { ...options, tokenFile: tokenFile(token) })

const load = (env: Record<string, string>) => loadInstagramAccess(testContext(work.db, { env }))

describe('connecting with the facebook login', () => {
  it("makes a short-lived user token the Page's and the user's long-lived ones, sealed", async () => {
    const { graph } = work
    const { exitCode, stdout, json } = await connect('facebook', {
      token: graph.tokens.userShort,
      account: 'first_brand',
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Connected: @first_brand (${graph.accountId}) through the Page "First Page"`)
    expect(stdout).toContain('storyline test-api')
    expect(json).toMatchObject({
      login: 'facebook',
      accountId: graph.accountId,
      username: 'first_brand',
      expiresAt: null,
    })
    expect(await work.stored('instagram_token')).toBe(graph.tokens.page)
    expect(await work.stored('instagram_user_token')).toMatch(/^EAAU/)
    expect(await work.stored('instagram_user_token')).not.toBe(graph.tokens.userShort)
    expect(graph.calls('oauth')).toMatchObject([{ method: 'POST' }])
  })

  it('is all that a tick needs: account and tokens come from the database', async () => {
    const { graph } = work
    await connect('facebook', { token: graph.tokens.userShort, account: graph.accountId })
    const result = await load(work.env('facebook'))
    if (result.kind !== 'ready') throw new Error(result.reason)
    const { access } = result
    expect(access).toMatchObject({
      accountId: graph.accountId,
      username: 'first_brand',
      origin: 'stored',
      expiresAt: null,
    })
    expect(access.token.reveal()).toBe(graph.tokens.page)
    expect(access.userToken?.reveal()).toBe(await work.stored('instagram_user_token'))
  })

  it('lists every account of every list when one has to be chosen, and stores nothing', async () => {
    work.graph.set({ maxPageSize: 1 })
    const { exitCode, stderr } = await connect('facebook', { token: work.graph.tokens.userShort })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('@first_brand')
    expect(stderr).toContain('@second')
    expect(stderr).toContain('--account')
    expect(work.graph.calls('accounts')).toHaveLength(work.graph.pages.length)
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it('takes the only account that can be used, and says so', async () => {
    const [, second] = work.graph.pages
    if (second) second.tasks = ['ANALYZE']
    const { exitCode, json } = await connect('facebook', { token: work.graph.tokens.userShort })
    expect([exitCode, json.accountId]).toEqual([0, work.graph.accountId])
    expect(json.notes).toEqual([expect.stringContaining('only account')])
  })

  it.each<[name: string, change: { tasks?: string[]; isGranted?: boolean; accountId?: null }, reason: string]>([
    ['without the task', { tasks: ['ANALYZE'] }, 'may not create content'],
    ['without a token', { isGranted: false }, 'gave no token'],
    ['without an Instagram account', { accountId: null }, 'no Instagram account'],
  ])('refuses a Page %s', async (_, change, reason) => {
    for (const page of work.graph.pages) Object.assign(page, change)
    const { exitCode, stderr } = await connect('facebook', { token: work.graph.tokens.userShort })
    expect(exitCode).toBe(1)
    expect(stderr).toContain(reason)
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it('refuses a token without the permission to publish', async () => {
    work.graph.set({ missingScopes: ['instagram_content_publish'] })
    const { exitCode, stderr } = await connect('facebook', {
      token: work.graph.tokens.userShort,
      account: 'first_brand',
    })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('instagram_content_publish')
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it.each<[name: string, token: () => string, env: Record<string, string>, reason: string]>([
    ["a Page's token", () => work.graph.tokens.page, {}, 'user token (not a Page token)'],
    ['an unknown token', () => 'EAAnonsense', {}, 'Graph API Explorer'],
    ['a wrong APP_SECRET', () => work.graph.tokens.userShort, { APP_SECRET: 'wrong' }, 'APP_SECRET'],
  ])('says what to do about %s', async (_, token, env, reason) => {
    work.tolerate(/Invalid appsecret_proof/)
    const { exitCode, stderr } = await connect('facebook', { token: token() }, env)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason)])
  })

  it('when Meta leaves the lifetime out, asks for it', async () => {
    work.graph.set({ omitExpiresIn: true })
    await connect('facebook', { token: work.graph.tokens.userShort, account: 'first_brand' })
    const [row] = (await work.db.select().from(storedSecrets)).filter(({ name }) => name === 'instagram_user_token')
    expect(row?.expiresAt?.toISOString().slice(0, 10)).toBe('2027-01-20')
  })

  it('a lifetime of 0 is unknown, not over', async () => {
    const body = { access_token: work.graph.tokens.user, token_type: 'bearer', expires_in: 0 }
    work.graph.fault({ kind: 'http', endpoint: 'oauth', status: 200, body })
    await connect('facebook', { token: work.graph.tokens.userShort, account: 'first_brand' })
    const [row] = (await work.db.select().from(storedSecrets)).filter(({ name }) => name === 'instagram_user_token')
    expect(row?.expiresAt?.toISOString().slice(0, 10)).toBe('2027-01-18')
  })

  it('refuses the word "undefined" as a token', async () => {
    const [page] = work.graph.pages
    const account = { id: work.graph.accountId, username: 'first_brand' }
    const raw = { ...page, access_token: 'undefined', instagram_business_account: account }
    work.graph.fault({ kind: 'http', endpoint: 'accounts', status: 200, body: { data: [raw] } })
    const { exitCode, stderr } = await connect('facebook', { token: work.graph.tokens.userShort })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('gave no token')])
  })

  it('a dry run shows what would be stored, and stores nothing', async () => {
    const given = { token: work.graph.tokens.userShort, account: 'second', dryRun: true }
    const { exitCode, stdout, json } = await connect('facebook', given)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('[dry run] would be connected: @second')
    expect(json).toMatchObject({ dryRun: true, stored: [] })
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it('replaces what was connected before, and ends the alert about it', async () => {
    await openAlert(work.db, { subject: 'instagram-token', severity: 'critical', summary: 'dead' })
    await connect('facebook', { token: work.graph.tokens.userShort, account: 'first_brand' })
    await connect('facebook', { token: work.graph.tokens.userShort, account: 'second' })
    expect(await work.stored('instagram_token')).toBe(work.graph.tokens.page2)
    expect(await work.open()).toEqual([])
  })

  it('says that another INSTAGRAM_ACCOUNT_ID in the settings wins', async () => {
    const env = { INSTAGRAM_ACCOUNT_ID: '17841463820195743' }
    const given = { token: work.graph.tokens.userShort, account: 'first_brand' }
    const { stderr } = await connect('facebook', given, env)
    expect(stderr).toContain('INSTAGRAM_ACCOUNT_ID is 17841463820195743 and wins')
  })
})

describe('connecting with the instagram login', () => {
  it('makes an hour sixty days', async () => {
    const { exitCode, json } = await connect('instagram', { token: work.graph.tokens.instagramShort })
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({ accountId: work.graph.accountId, username: 'first_brand' })
    expect(json.expiresAt).toMatch(/^2027-01-20T/)
    expect(await work.stored('instagram_token')).toMatch(/^IGAA/)
    expect(await work.stored('instagram_user_token')).toBeUndefined()
  })

  it('takes a token of the dashboard as it is: that one is long-lived already', async () => {
    const { exitCode, json, stderr } = await connect('instagram', { token: work.graph.tokens.instagram })
    expect([exitCode, json.expiresAt]).toEqual([0, null])
    expect(stderr).toContain('long-lived already')
    expect(await work.stored('instagram_token')).toBe(work.graph.tokens.instagram)
  })

  it('keeps the digits of an id that Meta sends as a number', async () => {
    work.graph.set({ userIdAsNumber: true })
    const { json } = await connect('instagram', { token: work.graph.tokens.instagramShort })
    expect(json.accountId).toBe(work.graph.accountId)
  })

  it('refuses a token of another account than the wanted one', async () => {
    const { exitCode, stderr } = await connect('instagram', {
      token: work.graph.tokens.instagram2,
      account: 'first_brand',
    })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('belongs to @second')])
  })

  it('a wrong APP_SECRET stores no token that ends within the hour', async () => {
    const { exitCode } = await connect(
      'instagram',
      { token: work.graph.tokens.instagramShort },
      { APP_SECRET: 'wrong' },
    )
    expect(exitCode).toBe(1)
    expect(await work.db.select().from(storedSecrets)).toEqual([])
  })

  it("forgets the user's token of the other login", async () => {
    await connect('facebook', { token: work.graph.tokens.userShort, account: 'first_brand' })
    await connect('instagram', { token: work.graph.tokens.instagramShort })
    expect((await work.db.select().from(storedSecrets)).map(({ name }) => name)).toEqual(['instagram_token'])
  })
})

describe('before a token is asked for', () => {
  it.each<['facebook' | 'instagram', string[]]>([
    ['facebook', ['APP_ID', 'APP_SECRET', 'STORYLINE_SECRET_KEY']],
    ['instagram', ['APP_SECRET', 'STORYLINE_SECRET_KEY']],
  ])('every setting that the %s login lacks is named at once', async (login, missing) => {
    const none = { APP_ID: '', APP_SECRET: '', STORYLINE_SECRET_KEY: '' }
    const { exitCode, stderr } = await connect(login, { token: 'x' }, none)
    expect(exitCode).toBe(4)
    expect(stderr).toContain(`missing: ${missing.join(', ')}\n`)
    expect(stderr).toContain('openssl rand -base64 32')
    expect(work.graph.calls()).toEqual([])
  })

  it.each(['', '   ', 'two words', 'EAA\nEAA'])('%j is no token', async (token) => {
    const { exitCode, stderr } = await connect('facebook', { token })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('token')])
    expect(work.graph.calls()).toEqual([])
  })

  it('a file that cannot be read is named', async () => {
    const { exitCode, stderr } = await work.run(instagram, work.env('facebook'), { tokenFile: join(folder, 'none') })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('ENOENT')])
  })
})
