import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { loadSnapshot } from '../../src/dashboard/load-snapshot.ts'
import { describeSnapshot } from '../../src/dashboard/plain.ts'
import { MAX_NEXT, MAX_RECENT, type Snapshot } from '../../src/dashboard/snapshot.ts'
import { snapshotToJson } from '../../src/dashboard/to-json.ts'
import { mediaItems, mediaPostingLocks, pauses, postingHistory } from '../../src/db/schema.ts'
import { CHECKS } from '../../src/health/checks/index.ts'
import { useHealth as openHealth } from '../health/health-at-work.ts'
import { testContext } from '../support/database.ts'

const health = openHealth()
const { team } = health

/** With the real clock: the database's cannot be moved. */
const look = (env: Record<string, string> = {}): Promise<Snapshot> =>
  loadSnapshot(testContext(team.db, { env: team.env(env), now: () => new Date() }))

const ago = (minutes: number) => sql`now() - make_interval(mins => ${minutes})`
const LEASE = { leaseOwner: 'a1b2c3d4-run', leaseUntil: ago(-5) }

/** Minutes from `from` to the snapshot. */
const minutesSince = (snapshot: Snapshot, from: Date | null) =>
  from && Math.round((snapshot.takenAt.getTime() - from.getTime()) / 60_000)

async function settled(name: string, values: Partial<typeof postingHistory.$inferInsert> | Record<string, unknown>) {
  const media = await team.library.add(name)
  const times = { queueCreatedAt: ago(500), queueDeletedAt: ago(10), scheduledFor: ago(60) }
  await team.db.insert(postingHistory).values({
    ...{ mediaItemId: media.id, status: 'skipped', success: false, ...times },
    ...values,
  } as never)
  return media
}

