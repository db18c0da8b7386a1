import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands.ts'
import { users } from '../src/db/schema.ts'
import { CALENDAR_STATES } from '../src/schedule/calendar.ts'
import { AS_STATUS, addHistory, addItem, addLock, DAY_MS, type Ran, storyline } from './schedule/commanding.ts'
import { differences, either, list, maybe, namesIn, object, type Shape } from './shapes.ts'
import { useTeam } from './support/team.ts'

/**
 * The shape of every document that --json prints, as scripts rely on it (SPEC §7): a key that goes, comes or changes its type
 * is a change that people must be told of.
 */
const team = useTeam()
let home: string
const NOW = new Date()

const s = 'string'
const n = 'number'
const b = 'boolean'
const dryRun = { dryRun: b } as const

const lock = { reason: s, until: maybe(s) } as const
const mediaItem = {
  id: s,
  file: s,
  title: maybe(s),
  link: maybe(s),
  caption: maybe(s),
  tags: list(s),
  category: maybe(s),
  requiresInteraction: b,
  timesPosted: n,
  lastPostedAt: maybe(s),
  state: s,
  locks: list(lock),
} as const
const counts = { pending: n, processing: n, retrying: n, awaiting_team: n, unconfirmed: n } as const
const ended = { id: s, storyNumber: n, slot: maybe(s), scheduledFor: s, file: s, already: b } as const
const failedOne = list({ id: s, code: s, message: s })
const queued = { storyNumber: maybe(n), mediaItemId: s, file: s, scheduledFor: s, channel: s } as const
const index = {
  added: n,
  updated: n,
  moved: n,
  unchanged: n,
  retired: n,
  rejected: list({ path: s, reason: s }),
  skipped: list({ path: s, reason: s }),
  warnings: list({ path: s, warning: s }),
  duplicates: list({ hash: s, paths: list(s) }),
} as const
const withReason = list({ id: s, reason: s })
const tick = {
  claimed: n,
  delivered: list(
    either({ id: s, channel: s }, { id: s, channel: s, instagramMediaId: maybe(s), permalink: maybe(s) }),
  ),
  retrying: list({ id: s, reason: s, nextRetryAt: s }),
  failed: withReason,
  missed: withReason,
  unconfirmed: withReason,
  released: list(s),
  handedOver: withReason,
} as const
const checks = {
  ok: b,
  checks: list(either({ name: s, ok: b, detail: s }, { name: s, ok: b, detail: s, fix: s })),
} as const
const user = {
  id: s,
  telegramUserId: n,
  username: maybe(s),
  name: s,
  role: s,
  active: b,
  totalPosts: n,
  firstSeenAt: s,
  lastSeenAt: s,
} as const
const changedUser = { telegramUserId: n, username: maybe(s), role: s, active: b, changed: b } as const
const origin = { origin: s, value: maybe(s) } as const
const setting = {
  name: s,
  configKey: maybe(s),
  secret: b,
  value: maybe(s),
  origin: maybe(s),
  overrides: list(origin),
  wrong: maybe(s),
} as const
const calendarSlot = {
  slot: maybe(s),
  at: s,
  state: s,
  storyNumber: maybe(n),
  file: maybe(s),
  channel: maybe(s),
} as const
const picture = {
  mediaItemId: s,
  file: s,
  path: s,
  title: maybe(s),
  linkUrl: maybe(s),
  tags: list(s),
  category: maybe(s),
} as const
const dashboardStory = {
  ...picture,
  kind: s,
  id: s,
  storyNumber: n,
  slot: maybe(s),
  channel: s,
  scheduledFor: s,
  status: s,
  isSample: b,
  lastError: maybe(s),
  waitsFor: maybe(s),
} as const
const listed = (entry: Parameters<typeof list>[0]) => object({ entries: list(entry), total: n })
const snapshot = {
  takenAt: s,
  timeZone: s,
  isDryRun: b,
  paused: maybe({ by: s, reason: maybe(s), since: s }),
  next: listed({ ...dashboardStory, attempt: n, nextRetryAt: maybe(s) }),
  waiting: listed({ ...dashboardStory, since: s, missedAt: maybe(s), isBeingRead: b }),
  recent: listed({
    ...picture,
    kind: s,
    id: s,
    queueItemId: maybe(s),
    storyNumber: maybe(n),
    slot: maybe(s),
    channel: maybe(s),
    status: s,
    reason: maybe(s),
    endedAt: s,
    scheduledFor: maybe(s),
    by: maybe(s),
    tookSeconds: maybe(n),
    permalink: maybe(s),
  }),
  library: {
    active: n,
    samples: n,
    planned: n,
    runwayDays: maybe(n),
    categories: list({ category: maybe(s), active: n, free: n, planned: n }),
    locks: list({ reason: s, count: n }),
    problems: listed({ kind: s, mediaItemId: s, file: s, path: s, problem: s }),
  },
  health: {
    status: s,
    checks: list({ kind: s, name: s, title: s, status: s, details: s, fix: maybe(s) }),
    lastTickAt: maybe(s),
    lastPollAt: maybe(s),
  },
} as const
const error = { error: { code: s, message: s, fix: maybe(s) } } as const
const queuedStory = maybe({ id: s, storyNumber: n, status: s, scheduledFor: s })
const media = { files: n, bytes: n } as const
const unreadable = list({ path: s, reason: s })
const reasons = list({ name: s, why: s })
const restored = {
  backup: s,
  createdAt: s,
  parts: list(s),
  database: maybe({ address: s, isEmpty: b, tables: list({ name: s, rows: n }) }),
  media: maybe({ written: n, replaced: list(s), kept: n }),
  config: maybe({ rows: list(s), env: b, replaced: list(s) }),
} as const

