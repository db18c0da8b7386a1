import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../src/errors.ts'
import {
  configuredDatabaseUrl,
  readSettings,
  resolveSettings,
  SETTINGS,
  type SettingKey,
  type SettingSources,
  settingsError,
} from '../src/settings.ts'

const TOKEN = '123456789:AAcanary-canary_canary'
const NONE: SettingSources = { home: '/srv/story', env: {}, envFile: {} }

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'storyline settings '))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const resolve = (sources: Partial<SettingSources>) => resolveSettings({ ...NONE, ...sources })
const problemsOf = (sources: Partial<SettingSources>) => resolve(sources).problems
const fromEnv = (env: Record<string, string>) => {
  const { settings, problems } = resolve({ env })
  expect(problems).toEqual([])
  return settings
}
/** Settings from a `.env` of this content. */
const fromFile = (content: string | Buffer) => {
  writeFileSync(join(home, '.env'), content)
  return resolveSettings(readSettings({ STORYLINE_HOME: home }, '/nowhere'))
}

describe('defaults', () => {
  it('are valid, every one of them', () => {
    const { settings, problems } = resolve({})
    expect(problems).toEqual([])
    expect(new Set(Object.values(settings.origins))).toEqual(new Set(['default']))
    expect(Object.keys(settings.origins)).toEqual(Object.keys(SETTINGS))
  })

  it('are what the contract says', () => {
    expect(resolve({}).settings).toMatchObject({
      timeZone: 'UTC',
      postsPerDay: 3,
      postingStartMinutes: 9 * 60,
      postingEndMinutes: 21 * 60,
      slotJitterMinutes: 30,
      repostTtlDays: 30,
      skipTtlDays: 14,
      missedAfterMinutes: 120,
      teamResponseHours: 24,
      teamJoin: 'members',
      maxPostsPerRun: 3,
      leaseSeconds: 120,
      httpTimeoutSeconds: 30,
      dryRunMode: false,
      enableInstagramApi: false,
      mediaBasePath: '/srv/story/media',
      home: '/srv/story',
    })
    expect(resolve({}).settings.telegramBotToken).toBeUndefined()
  })

  it('count again when a setting is empty or blank', () => {
    const blank = Object.fromEntries(Object.values(SETTINGS).map(({ name }) => [name, ' ']))
    for (const sources of [{ env: blank }, { envFile: blank }]) {
      const { settings, problems } = resolve(sources)
      expect(problems).toEqual([])
      expect(JSON.stringify(settings)).toBe(JSON.stringify(resolve({}).settings))
    }
  })
})

describe('where a value comes from', () => {
  const sources = (more: Partial<SettingSources>) => ({
    config: { posting_frequency: '1' },
    env: { POSTS_PER_DAY: '2' },
    envFile: { POSTS_PER_DAY: '4' },
    ...more,
  })
  it.each([
    ['the database first', sources({}), 1, 'database'],
    ['then the environment', sources({ config: {} }), 2, 'environment'],
    ['then .env', sources({ config: {}, env: {} }), 4, '.env'],
    ['then the default', sources({ config: {}, env: {}, envFile: {} }), 3, 'default'],
    ['an empty row of the database is no value', sources({ config: { posting_frequency: '' } }), 2, 'environment'],
    ['an empty variable does not hide .env', sources({ config: {}, env: { POSTS_PER_DAY: '' } }), 4, '.env'],
  ])('%s', (_, given, postsPerDay, origin) => {
    const { settings } = resolve(given)
    expect(settings.postsPerDay).toBe(postsPerDay)
    expect(settings.origins.postsPerDay).toBe(origin)
  })

  it('the database never holds secrets, connections or what reaches the outside', () => {
    const inConfig = (Object.keys(SETTINGS) as SettingKey[]).filter((key) => 'configKey' in SETTINGS[key])
    expect(inConfig).toEqual([
      'timeZone',
      'postsPerDay',
      'postingStartMinutes',
      'postingEndMinutes',
      'slotJitterMinutes',
      'avoidRepostDays',
      'repostTtlDays',
      'skipTtlDays',
      'missedAfterMinutes',
      'teamResponseHours',
      'teamJoin',
      'maxPostsPerRun',
      'categoryMix',
      'storyFit',
    ])
    const config = { TELEGRAM_BOT_TOKEN: TOKEN, telegram_bot_token: TOKEN, DATABASE_URL: 'postgres://x/y' }
    expect(resolve({ config }).settings.telegramBotToken).toBeUndefined()
    expect(resolve({ config }).settings.databaseUrl).toBeUndefined()
  })
})

