import { describe, expect, it } from 'vitest'
import { holdCalls } from '../../src/db/api-limits.ts'
import { useInstagram } from '../support/instagram.ts'
import { checkHealthOf } from './health-at-work.ts'

const ig = useInstagram()

const check = (env: Record<string, string> = {}, options = {}) => checkHealthOf(ig.team, options, ig.env(env))

describe('automatic publishing', () => {
  it('that works: the account, the days, the quota, the host; nothing is uploaded or published', async () => {
    const { row } = await check()
    expect(row('instagram')).toMatchObject({ status: 'healthy', details: expect.stringContaining('is connected') })
    expect(row('instagram-api')).toMatchObject({
      status: 'healthy',
      details: expect.stringMatching(/token: .*permissions: .*@first_brand.*publishing quota: 0 of /),
    })
    expect(row('hosting')).toMatchObject({ status: 'healthy', details: 'cloudinary is set up' })
    expect([ig.hosts.calls(), ig.graph.calls('media'), ig.violations()]).toEqual([[], [], []])
  })

  it('that is not enabled asks nobody', async () => {
    const { row } = await check({ ENABLE_INSTAGRAM_API: 'false' })
    expect(['instagram', 'instagram-api', 'hosting'].map((name) => row(name)?.status)).toEqual(Array(3).fill('healthy'))
    expect(ig.graph.calls()).toEqual([])
  })

  it('without credentials can never post', async () => {
    const { row } = await check({ ACCESS_TOKEN: '', CLOUDINARY_API_KEY: '' })
    expect(row('instagram')).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('ACCESS_TOKEN') })
    expect(row('hosting')).toMatchObject({
      ...{ status: 'unhealthy', details: 'cloudinary is not set up: CLOUDINARY_API_KEY is missing' },
    })
    expect(row('instagram-api')?.status).toBe('warning')
    expect(ig.graph.calls()).toEqual([])
  })

  it('with a dead token is unhealthy, told once', async () => {
    ig.graph.set({ tokens: { page: { invalidSubcode: 460 } } })
    const found = await check({}, { alertOnError: true })
    expect(found.row('instagram-api')).toMatchObject({
      ...{ status: 'unhealthy', details: expect.stringMatching(/^token: .*not valid/) },
      fix: expect.stringContaining('storyline instagram connect'),
    })
    expect(found.alerts?.opened).toContain('health:instagram-api')
    expect(found.text + found.stderr).not.toContain(ig.graph.tokens.page)
  })

  it('whose token ends soon is a warning', async () => {
    ig.graph.set({ tokens: { user: { expiresInSeconds: 5.5 * 86_400 } } })
    const { row } = await check({ ACCESS_TOKEN: ig.graph.tokens.user })
    expect(row('instagram-api')).toMatchObject({ status: 'warning', details: expect.stringContaining('in 5 days') })
  })

  it('with a used up quota is a warning', async () => {
    ig.graph.set({ quota: { used: 50, total: 50 } })
    const { row } = await check()
    expect(row('instagram-api')).toMatchObject({ status: 'warning', details: expect.stringContaining('50 of 50') })
  })

  it('is left alone while Meta wants no calls', async () => {
    const subject = `instagram:${ig.graph.accountId}`
    await holdCalls(ig.team.db, { subject, seconds: 1200, reason: 'limit reached' })
    const { row } = await check()
    expect(row('instagram-api')).toMatchObject({ status: 'warning', details: expect.stringContaining('limit reached') })
    expect(ig.graph.calls()).toEqual([])
  })

  it('a Meta that hangs does not hang the command', async () => {
    ig.graph.fault({ kind: 'hang', times: 9 })
    const started = performance.now()
    const { row } = await check({ HTTP_TIMEOUT_SECONDS: '1' })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(row('instagram-api')).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('No answer') })
  })

  it.each([
    ['offline', {}, { offline: true }],
    ['in a dry run', { DRY_RUN_MODE: 'true' }, {}],
  ])('%s only what is stored counts', async (_, env, options) => {
    const { row } = await check(env, options)
    expect([row('instagram')?.status, row('hosting')?.status]).toEqual(['healthy', 'healthy'])
    expect(ig.graph.calls()).toEqual([])
  })
})
