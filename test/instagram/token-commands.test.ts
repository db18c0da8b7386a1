import { describe, expect, it } from 'vitest'
import { type RunOptions, runStoryline } from '../support/cli.ts'
import { useTokens } from './tokens-at-work.ts'

/** Processes read the machine's clock: the server has to agree with it. */
const work = useTokens({ start: new Date() })

/** As cron and a shell start it. */
const storyline = (args: readonly string[], login: 'facebook' | 'instagram', { env = {}, ...more }: RunOptions = {}) =>
  runStoryline(args, {
    env: { DATABASE_URL: work.url, STORYLINE_HOME: '/nonexistent', ...work.env(login, env) },
    ...more,
  })

describe('as processes', () => {
  it('a token that is piped in is connected and never shown; cron then hears nothing', async () => {
    const args = ['instagram', 'connect', '--account', 'first_brand']
    const connected = await storyline(args, 'facebook', { input: `${work.graph.tokens.userShort}\n` })
    expect(connected).toMatchObject({ code: 0, stdout: expect.stringContaining('Connected: @first_brand') })
    expect(await work.stored('instagram_token')).toBe(work.graph.tokens.page)
    const daily = await storyline(['refresh-token'], 'facebook')
    expect(daily).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const checked = await storyline(['check-token', '--json', '--verbose'], 'facebook')
    expect(JSON.parse(checked.stdout)).toMatchObject({ health: 'ok', origin: 'stored', username: 'first_brand' })
    for (const { stdout, stderr } of [connected, checked]) expect(stdout + stderr).not.toMatch(/EAA[UP]\w/)
  })

  it('without a terminal nobody is asked: an empty stdin is exit 2', async () => {
    const { code, stderr } = await storyline(['instagram', 'connect'], 'facebook')
    expect([code, stderr]).toEqual([2, expect.stringContaining('No token was given')])
  })

  it('a token as an argument is refused, and not repeated', async () => {
    const { code, stderr } = await storyline(['instagram', 'connect', work.graph.tokens.userShort], 'facebook')
    expect(code).toBe(2)
    expect(stderr).not.toContain(work.graph.tokens.userShort)
    expect(work.graph.calls()).toEqual([])
  })

  it('two daily runs at the same moment end with one living token', async () => {
    const seed = { ACCESS_TOKEN: work.graph.tokens.instagram, INSTAGRAM_ACCOUNT_ID: work.graph.accountId }
    const ran = await Promise.all([1, 2].map(() => storyline(['refresh-token', '--json'], 'instagram', { env: seed })))
    expect(ran.map(({ code }) => code)).toEqual([0, 0])
    expect(ran.map(({ stdout }) => JSON.parse(stdout).action)).toContain('refreshed')
    const { code, stdout } = await storyline(['check-token', '--json'], 'instagram', { env: seed })
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { health: 'ok', origin: 'stored', daysLeft: 59 }])
  })
})