/** Keys of what cannot be run here: with the embedded server, and of stories that a tick sent or gave up. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  db: ['started', 'migrationsApplied', 'stopped'],
  'process-queue': ['id', 'channel', 'instagramMediaId', 'permalink', 'reason'],
}

interface Row {
  argv: string
  /** Default: 0. */
  exitCode?: number | 'of health'
  shape: Parameters<typeof object>[0]
}

/** In the order in which they are run. What needs a person, Instagram or a running process shows its error. */
const ROWS: readonly Row[] = [
  { argv: 'help', shape: { topics: list(s), commands: list({ name: s, summary: s }) } },
  { argv: 'help list-queue', shape: { topic: s, text: s } },
  { argv: 'version', shape: { version: s, node: s, platform: s, arch: s, schema: s } },
  { argv: 'completion fish', shape: { shell: s, script: s } },
  { argv: 'man', shape: { page: s } },
  { argv: 'quickstart', exitCode: 1, shape: error },
  { argv: 'quickstart --clean', shape: { retired: n, cancelled: n } },
  { argv: 'init', exitCode: 2, shape: error },
  { argv: 'index-media --dry-run', shape: { ...index, ...dryRun } },
  { argv: 'index-media', shape: index },
  { argv: 'list-media', shape: { items: list(mediaItem), total: n } },
  {
    argv: 'show-media d.jpg',
    shape: {
      ...mediaItem,
      width: maybe(n),
      height: maybe(n),
      size: n,
      hash: s,
      mimeType: maybe(s),
      modifiedAt: maybe(s),
      problem: maybe(s),
      isSample: b,
      customMetadata: either('anything', 'null'),
      editedFields: list(s),
      queued: queuedStory,
      copies: list({ id: s, file: s, isActive: b }),
      history: list({
        id: s,
        status: s,
        reason: maybe(s),
        settledBy: maybe(s),
        channel: maybe(s),
        scheduledFor: s,
        settledAt: s,
      }),
    },
  },
  {
    argv: 'edit-media d.jpg --title Mug --dry-run',
    shape: {
      item: mediaItem,
      changes: list({ field: s, from: either(s, b, list(s), 'null'), to: either(s, b, list(s), 'null') }),
      editedFields: list(s),
      ...dryRun,
    },
  },
  { argv: 'lock-media e.jpg', shape: { item: mediaItem, lock, queued: queuedStory } },
  { argv: 'unlock-media e.jpg', shape: { item: mediaItem, removed: list(lock), kept: list(lock) } },
  {
    argv: 'create-schedule --days 2 --dry-run --posts-per-day 20',
    shape: {
      scheduled: list({ id: maybe(s), slot: s, scheduledFor: s, file: s, channel: s, reason: s }),
      shortfalls: list({ slot: s, reason: s }),
      runwayDays: n,
      ...dryRun,
    },
  },
  {
    argv: 'list-queue',
    shape: {
      items: list({
        id: s,
        slot: maybe(s),
        status: s,
        scheduledFor: s,
        file: s,
        channel: s,
        attempt: n,
        lastError: maybe(s),
      }),
    },
  },
  { argv: 'dashboard', shape: snapshot },
  { argv: 'list-queue --calendar', shape: { days: list({ date: s, slots: list(calendarSlot) }) } },
  {
    argv: 'history',
    shape: {
      items: list({
        id: s,
        queueItemId: maybe(s),
        file: s,
        status: s,
        reason: maybe(s),
        postedAt: maybe(s),
        by: maybe(s),
        channel: maybe(s),
      }),
    },
  },
  { argv: 'add-to-queue e.jpg --dry-run', shape: { id: maybe(s), ...queued, ...dryRun } },
  {
    argv: 'reschedule 47 --in 26h',
    shape: { id: s, storyNumber: n, file: s, slot: maybe(s), status: s, scheduledFor: s, was: s },
  },
  { argv: 'cancel 47 --dry-run', shape: { cancelled: list(ended), failed: failedOne, ...dryRun } },
  { argv: 'cancel 999', exitCode: 1, shape: error },
  { argv: 'skip 47 --dry-run', shape: { skipped: list(ended), failed: failedOne, ...dryRun } },
  { argv: 'reject 47 --dry-run', shape: { rejected: list(ended), failed: failedOne, ...dryRun } },
  {
    argv: 'undo 13 --now --dry-run',
    shape: {
      id: maybe(s),
      historyId: s,
      storyNumber: maybe(n),
      file: s,
      was: s,
      status: maybe(s),
      scheduledFor: maybe(s),
      undoneAt: s,
      by: maybe(s),
      already: b,
      notes: list(s),
      ...dryRun,
    },
  },
  { argv: 'retry 12 --dry-run', shape: { id: maybe(s), retryOf: s, ...queued, ...dryRun } },
  {
    argv: 'confirm 48 --sent --dry-run',
    shape: { id: s, storyNumber: n, file: s, answer: s, status: s, ...dryRun },
  },
  { argv: 'pause', shape: { paused: b, since: s, by: s, reason: maybe(s), already: b } },
  {
    argv: 'resume',
    shape: { resumed: b, how: maybe(s), overdue: list({ id: s, storyNumber: n, file: s, scheduledFor: s }) },
  },
  { argv: 'process-queue --dry-run', shape: { ...tick, ...dryRun } },
  { argv: 'process-queue', shape: tick },
  { argv: 'test-telegram', shape: checks },
  { argv: 'bot', exitCode: 4, shape: error },
  { argv: 'instagram connect', exitCode: 4, shape: error },
  { argv: 'test-api', exitCode: 4, shape: checks },
  { argv: 'check-token', exitCode: 4, shape: error },
  {
    argv: 'refresh-token',
    shape: {
      action: s,
      text: s,
      fix: maybe(s),
      health: maybe(s),
      daysLeft: maybe(n),
      expiresAt: maybe(s),
      resealed: n,
    },
  },
  { argv: 'list-users', shape: { users: list(user) } },
  {
    argv: 'user-stats --username sarah_m',
    shape: {
      ...user,
      team: maybe(s),
      settled: n,
      posted: n,
      successPercent: maybe(n),
      others: list({ status: s, stories: n }),
      thisWeek: { since: s, posts: n },
      thisMonth: { since: s, posts: n },
      tags: list({ tag: s, posts: n }),
      hours: list({ hour: n, posts: n }),
      medianSecondsToPost: maybe(n),
    },
  },
  { argv: 'promote-user --username sarah_m', shape: changedUser },
  { argv: 'deactivate-user --username sarah_m --dry-run', shape: { ...changedUser, ...dryRun } },
  { argv: 'activate-user --username sarah_m', shape: changedUser },
  {
    argv: 'check-health --offline',
    exitCode: 'of health',
    shape: {
      status: s,
      at: s,
      checks: list({ name: s, title: s, status: s, details: s, fix: maybe(s) }),
      alerts: maybe({ opened: list(s), resolved: list(s), untold: maybe(s) }),
    },
  },
  {
    argv: 'monitor-queue',
    shape: {
      stuck: b,
      counts,
      samples: n,
      overdueCount: n,
      overdue: list({
        id: s,
        storyNumber: n,
        file: s,
        status: s,
        channel: s,
        scheduledFor: s,
        lateSeconds: n,
        waitsFor: s,
        why: s,
        mends: s,
      }),
      next: maybe({ storyNumber: n, file: s, at: s }),
      today: { posted: n, skipped: n, rejected: n, failed: n, missed: n },
      pausesOfToday: list({ by: s, reason: maybe(s), since: s, until: s }),
      cards: { count: n, oldestSeconds: maybe(n) },
      unconfirmed: { count: n, beingRead: n, oldestSeconds: maybe(n) },
      pausedBy: maybe(s),
      lastTickSeconds: maybe(n),
    },
  },
  {
    argv: 'list-service-runs',
    shape: {
      runs: list({
        id: s,
        service: s,
        status: s,
        triggeredBy: s,
        startedAt: s,
        completedAt: maybe(s),
        durationMs: maybe(n),
        params: 'anything',
        result: 'anything',
        error: maybe(s),
      }),
    },
  },
  {
    argv: 'backup --dry-run',
    shape: {
      dryRun: b,
      folder: s,
      kind: s,
      tables: list({ name: s, rows: n }),
      media: maybe({ ...media, fresh: n, problems: unreadable }),
      retention: { keep: reasons, remove: reasons },
    },
  },
  {
    argv: 'backup',
    shape: {
      name: s,
      path: s,
      kind: s,
      parts: list(s),
      createdAt: s,
      sizeBytes: n,
      encrypted: b,
      tables: list({ name: s, rows: n }),
      media: maybe({ ...media, newContents: n, newBytes: n }),
      problems: unreadable,
      removed: reasons,
      removedContents: n,
    },
  },
  { argv: 'verify-backups', shape: { folder: s, backups: list({ name: s, verdict: s, problems: list(s) }) } },
  { argv: 'restore BACKUP --dry-run', shape: { ...restored, ...dryRun } },
  { argv: 'restore BACKUP --config', shape: { ...restored, overdue: n, paused: b, next: list(s) } },
  {
    argv: 'config list',
    shape: {
      home: s,
      settings: list(setting),
      unknownKeys: list(s),
      database: either({ ok: b }, { ok: b, message: s, fix: maybe(s) }),
    },
  },
  { argv: 'config get TIMEZONE', shape: setting },
  {
    argv: 'config set POSTS_PER_DAY 4 --dry-run',
    shape: { name: s, configKey: s, from: maybe(origin), to: maybe(origin), changed: b, ...dryRun },
  },
  {
    argv: 'config set POSTS_PER_DAY 4',
    shape: { name: s, configKey: s, from: maybe(origin), to: maybe(origin), changed: b },
  },
  {
    argv: 'config changes',
    shape: { changes: list({ at: s, configKey: s, from: maybe(s), to: maybe(s), by: maybe(s) }) },
  },
  { argv: 'install-cron --print', shape: { action: s, block: s, jobs: n } },
  {
    argv: 'install-service --print',
    shape: {
      folder: s,
      user: s,
      units: list({ name: s, text: s }),
      changed: maybe(list(s)),
      leftOver: maybe(list(s)),
    },
  },
  { argv: 'db status', shape: { kind: s, address: s, schema: { state: s, missing: n, serverVersion: s } } },
  { argv: 'db migrate', shape: { applied: n, missing: n } },
  { argv: 'db url', shape: { url: s } },
]