describe('what is planned', () => {
  it('an empty database has nothing, and says so', async () => {
    const snapshot = await look()
    expect(snapshot).toMatchObject({
      ...{ paused: null, isDryRun: false, timeZone: 'UTC' },
      ...{ next: { entries: [], total: 0 }, waiting: { entries: [], total: 0 }, recent: { entries: [], total: 0 } },
      library: { active: 0, samples: 0, planned: 0, runwayDays: 0, categories: [], locks: [] },
      health: { status: 'unhealthy', lastTickAt: null, lastPollAt: null },
    })
  })

  it('comes in the order of time, whatever its state, and carries its picture', async () => {
    await health.beat('process-queue', 1)
    const later = await team.library.plan('mugs/later.jpg', {
      minutesAgo: -90,
      media: { title: 'A mug 🫖', linkUrl: 'https://example.org/mug', tags: ['new'], category: 'mugs' },
      item: { slot: '2026-11-22/1' },
    })
    await team.library.plan('sending.jpg', {
      minutesAgo: 2,
      item: { status: 'processing', attempt: 1, ...LEASE } as never,
    })
    const retry = { status: 'retrying', nextRetryAt: ago(-10), lastError: 'Telegram is slow' }
    await team.library.plan('again.jpg', { minutesAgo: 5, item: retry as never })
    const { next, library } = await look()
    expect(next.entries.map(({ file, status }) => [file, status])).toEqual([
      ['stories/again.jpg', 'retrying'],
      ['stories/sending.jpg', 'processing'],
      ['stories/mugs/later.jpg', 'pending'],
    ])
    expect([next.total, library.planned]).toEqual([3, 3])
    expect(next.entries[2]).toEqual({
      ...{ kind: 'planned', id: later.item.id, storyNumber: later.item.storyNumber, slot: '2026-11-22/1' },
      ...{ mediaItemId: later.media.id, file: 'stories/mugs/later.jpg' },
      path: `${team.library.path}/stories/mugs/later.jpg`,
      ...{ title: 'A mug 🫖', linkUrl: 'https://example.org/mug', tags: ['new'], category: 'mugs' },
      ...{ channel: 'telegram', status: 'pending', isSample: false, attempt: 0 },
      scheduledFor: later.item.scheduledFor,
      ...{ nextRetryAt: null, lastError: null, waitsFor: null },
    })
  })

  it.each<[string, Parameters<typeof team.library.plan>[1], () => Promise<unknown>, RegExp | null]>([
    ['its time', { minutesAgo: -5 }, async () => {}, null],
    ['the next tick', { minutesAgo: 1 }, async () => {}, /^the next tick takes it$/],
    [
      'a run',
      { item: { status: 'processing', attempt: 1, ...LEASE } as never },
      async () => {},
      /^Telegram: being sent$/,
    ],
    [
      'a run that died',
      { item: { status: 'processing', attempt: 1, ...LEASE, leaseUntil: ago(1) } as never },
      async () => {},
      /ended early; the next tick takes it back/,
    ],
    ['nothing: a sample', { minutesAgo: 9, media: { isSample: true } }, async () => {}, /samples are never sent/],
    ['somebody', { minutesAgo: 9 }, () => team.db.insert(pauses).values({ pausedBy: '@ana' }), /^Paused by @ana/],
    [
      'a chat that is closed',
      { minutesAgo: 9 },
      () => openAlert(team.db, { subject: 'telegram-blocked', severity: 'critical', summary: 'kicked out' }),
      /^kicked out$/,
    ],
    [
      'cron',
      { minutesAgo: 30 },
      () => health.beat('process-queue', 90),
      /no run of process-queue has worked for 1 hour/,
    ],
  ])('waits for %s', async (_, story, prepare, reason) => {
    await health.beat('process-queue', 1)
    await prepare()
    await team.library.plan('story.jpg', story)
    const [entry] = (await look()).next.entries
    if (reason === null) expect(entry?.waitsFor).toBeNull()
    else expect(entry?.waitsFor).toMatch(reason)
  })

  it('says how many come before it', async () => {
    await health.beat('process-queue', 1)
    await team.library.plan('sample.jpg', { minutesAgo: 14, media: { isSample: true } })
    for (let n = 0; n < 3; n += 1) await team.library.plan(`late/${n}.jpg`, { minutesAgo: 13 - n })
    const { next } = await look({ MAX_POSTS_PER_RUN: '1' })
    expect(next.entries.map(({ waitsFor }) => waitsFor?.slice(0, 28))).toEqual([
      'nothing: samples are never s',
      'the next tick takes it',
      '1 stories come before it; a ',
      '2 stories come before it; a ',
    ])
  })

  it('takes the way that is open now', async () => {
    await team.library.plan('plain.jpg', { minutesAgo: -5 })
    await team.library.plan('sticker.jpg', { minutesAgo: -6, media: { requiresInteraction: true } })
    const { next } = await look({ ENABLE_INSTAGRAM_API: 'true' })
    expect(next.entries.map(({ channel }) => channel)).toEqual(['instagram', 'telegram'])
  })

  it('is bounded, and counted beyond', async () => {
    await team.db.execute(sql`
      insert into media_items (file_path, file_name, file_size, file_hash)
      select 'stories/' || n || '.jpg', n || '.jpg', 1, encode(sha256(n::text::bytea), 'hex')
        from generate_series(1, ${MAX_NEXT + 5}::int) as n`)
    await team.db.execute(sql`
      insert into posting_queue (media_item_id, scheduled_for)
      select id, now() + make_interval(mins => substring(file_name from '[0-9]+')::int) from media_items`)
    const { next } = await look()
    expect([next.entries.length, next.total]).toEqual([MAX_NEXT, MAX_NEXT + 5])
    expect([next.entries[0]?.file, next.entries.at(-1)?.file]).toEqual(['stories/1.jpg', `stories/${MAX_NEXT}.jpg`])
  })
})

describe('what waits', () => {
  it('cards and doubts, the longest first', async () => {
    const card = { status: 'awaiting_team', sentAt: ago(120) }
    await team.library.plan('card.jpg', { minutesAgo: 130, item: card as never })
    const doubt = { status: 'unconfirmed', effect: 'telegram_card', effectStartedAt: ago(300), lastError: 'cut off' }
    await team.library.plan('doubt.jpg', { minutesAgo: 310, item: doubt as never })
    const read = { effect: 'instagram_publish', effectStartedAt: ago(3), reconcileAt: ago(0), channel: 'instagram' }
    await team.library.plan('read.jpg', { item: { status: 'unconfirmed', ...read } as never })
    const snapshot = await look({ TEAM_RESPONSE_HOURS: '6' })
    const shown = snapshot.waiting.entries.map((story) => [
      story.file,
      minutesSince(snapshot, story.since),
      minutesSince(snapshot, story.missedAt),
      story.isBeingRead,
      story.waitsFor,
    ])
    expect(shown).toEqual([
      ['stories/doubt.jpg', 300, null, false, expect.stringMatching(/^you: storyline confirm [0-9a-f]{8}$/)],
      ['stories/card.jpg', 120, -240, false, 'the team, asked 2 hours ago'],
      ['stories/read.jpg', 3, null, true, 'Instagram: reading whether it is live'],
    ])
    expect(snapshot.next.total).toBe(0)
  })

  it('a card that an undo gave back has its hours from then on', async () => {
    const { item, media } = await team.library.plan('back.jpg', {
      item: { status: 'awaiting_team', sentAt: ago(600) } as never,
    })
    await team.db.insert(postingHistory).values({
      ...{ mediaItemId: media.id, queueItemId: item.id, status: 'posted', success: true, postedAt: ago(90) },
      ...{ queueCreatedAt: ago(700), queueDeletedAt: ago(90), scheduledFor: ago(600), undoneAt: ago(60) },
    } as never)
    const snapshot = await look({ TEAM_RESPONSE_HOURS: '6' })
    const [story] = snapshot.waiting.entries
    expect([minutesSince(snapshot, story?.since ?? null), minutesSince(snapshot, story?.missedAt ?? null)]).toEqual([
      60,
      60 - 360,
    ])
    expect(snapshot.recent.total).toBe(0)
  })
})