describe('values', () => {
  it.each([
    ['POSTS_PER_DAY', ['0', '51', '-1', '3.5', '3 a day', '1e1', '0x10', 'NaN', 'Infinity', '９'], ['1', '50', '+3']],
    ['POSTING_HOURS_START', ['25', '24:01', '9:60', '9:5', '-1', '9am', '12:00:00'], ['0', '24', '09:30', '9:05']],
    ['SLOT_JITTER_MINUTES', ['-1', '721'], ['0', '720']],
    ['TIMEZONE', ['Berlin', 'Europe/Berlln', 'GMT+25', '../etc/passwd'], ['Europe/Berlin', 'utc', 'Asia/Kathmandu']],
    ['TEAM_JOIN', ['nobody', 'member'], ['members', 'ANYONE']],
    ['DRY_RUN_MODE', ['maybe', '2', 'truee'], ['true', 'FALSE', 'yes', 'off', '1', '0']],
    [
      'TELEGRAM_CHANNEL_ID',
      ['Team', 'https://t.me/team', '-100 123', '@ab', '@1team'],
      ['-1001234567890', '42', '@team_chat'],
    ],
    ['TELEGRAM_API_ROOT', ['api.telegram.org', 'ftp://x', 'https://'], ['http://localhost:8081', 'https://a.b/c']],
    ['DB_PORT', ['0', '65536', 'five'], ['1', '65535']],
    ['DB_HOST', ['::1', 'host:5432', '/var/run/postgresql', 'user@host'], ['localhost', '10.0.0.1', 'db.example.org']],
    ['TELEGRAM_BOT_TOKEN', ['123', 'abc:def', '0123:abcdef', `${TOKEN} x`, `1:${'a'.repeat(90)}`], [TOKEN]],
    [
      'DATABASE_URL',
      ['localhost/db', 'mysql://x/y', 'postgres://u:p@ss@:x/'],
      ['postgres://u:p@h/d', 'postgresql://h/d'],
    ],
  ])('%s refuses what breaks its rule and takes what keeps it', (name, wrong, right) => {
    for (const value of wrong) expect(problemsOf({ env: { [name]: value } }), value).toHaveLength(1)
    for (const value of right) expect(problemsOf({ env: { [name]: value } }), value).toEqual([])
  })

  it('are read without the white space around them', () => {
    expect(fromEnv({ POSTS_PER_DAY: ' 5\t', TEAM_JOIN: ' anyone ' })).toMatchObject({
      postsPerDay: 5,
      teamJoin: 'anyone',
    })
  })

  it('times of the day become minutes, zones their canonical name', () => {
    expect(fromEnv({ POSTING_HOURS_START: '22:15', POSTING_HOURS_END: '2', TIMEZONE: 'europe/berlin' })).toMatchObject({
      postingStartMinutes: 22 * 60 + 15,
      postingEndMinutes: 120,
      timeZone: 'Europe/Berlin',
    })
  })
})

describe('mistakes', () => {
  it('are reported all at once, each with the value, where it stands and the rule', () => {
    const { problems } = resolve({
      config: { posting_frequency: 'abc' },
      env: { TIMEZONE: 'Berlin', TELEGRAM_BOT_TOKEN: 'oops' },
      envFile: { TEAM_JOIN: 'all' },
    })
    const error = settingsError(problems)
    expect(error).toBeInstanceOf(UserError)
    expect(error).toMatchObject({ code: 'not_configured', exitCode: 4 })
    expect(error.fix).toContain('storyline help environment')
    expect(error.message.split('\n')).toEqual([
      'TELEGRAM_BOT_TOKEN is "[secret]" in the environment; expected the token that @BotFather gave, of the form 123456789:ABC…',
      'TIMEZONE is "Berlin" in the environment; expected an IANA time zone such as Europe/Berlin or America/New_York',
      'POSTS_PER_DAY is "abc" in the table config; expected a whole number from 1 to 50',
      'TEAM_JOIN is "all" in .env; expected one of members, anyone',
    ])
  })

  it('of a stronger source are not hidden by a right value of a weaker one', () => {
    expect(problemsOf({ env: { POSTS_PER_DAY: 'x' }, envFile: { POSTS_PER_DAY: '3' } })).toHaveLength(1)
  })
})

