import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import type { Asker } from '../../src/setup/asker.ts'
import { runInit } from '../../src/setup/init.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { type Ran, runJob } from './run-command.ts'

const TEAM = -1001000000001
const CHANNEL = -1001000000002
const ADMIN = 77

let fake: FakeTelegram
let home: string
let file: string
beforeEach(async () => {
  fake = await startFakeTelegram({
    chats: [
      { id: TEAM, botStatus: 'member' },
      { id: CHANNEL, type: 'channel', botStatus: 'administrator', canPost: false },
      { id: ADMIN },
    ],
  })
  home = mkdtempSync(join(tmpdir(), 'storyline init '))
  file = join(home, '.env')
})
afterEach(async () => {
  expect(fake.violations()).toEqual([])
  // Reading is enough to know: nobody is disturbed.
  expect(fake.messages()).toEqual([])
  await fake.close()
  rmSync(home, { recursive: true, force: true })
})

/** Answers in order: a text is typed, undefined is Enter, a number chooses. What is left over or missing fails the test. */
type Answers = (string | boolean | number | typeof LEAVE | undefined)[]
/** Ctrl-C. */
const LEAVE = Symbol('leave')

interface Told extends Ran {
  questions: string[]
  /** What was wrong with answers. */
  complaints: string[]
}

async function init(
  answers: Answers,
  { dryRun = false, env = {}, json = false }: Partial<InitOptions> = {},
): Promise<Told> {
  const questions: string[] = []
  const complaints: string[] = []
  const left = [...answers]
  const next = (message: string) => {
    questions.push(message)
    if (left.length === 0) throw new Error(`no answer to: ${message}`)
    if (left[0] === LEAVE) throw new UserError('Interrupted', { code: 'interrupted', exitCode: 130 })
    return left.shift()
  }
  const asker: Asker = {
    secret: async (message) => String(next(message) ?? ''),
    text: async (message, { fallback, judge }) => {
      for (;;) {
        const typed = String(next(message) ?? fallback ?? '')
        const wrong = judge(typed)
        if (wrong === null) return typed
        complaints.push(wrong)
      }
    },
    choice: async (message, choices) => {
      const chosen = choices[Number(next(message))]
      if (!chosen) throw new Error(`no such choice: ${message}`)
      return chosen.value
    },
    yesNo: async (message, fallback) => Boolean(next(message) ?? fallback),
  }
  const all = { STORYLINE_HOME: home, TELEGRAM_API_ROOT: fake.url, ...env }
  const ran = await runJob((ctx) => runInit(ctx, asker, dryRun), { env: all }, json)
  expect(left.filter((answer) => answer !== LEAVE)).toEqual([])
  for (const text of [ran.stdout, ran.stderr, ...questions]) expect(text).not.toContain(fake.token.split(':')[1])
  return { ...ran, questions, complaints }
}

interface InitOptions {
  dryRun: boolean
  env: Record<string, string>
  json: boolean
}

/** Everything after the chats, with Enter but for the zone. */
const REST: Answers = ['Europe/Berlin', undefined, undefined, undefined, true]
const content = () => readFileSync(file, 'utf8')