describe('what ended', () => {
  it('newest first, with who and how fast; what was undone is not shown', async () => {
    const posted = { status: 'posted', success: true, postedAt: ago(20), sentAt: ago(35), settledBy: '@sarah' }
    await settled('posted.jpg', { ...posted, storyNumber: 7, queueDeletedAt: ago(20) })
    await settled('missed.jpg', { status: 'missed', reason: 'nobody acted', sentAt: ago(500), queueDeletedAt: ago(5) })
    await settled('undone.jpg', { undoneAt: ago(1) })
    const snapshot = await look()
    expect(snapshot.recent.total).toBe(2)
    expect(snapshot.recent.entries).toMatchObject([
      {
        kind: 'settled',
        file: 'stories/missed.jpg',
        status: 'missed',
        by: null,
        tookSeconds: null,
        reason: 'nobody acted',
      },
      { file: 'stories/posted.jpg', status: 'posted', by: '@sarah', tookSeconds: 900, storyNumber: 7 },
    ])
    expect(minutesSince(snapshot, snapshot.recent.entries[1]?.endedAt ?? null)).toBe(20)
  })

  it('is bounded, and counted beyond', async () => {
    const media = await team.library.add('often.jpg')
    await team.db.execute(sql`
      insert into posting_history (media_item_id, story_number, status, success, queue_created_at, queue_deleted_at, scheduled_for)
      select ${media.id}, n, 'skipped', false, now(), now() - make_interval(mins => n), now()
        from generate_series(1, ${MAX_RECENT + 5}::int) as n`)
    const { recent } = await look()
    const numbers = recent.entries.map(({ storyNumber }) => storyNumber)
    expect([numbers.length, recent.total, numbers[0], numbers.at(-1)]).toEqual([
      MAX_RECENT,
      MAX_RECENT + 5,
      1,
      MAX_RECENT,
    ])
  })

  it('shows the picture as it was, and finds it where it is now', async () => {
    const was = {
      file: 'stories/old.jpg',
      title: 'Then',
      link_url: 'https://example.org/then',
      tags: ['a'],
      category: 'x',
    }
    await settled('now.jpg', { mediaMetadata: { ...was, file_hash: '', caption: null, custom_metadata: null } })
    const [entry] = (await look()).recent.entries
    expect(entry).toMatchObject({ file: 'stories/old.jpg', title: 'Then', tags: ['a'], category: 'x' })
    expect(entry?.path).toBe(`${team.library.path}/stories/now.jpg`)
  })
})

describe('the library', () => {
  it('counts what may be chosen by category, locks that hold, and what is not used', async () => {
    for (let n = 0; n < 4; n += 1) await team.library.add(`mugs/${n}.jpg`, { category: 'mugs' })
    await team.library.add('alone.jpg')
    await team.library.plan('mugs/planned.jpg', { minutesAgo: -60, media: { category: 'mugs' } })
    await team.library.add('mugs/broken.jpg', { category: 'mugs', isActive: false, problem: 'too\u001b[31m small' })
    await team.library.add('mugs/retired.jpg', { isSample: true, isActive: false, problem: 'sample retired' })
    await team.library.add('mugs/sample.jpg', { isSample: true, category: 'mugs' })
    const [held, ended] = await team.db
      .select()
      .from(mediaItems)
      .where(sql`file_path like '%/mugs/%' and is_active`)
      .limit(2)
    await team.db.insert(mediaPostingLocks).values([
      { mediaItemId: held?.id ?? '', lockReason: 'manual_hold', lockedUntil: null },
      { mediaItemId: ended?.id ?? '', lockReason: 'skip', lockedUntil: ago(1) as never },
    ])
    const { library, health: found } = await look({ POSTS_PER_DAY: '2' })
    expect(library).toEqual({
      ...{ active: 7, samples: 1, planned: 1 },
      runwayDays: 2,
      categories: [
        { category: 'mugs', active: 6, free: 3, planned: 1 },
        { category: null, active: 1, free: 1, planned: 0 },
      ],
      locks: [{ reason: 'manual_hold', count: 1 }],
      problems: {
        entries: [expect.objectContaining({ file: 'stories/mugs/broken.jpg', problem: 'too\u001b[31m small' })],
        total: 1,
      },
    })
    expect(found.checks.find(({ name }) => name === 'runway')?.details).toContain('about 2 days')
  })
})