describe('secrets', () => {
  const secretNames = Object.values(SETTINGS).flatMap((spec) => ('secret' in spec ? [spec.name] : []))

  it('are the token, the password and the connection string', () => {
    expect(secretNames).toEqual([
      'DATABASE_URL',
      'DB_PASSWORD',
      'TELEGRAM_BOT_TOKEN',
      'ACCESS_TOKEN',
      'APP_SECRET',
      'CLOUDINARY_API_SECRET',
      'S3_SECRET_ACCESS_KEY',
      'STORYLINE_SECRET_KEY',
      'HEARTBEAT_URL',
    ])
  })

  it('never show in the settings, however they are printed', () => {
    const url = 'postgresql://u:canary@host/db'
    const settings = fromEnv({ TELEGRAM_BOT_TOKEN: TOKEN, DB_PASSWORD: 'canary', DATABASE_URL: url })
    const token = settings.telegramBotToken
    const shown = [
      JSON.stringify(settings),
      inspect(settings, { depth: 9, showHidden: true }),
      inspect(settings, { depth: 9, customInspect: false }),
      `${token} ${String(settings.databaseUrl)}`,
      JSON.stringify(Object.entries(settings)),
      inspect(new Error('x', { cause: settings })),
    ]
    expect(shown.join('\n')).not.toContain('canary')
    expect([`${token}`, JSON.stringify(token), inspect(token)]).toEqual(['[secret]', '"[secret]"', '[secret]'])
    expect(token?.reveal()).toBe(TOKEN)
    expect(settings.databaseUrl?.reveal()).toBe(url)
  })

  it('never show in a complaint about them', () => {
    const wrong = Object.fromEntries(secretNames.map((name) => [name, 'canary canary']))
    const { problems } = resolve({ env: wrong })
    const error = settingsError(problems)
    expect(problems.length).toBeGreaterThanOrEqual(2)
    expect([JSON.stringify(problems), inspect(error), error.stack].join()).not.toContain('canary')
  })

  it('may stand in a file of their own', () => {
    const path = join(home, 'token')
    writeFileSync(path, `\uFEFF${TOKEN}\r\n`)
    const settings = fromEnv({ TELEGRAM_BOT_TOKEN_FILE: path })
    expect(settings.telegramBotToken?.reveal()).toBe(TOKEN)
    expect(settings.origins.telegramBotToken).toBe('file')
  })

  it('a path without a leading slash starts at STORYLINE_HOME, wherever the command was started', () => {
    writeFileSync(join(home, 'token'), TOKEN)
    for (const where of ['env', 'envFile'] as const) {
      const { settings } = resolve({ home, [where]: { TELEGRAM_BOT_TOKEN_FILE: 'token' } })
      expect(settings.telegramBotToken?.reveal()).toBe(TOKEN)
    }
  })

  it('the value itself wins over the file, and the environment over .env', () => {
    writeFileSync(join(home, 'one'), 'from-file')
    const password = (env: Record<string, string>, envFile: Record<string, string>) =>
      resolve({ home, env, envFile }).settings.dbPassword?.reveal()
    expect(password({ DB_PASSWORD: 'direct', DB_PASSWORD_FILE: 'one' }, {})).toBe('direct')
    expect(password({ DB_PASSWORD_FILE: 'one' }, { DB_PASSWORD: 'direct' })).toBe('from-file')
  })

  it('a file that is missing, a folder or empty is one mistake among the others', () => {
    writeFileSync(join(home, 'empty'), '\n')
    const { problems } = resolve({
      home,
      env: { TELEGRAM_BOT_TOKEN_FILE: 'missing', DB_PASSWORD_FILE: home, POSTS_PER_DAY: 'x' },
      envFile: { DATABASE_URL_FILE: 'empty' },
    })
    expect(problems.map(({ name, value, origin }) => [name, value, origin])).toEqual([
      ['DATABASE_URL_FILE', join(home, 'empty'), '.env'],
      ['DB_PASSWORD_FILE', home, 'environment'],
      ['TELEGRAM_BOT_TOKEN_FILE', join(home, 'missing'), 'environment'],
      ['POSTS_PER_DAY', 'x', 'environment'],
    ])
    expect(settingsError(problems).message).toMatch(
      /TELEGRAM_BOT_TOKEN_FILE is ".*missing" in the environment; .*ENOENT/,
    )
  })

  it('a file with a wrong secret is named without showing it', () => {
    writeFileSync(join(home, 'token'), 'canary')
    const { problems } = resolve({ home, env: { TELEGRAM_BOT_TOKEN_FILE: 'token' } })
    const { message } = settingsError(problems)
    expect(message).toContain('TELEGRAM_BOT_TOKEN is "[secret]" in the file that TELEGRAM_BOT_TOKEN_FILE names')
    expect(message).not.toContain('canary')
  })

  it('only secrets have a file: another setting is not read from one', () => {
    expect(fromEnv({ POSTS_PER_DAY_FILE: '/etc/passwd' }).postsPerDay).toBe(3)
  })
})