/** Of every command that a document of it may hold: successes only. */
function namesPromised(name: string): string[] {
  return ROWS.filter(({ argv }) => argv.split(' ')[0] === name).flatMap(({ shape }) => namesIn(toShape(shape)))
}

const toShape = (shape: Row['shape']): Shape => object(shape)

const run = (argv: readonly string[], more: Record<string, string> = {}): Promise<Ran> =>
  storyline({ url: team.url } as never, argv, {
    env: team.env({ STORYLINE_HOME: home, BACKUP_DIR: join(home, 'backups'), PATH: process.env.PATH ?? '', ...more }),
    now: NOW,
  })

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'shapes '))
  const { library, db } = team
  const [b1, c, d, e] = [
    await library.add('memes/b.jpg', { tags: ['x'], category: 'memes' }),
    await library.add('memes/c.jpg'),
    await library.add('memes/d.jpg', { title: 'Mug' }),
    await library.add('memes/e.jpg'),
  ]
  await addItem(db, b1, { slot: '2999-01-01/1', storyNumber: 47, scheduledFor: new Date(NOW.getTime() + DAY_MS) })
  await addItem(db, c, { ...AS_STATUS.unconfirmed, storyNumber: 48 })
  await addHistory(db, d, { status: 'missed', storyNumber: 12, queueDeletedAt: new Date(NOW.getTime() - 60 * DAY_MS) })
  await addHistory(db, d, { status: 'posted', storyNumber: 13, queueDeletedAt: new Date(NOW.getTime() - 50 * DAY_MS) })
  await addLock(db, e, 'skip', new Date(NOW.getTime() + DAY_MS))
  await db.insert(users).values({ telegramUserId: 12345, telegramUsername: 'sarah_m', telegramFirstName: 'Sarah' })
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('--json', () => {
  it('is one document of its shape for every command, with nothing else on stdout', { timeout: 240_000 }, async () => {
    const wrong: string[] = []
    let backup = ''
    for (const { argv, exitCode = 0, shape } of ROWS) {
      const words = argv.split(' ').map((word) => (word === 'BACKUP' ? backup : word))
      // Without a token the bot would listen for ever.
      const ran = await run([...words, '--json'], argv === 'bot' ? { TELEGRAM_BOT_TOKEN: '' } : {})
      if (argv === 'backup') backup = String(ran.json.name)
      const isExpected = exitCode === 'of health' ? [0, 3].includes(ran.exitCode) : ran.exitCode === exitCode
      if (!isExpected) wrong.push(`${argv}: exit ${ran.exitCode} ${ran.stdout.slice(0, 300)}`)
      wrong.push(...differences(ran.json, toShape(shape)).map((difference) => `${argv}: ${difference}`))
    }
    expect(wrong).toEqual([])
  })

  it('has a row for every command', () => {
    const rows = new Set(ROWS.map(({ argv }) => argv.split(' ')[0]))
    expect(COMMANDS.map(({ name }) => name).filter((name) => !rows.has(name))).toEqual([])
  })

  it('an error is code, message and fix, whatever went wrong', async () => {
    for (const [argv, more] of [
      [['list-queue', '--status', 'done'], {}],
      [['lsit-queue'], {}],
      [['show-media', 'nothing.jpg'], {}],
      [['list-media'], { POSTS_PER_DAY: 'many' }],
      [['list-media'], { DATABASE_URL: 'postgresql://u:canary@127.0.0.1:1/x' }],
    ] as const) {
      const { json, exitCode } = await run([...argv, '--json'], more)
      expect([argv, exitCode === 0, differences(json, object(error))]).toEqual([argv, false, []])
    }
  })
})