describe('health', () => {
  it('has every check that asks nobody outside, in their order, and nobody is called', async () => {
    await health.workForAWhile()
    const { health: found } = await look()
    expect(found.checks.map(({ name }) => name)).toEqual(
      CHECKS.filter(({ asksOutside }) => !asksOutside).map(({ name }) => name),
    )
    expect(found.status).toBe('healthy')
    expect([found.lastTickAt, found.lastPollAt]).toEqual([expect.any(Date), expect.any(Date)])
    expect(team.fake.calls()).toEqual([])
  })

  it('what stops posting is told: a pause, a dry run', async () => {
    await team.db.insert(pauses).values({ pausedBy: '@ana', reason: 'holidays' })
    const snapshot = await look({ DRY_RUN_MODE: 'true' })
    expect(snapshot).toMatchObject({ paused: { by: '@ana', reason: 'holidays' }, isDryRun: true })
    expect(snapshot.health.checks.find(({ name }) => name === 'pause')?.status).toBe('warning')
  })

  it('settings that are stored in the database hold', async () => {
    await team.db.execute(sql`insert into config (key, value) values ('posting_frequency', '9')`)
    for (let n = 0; n < 9; n += 1) await team.library.add(`${n}.jpg`)
    expect((await look({ POSTS_PER_DAY: '1' })).library.runwayDays).toBe(1)
  })
})

describe('a snapshot as text and as JSON', () => {
  const prepare = async () => {
    await health.beat('process-queue', 1)
    await team.library.plan('evil.jpg', { minutesAgo: -90, media: { title: 'a\u001b]0;owned\u0007\nb 🫖' } })
    await team.library.plan('card.jpg', { item: { status: 'awaiting_team', sentAt: ago(120) } as never })
    await settled('gone.jpg', { settledBy: '@ana', reason: 'blurred\u009b2J' })
    return look({ TIMEZONE: 'Asia/Tokyo' })
  }

  it('has the five parts, each line for a reader, and nothing that a terminal would obey', async () => {
    const lines = describeSnapshot(await prepare())
    const text = lines.join('\n')
    for (const part of ['Next: 1', 'Waiting: 1', 'Recent: 1', 'Library: ', 'Health: unhealthy']) {
      expect(lines.some((line) => line.startsWith(part))).toBe(true)
    }
    expect(text).toMatch(
      /#\d+ stories\/evil\.jpg "a\\u\{1b\}\]0;owned\\u\{7\}\\nb 🫖", .*GMT\+9 \(in 1 hour\), telegram/,
    )
    expect(text).toMatch(
      /#\d+ stories\/card\.jpg, awaiting_team, since .* waits for: the team, asked 2 hours ago, missed in/,
    )
    expect(text).toMatch(/stories\/gone\.jpg, skipped, by @ana/)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2500-\u257f]/u)
  })

  it('long lists are cut, and counted', async () => {
    for (let n = 0; n < 23; n += 1) await team.library.plan(`${n}.jpg`, { minutesAgo: -n - 1 })
    const lines = describeSnapshot(await look())
    expect(lines.filter((line) => line.startsWith('  #'))).toHaveLength(20)
    expect(lines).toContain('  and 3 more')
  })

  it('JSON has the same names, and times with the offset of the zone', async () => {
    const snapshot = await prepare()
    const json = JSON.parse(JSON.stringify(snapshotToJson(snapshot)))
    expect(Object.keys(json)).toEqual(Object.keys(snapshot))
    expect(json.takenAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+09:00$/)
    expect(new Date(json.next.entries[0].scheduledFor).getTime()).toBe(
      Math.floor((snapshot.next.entries[0]?.scheduledFor.getTime() ?? 0) / 1000) * 1000,
    )
    expect(json.next.entries[0].title).toBe(snapshot.next.entries[0]?.title)
  })
})