describe('.env', () => {
  it('is read with comments, quotes, empty lines, export and the line ends of every system', () => {
    for (const end of ['\n', '\r\n']) {
      const lines = [
        '# comment',
        '',
        'POSTS_PER_DAY=5 # five',
        'export TIMEZONE="Europe/Berlin"',
        "CATEGORY_MIX='memes=60,products=40'",
        '#TEAM_JOIN=anyone',
        '  SKIP_TTL_DAYS = 3  ',
        'DB_PASSWORD="a#b c"',
        'REPOST_TTL_DAYS=',
      ]
      const { settings, problems } = fromFile(lines.join(end))
      expect(problems).toEqual([])
      expect(settings).toMatchObject({
        postsPerDay: 5,
        timeZone: 'Europe/Berlin',
        categoryMix: new Map([
          ['memes', 60],
          ['products', 40],
        ]),
        teamJoin: 'members',
        skipTtlDays: 3,
        repostTtlDays: 30,
      })
      expect(settings.dbPassword?.reveal()).toBe('a#b c')
      expect(settings.origins.postsPerDay).toBe('.env')
    }
  })

  it('may begin with a byte order mark', () => {
    expect(fromFile('\uFEFFPOSTS_PER_DAY=7\n').settings.postsPerDay).toBe(7)
  })

  it('may be missing', () => {
    expect(readSettings({ STORYLINE_HOME: home }, '/nowhere').envFile).toEqual({})
  })

  it('that is a folder is explained', () => {
    mkdirSync(join(home, '.env'))
    expect(() => readSettings({ STORYLINE_HOME: home }, '/nowhere')).toThrow(
      expect.objectContaining({ code: 'not_configured', exitCode: 4, message: expect.stringContaining('EISDIR') }),
    )
  })

  it('that is no text breaks nothing', () => {
    expect(() => fromFile(Buffer.from([0, 255, 254, 61, 10, 34, 61]))).not.toThrow()
  })
})

describe('folders', () => {
  it('STORYLINE_HOME decides, else the installation', () => {
    expect(readSettings({ STORYLINE_HOME: home }, '/opt/storyline').home).toBe(home)
    expect(readSettings({ STORYLINE_HOME: `${home}/x/..//` }, '/opt/storyline').home).toBe(home)
    expect(readSettings({ STORYLINE_HOME: ' ' }, '/opt/storyline').home).toBe('/opt/storyline')
    expect(readSettings({}, '/opt/storyline').home).toBe('/opt/storyline')
  })

  it.each([
    ['relative to home', 'pictures/own', '/srv/story/pictures/own'],
    ['relative and above it', '../pictures', '/srv/pictures'],
    ['absolute', '/mnt/usb disk/pictures/', '/mnt/usb disk/pictures'],
    ['absolute with detours', '/mnt//usb/./x/../pictures', '/mnt/usb/pictures'],
  ])('MEDIA_BASE_PATH %s', (_, given, expected) => {
    expect(fromEnv({ MEDIA_BASE_PATH: given }).mediaBasePath).toBe(expected)
  })
})

describe('the connection string', () => {
  const urlOf = (env: Record<string, string>) => configuredDatabaseUrl(fromEnv(env))

  it.each([
    ['nothing set means the embedded server', {}, undefined],
    ['user and password alone, too', { DB_USER: 'u', DB_PASSWORD: 'p', DB_PORT: '6000' }, undefined],
    ['a host is enough', { DB_HOST: 'db.local' }, 'postgresql://postgres@db.local:5432/storyline'],
    ['a name is enough', { DB_NAME: 'story' }, 'postgresql://postgres@localhost:5432/story'],
    [
      'all parts',
      { DB_HOST: 'h', DB_PORT: '6000', DB_NAME: 'n', DB_USER: 'u', DB_PASSWORD: 'p' },
      'postgresql://u:p@h:6000/n',
    ],
    [
      'DATABASE_URL wins, unchanged',
      { DATABASE_URL: 'postgres://a:b@c/d?x=%20', DB_HOST: 'h' },
      'postgres://a:b@c/d?x=%20',
    ],
  ])('%s', (_, env, expected) => {
    expect(urlOf(env)).toBe(expected)
  })

  it('escapes what has a meaning in a URL', () => {
    const password = 'p@ss:w/rd?#%&+ "<ä漢>'
    const url = new URL(urlOf({ DB_HOST: 'h', DB_USER: 'us:er@x', DB_PASSWORD: password, DB_NAME: 'my?db#1' }) ?? '')
    expect(decodeURIComponent(url.username)).toBe('us:er@x')
    expect(decodeURIComponent(url.password)).toBe(password)
    expect(url.host).toBe('h:5432')
    expect(decodeURIComponent(url.pathname)).toBe('/my?db#1')
    expect(url.search + url.hash).toBe('')
  })
})