describe('on a fresh machine', () => {
  it('writes what was answered, for its owner only, and checks with calls that only read', async () => {
    const { exitCode, stdout, stderr } = await init([
      fake.token,
      String(TEAM),
      String(ADMIN),
      'Europe/Berlin',
      '8:30',
      '20',
      '5',
      true,
    ])
    expect(exitCode).toBe(0)
    expect(content().replace(/^#.*\n/, '')).toBe(
      `TELEGRAM_BOT_TOKEN=${fake.token}
TELEGRAM_CHANNEL_ID=${TEAM}
ADMIN_TELEGRAM_CHAT_ID=${ADMIN}
TIMEZONE=Europe/Berlin
POSTING_HOURS_START=8:30
POSTING_HOURS_END=20
POSTS_PER_DAY=5
`,
    )
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(stderr).toContain('✓ token: the bot is @')
    expect(stderr).toContain('✓ team chat: supergroup')
    expect(stdout).toContain('TELEGRAM_BOT_TOKEN       set, not shown')
    expect(new Set(fake.calls().map(({ method }) => method))).toEqual(new Set(['getMe', 'getChat', 'getChatMember']))
  })

  it('a default that is answered with Enter is written down: it was decided', async () => {
    await init([fake.token, String(TEAM), undefined, ...REST])
    expect(content()).toContain('POSTING_HOURS_START=9\nPOSTING_HOURS_END=21\nPOSTS_PER_DAY=3\n')
    expect(content()).not.toContain('ADMIN_TELEGRAM_CHAT_ID')
  })

  it('asks again until an answer fits, and says the rule', async () => {
    const { complaints, stderr } = await init([
      ...['nonsense', '', fake.token, 'my group', String(TEAM), 'me', 'none'],
      ...['Berlin', 'Europe/Berlin', '25', '9', undefined, '0', '51', '4', true],
    ])
    expect(stderr).toContain('✗ Expected the token that @BotFather gave')
    expect(stderr).toContain('✗ The bot needs one')
    expect(complaints.map((text) => text.split(' ').slice(0, 3).join(' '))).toEqual([
      ...['Expected a chat', 'Expected a chat', 'Expected an IANA'],
      ...['Expected an hour', 'Expected a whole', 'Expected a whole'],
    ])
    expect(content()).toContain('POSTS_PER_DAY=4')
  })
})

describe('what Telegram says', () => {
  it('a token that it refuses is not taken', async () => {
    const { stderr } = await init(['1:wrong', fake.token, String(TEAM), undefined, ...REST])
    expect(stderr).toContain('✗ token:')
    expect(stderr).toContain('@BotFather')
    expect(content()).toContain(`TELEGRAM_BOT_TOKEN=${fake.token}`)
  })

  it('a token that cannot be tried is taken only if somebody says so; then the chats are not tried either', async () => {
    const env = { TELEGRAM_API_ROOT: 'http://127.0.0.1:1' }
    const { stderr, questions } = await init([fake.token, false, fake.token, true, '-1001', 'none', ...REST], { env })
    expect(questions.filter((text) => text.includes('without checking'))).toHaveLength(2)
    expect(stderr).toContain('✗ token:')
    expect(stderr).not.toContain('team chat')
    expect(content()).toContain('TELEGRAM_CHANNEL_ID=-1001\n')
  })

  it('a chat that it does not know, or where a right is missing: look again, name another or keep it', async () => {
    const [again, another, keep] = [0, 1, 2]
    const chats = ['-1009', again, another, String(CHANNEL), another, String(TEAM), '78', keep]
    const { stderr } = await init([fake.token, ...chats, ...REST])
    expect(stderr.match(/✗ team chat: .*chat not found/g)).toHaveLength(2)
    expect(stderr).toContain('the bot lacks can_post_messages')
    expect(stderr).toContain('✓ team chat: supergroup')
    expect(stderr).toContain('✗ admin chat')
    expect(content()).toContain(`TELEGRAM_CHANNEL_ID=${TEAM}\nADMIN_TELEGRAM_CHAT_ID=78\n`)
  })
})

describe('with a .env that is there', () => {
  const present = () => `# of the shop
TELEGRAM_BOT_TOKEN=${fake.token}   # @shop_bot
export TELEGRAM_CHANNEL_ID="${TEAM}"
ADMIN_TELEGRAM_CHAT_ID=${ADMIN}
TIMEZONE=Europe/Paris
DB_PASSWORD='a # b'
`

  it('Enter keeps everything; only what differs is changed, comments and the rest stay', async () => {
    writeFileSync(file, present())
    const { stdout, questions } = await init([
      undefined,
      undefined,
      undefined,
      undefined,
      '10',
      undefined,
      undefined,
      true,
    ])
    expect(questions[0]).toContain('Enter keeps the present one')
    expect(content()).toBe(`${present()}POSTING_HOURS_START=10\nPOSTING_HOURS_END=21\nPOSTS_PER_DAY=3\n`)
    expect(stdout).not.toContain('TIMEZONE')
  })

  it('a chat can be taken out, a value that is wrong there is not offered again', async () => {
    writeFileSync(file, `${present().replace('Europe/Paris', 'Paris')}POSTING_HOURS_START=25\n`)
    await init([undefined, undefined, 'none', 'UTC', undefined, undefined, undefined, true])
    expect(content()).toContain('ADMIN_TELEGRAM_CHAT_ID=\nTIMEZONE=UTC\nDB_PASSWORD')
    expect(content()).toContain('POSTING_HOURS_START=9\n')
    const again = await init([undefined, undefined, undefined, undefined, undefined, undefined, undefined])
    expect(again.stdout).toContain('says all that already')
    expect(again.exitCode).toBe(0)
  })

  it('no at the end leaves it as it is', async () => {
    writeFileSync(file, present())
    const { exitCode, stdout } = await init([
      undefined,
      undefined,
      undefined,
      'UTC',
      undefined,
      undefined,
      undefined,
      false,
    ])
    expect([exitCode, content()]).toEqual([0, present()])
    expect(stdout).toContain('Nothing was written.')
  })

  it('whoever leaves in between has changed nothing', async () => {
    writeFileSync(file, present())
    const answers = [undefined, undefined, undefined, 'UTC', '10', '20', '5', true]
    for (const [index] of answers.entries()) {
      const { exitCode, stdout } = await init([...answers.slice(0, index), LEAVE])
      expect([exitCode, content()]).toEqual([130, present()])
      expect(stdout).not.toContain('✓ Written')
    }
  })

  it('a dry run says which would change, and how', async () => {
    writeFileSync(file, present())
    const answers = ['2:AAsecond-canary', true, undefined, 'none', 'UTC', undefined, undefined, undefined]
    const env = { TELEGRAM_API_ROOT: 'http://127.0.0.1:1' }
    const { json, stdout } = await init(answers, { dryRun: true, json: true, env })
    expect(json).toEqual({
      file,
      changes: [
        { name: 'TELEGRAM_BOT_TOKEN', from: 'set', to: 'set' },
        { name: 'ADMIN_TELEGRAM_CHAT_ID', from: String(ADMIN), to: null },
        { name: 'TIMEZONE', from: 'Europe/Paris', to: 'UTC' },
        { name: 'POSTING_HOURS_START', from: null, to: '9' },
        { name: 'POSTING_HOURS_END', from: null, to: '21' },
        { name: 'POSTS_PER_DAY', from: null, to: '3' },
      ],
      written: false,
      dryRun: true,
    })
    const plain = await init(answers, { dryRun: true, env })
    expect(plain.stdout).toContain('TIMEZONE                 UTC (was Europe/Paris)')
    expect(plain.stdout + plain.stderr + stdout).not.toContain('canary')
    expect(content()).toBe(present())
  })

  it('warns of what the environment says: it wins over the file', async () => {
    const { stderr } = await init([fake.token, String(TEAM), undefined, ...REST], { env: { TIMEZONE: 'UTC' } })
    expect(stderr).toContain('TIMEZONE is set in the environment, which wins over .env')
  })
})

describe('nothing is asked', () => {
  it('without a terminal: exit 2, which settings to put where', async () => {
    const { exitCode, stdout, stderr } = await runJob((ctx) => runInit(ctx, null, false), {
      env: { STORYLINE_HOME: home },
    })
    expect([exitCode, stdout, existsSync(file)]).toEqual([2, '', false])
    for (const text of [file, 'TELEGRAM_BOT_TOKEN', 'POSTS_PER_DAY', 'storyline help environment']) {
      expect(stderr).toContain(text)
    }
  })

  it('while another setting is wrong, or the folder is missing', async () => {
    const wrong = await init([], { env: { LEASE_SECONDS: 'long' } })
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('LEASE_SECONDS is "long"') })
    const missing = await init([], { env: { STORYLINE_HOME: join(home, 'gone') } })
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Create the folder') })
  })
})