describe('what the help says of --json', () => {
  it.each(COMMANDS.map(({ name }) => name))('%s names only keys that exist', async (name) => {
    const entry = COMMANDS.find((command) => command.name === name)
    const { description = '' } = (await entry?.load())?.default ?? {}
    const [, said = ''] = /--json: ([\s\S]*?)(?:\n\n|Exit codes:|$)/.exec(description) ?? []
    const braces = [...said.matchAll(/\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}/g)].map(([text]) => text)
    const named = braces.flatMap((text) => text.match(/[a-z]\w*/gi) ?? [])
    const promised = new Set([
      ...namesPromised(name),
      ...(ELSEWHERE[name] ?? []),
      'dryRun',
      'item',
      'setting',
      'or',
      'null',
    ])
    const isPinned = !ROWS.some(({ argv, exitCode, shape }) => {
      return argv.split(' ')[0] === name && exitCode !== undefined && 'error' in shape
    })
    expect(isPinned ? named.filter((word) => !promised.has(word)) : []).toEqual([])
  })

  it('names every state of the calendar', async () => {
    const entry = COMMANDS.find(({ name }) => name === 'list-queue')
    const { description = '' } = (await entry?.load())?.default ?? {}
    const states = description.split('state:').at(-1) ?? ''
    for (const state of CALENDAR_STATES) expect(states).toContain(state)
  })
})
