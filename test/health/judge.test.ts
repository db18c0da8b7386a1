import { describe, expect, it } from 'vitest'
import type { HistoryStatus } from '../../src/db/schema.ts'
import type { Health, Verdict } from '../../src/health/check.ts'
import { backups } from '../../src/health/checks/backups.ts'
import { bot } from '../../src/health/checks/bot.ts'
import { clock } from '../../src/health/checks/clock.ts'
import { configuration } from '../../src/health/checks/configuration.ts'
import { database } from '../../src/health/checks/database.ts'
import { deliveries } from '../../src/health/checks/deliveries.ts'
import { disk } from '../../src/health/checks/disk.ts'
import { failures } from '../../src/health/checks/failures.ts'
import { hosting } from '../../src/health/checks/hosting.ts'
import { instagram } from '../../src/health/checks/instagram.ts'
import { instagramApi } from '../../src/health/checks/instagram-api.ts'
import { lastTick } from '../../src/health/checks/last-tick.ts'
import { mediaFolder } from '../../src/health/checks/media-folder.ts'
import { openAlerts } from '../../src/health/checks/open-alerts.ts'
import { pause } from '../../src/health/checks/pause.ts'
import { plan } from '../../src/health/checks/plan.ts'
import { schema } from '../../src/health/checks/schema.ts'
import { team } from '../../src/health/checks/team.ts'
import { telegram } from '../../src/health/checks/telegram.ts'
import { timeZone } from '../../src/health/checks/time-zone.ts'
import { unconfirmed } from '../../src/health/checks/unconfirmed.ts'
import { judgeToken, type TokenFacts } from '../../src/instagram/judge-token.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
const AT = new Date('2026-11-21T08:00:00Z')

type Row<Facts> = readonly [name: string, facts: Facts, status: Health, details: RegExp]

/** One table for each check. */
function table<Facts>(check: { name: string; judge(facts: Facts): Verdict }, rows: readonly Row<Facts>[]): void {
  describe(check.name, () => {
    it.each(rows)('%s', (_, facts, status, details) => {
      const verdict = check.judge(facts)
      expect([verdict.status, verdict.details]).toEqual([status, expect.stringMatching(details)])
      if (status === 'healthy') expect(verdict.fix).toBeNull()
    })
  })
}

const server = (versionNumber: number, version: string) => ({
  kind: 'open' as const,
  server: {
    ...{ versionNumber, version, where: 'db:5432/storyline', skewSeconds: 0, skewErrorSeconds: 0 },
    schema: { kind: 'current' as const },
  },
})

table(database, [
  ['one that answers', server(170_010, '17.10'), 'healthy', /17\.10 at db:5432\/storyline/],
  ['the oldest that will do', server(140_000, '14.0'), 'healthy', /14\.0/],
  ['too old', server(130_022, '13.22'), 'unhealthy', /13\.22 .*older than 14/],
  [
    'none',
    { kind: 'closed', reason: 'No database answers at x', fix: 'Start it.' },
    'unhealthy',
    /No database answers/,
  ],
])

table(schema, [
  ['ours', { kind: 'current' }, 'healthy', /this version/],
  ['older', { kind: 'older', missing: 1 }, 'unhealthy', /^1 migration that this version needs is missing/],
  ['much older', { kind: 'older', missing: 2 }, 'unhealthy', /^2 migrations that this version needs are missing/],
  ['newer', { kind: 'newer' }, 'unhealthy', /newer Storyline/],
])

table(clock, [
  ['the same', { skewSeconds: 0.2, errorSeconds: 0 }, 'healthy', /agrees/],
  ['a little behind', { skewSeconds: 30, errorSeconds: 0 }, 'healthy', /30 seconds behind/],
  ['behind', { skewSeconds: 31, errorSeconds: 0 }, 'warning', /31 seconds behind/],
  ['ahead', { skewSeconds: -200, errorSeconds: 0 }, 'warning', /3 minutes ahead of/],
  ['a slow line explains it', { skewSeconds: 31, errorSeconds: 5 }, 'healthy', /26 seconds/],
  ['wrong', { skewSeconds: 300, errorSeconds: 0 }, 'warning', /5 minutes/],
  ['far too wrong', { skewSeconds: -301, errorSeconds: 0 }, 'unhealthy', /5 minutes ahead/],
])

const zone = { timeZone: 'Europe/Berlin', isDefault: false, isKnown: true, newYork: { january: -300, july: -240 } }

table(timeZone, [
  ['known', zone, 'healthy', /^Europe\/Berlin$/],
  ['never set', { ...zone, timeZone: 'UTC', isDefault: true }, 'healthy', /TIMEZONE is not set/],
  ['unknown', { ...zone, isKnown: false }, 'unhealthy', /no data for Europe\/Berlin/],
  ['no data at all', { ...zone, newYork: null }, 'unhealthy', /missing or wrong/],
  ['everything is UTC', { ...zone, newYork: { january: 0, july: 0 } }, 'unhealthy', /missing or wrong/],
  ['no summer time', { ...zone, newYork: { january: -300, july: -300 } }, 'unhealthy', /missing or wrong/],
])

const configured = {
  problems: [],
  missing: [],
  hasAdminChat: true,
  isDryRun: false,
  openEnvFile: null,
}
const problem = { name: 'POSTS_PER_DAY', value: 'many', origin: 'database' as const, rule: 'a whole number' }

table(configuration, [
  ['complete', configured, 'healthy', /all that is needed/],
  ['no token', { ...configured, missing: ['TELEGRAM_BOT_TOKEN'] }, 'unhealthy', /TELEGRAM_BOT_TOKEN not set/],
  ['a wrong row of config', { ...configured, problems: [problem] }, 'unhealthy', /POSTS_PER_DAY is "many"/],
  ['dry run', { ...configured, isDryRun: true }, 'warning', /DRY_RUN_MODE/],
  ['secrets for all', { ...configured, openEnvFile: '.env can be read by every user' }, 'warning', /every user/],
  ['nobody to tell', { ...configured, hasAdminChat: false }, 'warning', /ADMIN_TELEGRAM_CHAT_ID/],
])

table(pause, [
  ['none', { paused: null, timeZone: 'UTC' }, 'healthy', /not paused/],
  [
    'with a reason',
    { paused: { by: '@ana', reason: 'holiday', since: AT }, timeZone: 'Europe/Berlin' },
    'warning',
    /@ana since Nov 21, 2026, 9:00 AM GMT\+1: holiday/,
  ],
  [
    'without',
    { paused: { by: '@ana', reason: null, since: AT }, timeZone: 'UTC' },
    'warning',
    /8:00 AM UTC\. Nothing is sent/,
  ],
])

const line = (name: string, ok: boolean, detail: string, fix?: string) => ({
  name,
  ok,
  detail,
  ...(fix ? { fix } : {}),
})

table(telegram, [
  ['well', [line('token', true, 'the bot is @b')], 'healthy', /@b/],
  ['revoked', [line('token', false, 'Unauthorized (401)', 'Get it')], 'unhealthy', /^token: Unauthorized \(401\)$/],
  ['no rights', [line('token', true, '@b'), line('team chat', false, 'lacks x')], 'unhealthy', /^team chat: lacks x$/],
  ['not set up', null, 'unhealthy', /not set up/],
])

const token: TokenFacts = {
  ...{ login: 'facebook', issuedAt: null, dataAccessExpiresAt: null, scopes: null, invalidReason: null },
  ...{ isValid: true, now: AT, expiresAt: 'never' },
}
const lasting = (days: number) => ({ ...token, expiresAt: new Date(AT.getTime() + days * DAY * 1000 + 1000) })
const connected = (facts: TokenFacts) => {
  return { kind: 'ready' as const, account: '@brand', note: null, token: judgeToken(facts) }
}

table(instagram, [
  ['off', { kind: 'off' }, 'healthy', /not enabled/],
  ['connected', connected(token), 'healthy', /@brand is connected$/],
  ['with days', connected(lasting(40)), 'healthy', /40 days/],
  ['near its end', connected(lasting(3)), 'warning', /expires in 3 days/],
  ['over', connected(lasting(-1)), 'unhealthy', /expired/],
  ['passed over', { ...connected(token), note: 'the stored one was passed over' }, 'warning', /passed over/],
  [
    'no credentials',
    { kind: 'incomplete', missing: ['ACCESS_TOKEN'], reason: 'not connected', fix: 'Connect.' },
    'unhealthy',
    /not connected \(missing: ACCESS_TOKEN\)/,
  ],
])

table(instagramApi, [
  ['off', { kind: 'not_asked', why: 'not enabled', isTrouble: false }, 'healthy', /not enabled/],
  ['a limit', { kind: 'not_asked', why: 'Meta wants no calls', isTrouble: true }, 'warning', /no calls/],
  ['well', { kind: 'asked', lines: [line('token', true, 'valid')] }, 'healthy', /token: valid/],
  ['soon over', { kind: 'asked', lines: [line('token', true, '3 days', 'Refresh')] }, 'warning', /^token: 3 days$/],
  ['quota used', { kind: 'asked', lines: [line('publishing quota', false, '50 of 50')] }, 'warning', /50 of 50/],
  [
    'dead and used up',
    { kind: 'asked', lines: [line('token', false, 'dead'), line('publishing quota', false, '50 of 50')] },
    'unhealthy',
    /^token: dead$/,
  ],
])

table(hosting, [
  ['not needed', { isNeeded: false, host: 's3', missing: [] }, 'healthy', /not needed/],
  ['complete', { isNeeded: true, host: 's3', missing: [] }, 'healthy', /s3 is set up/],
  ['incomplete', { isNeeded: true, host: 's3', missing: ['S3_BUCKET'] }, 'unhealthy', /S3_BUCKET is missing/],
])

const live = { isDryRun: false, blockedSeconds: null }

table(lastTick, [
  ['just now', { ...live, seconds: 100, wasDue: true }, 'healthy', /1 minute ago/],
  ['still in time', { ...live, seconds: 15 * MINUTE, wasDue: true }, 'healthy', /15 minutes/],
  ['late', { ...live, seconds: 15 * MINUTE + 1, wasDue: false }, 'warning', /15 minutes/],
  ['an hour', { ...live, seconds: HOUR, wasDue: true }, 'warning', /1 hour/],
  ['more', { ...live, seconds: HOUR + 1, wasDue: false }, 'unhealthy', /1 hour/],
  [
    'ticks run, but Telegram is closed to them',
    { ...live, seconds: DAY, wasDue: true, blockedSeconds: 15 * MINUTE },
    'warning',
    /find Telegram closed, the last 15 minutes ago/,
  ],
  [
    'it was closed, and no tick runs',
    { ...live, seconds: DAY, wasDue: true, blockedSeconds: HOUR },
    'unhealthy',
    /1 day/,
  ],
  ['never, and nothing was due', { ...live, seconds: null, wasDue: false }, 'warning', /no tick yet/],
  ['a dry run', { ...live, seconds: DAY, wasDue: true, isDryRun: true }, 'healthy', /not counted/],
  ['never, although', { ...live, seconds: null, wasDue: true }, 'unhealthy', /never run, but stories were due/],
])

table(bot, [
  ['listens', { ...live, seconds: 59 }, 'healthy', /59 seconds/],
  ['a pause', { ...live, seconds: 10 * MINUTE }, 'healthy', /10 minutes/],
  ['gone', { ...live, seconds: 10 * MINUTE + 1 }, 'unhealthy', /buttons do nothing/],
  ['never', { ...live, seconds: null }, 'warning', /never/],
  ['a dry run', { seconds: DAY, isDryRun: true }, 'healthy', /not needed/],
])

table(team, [
  ['none', { cards: { count: 0, oldestSeconds: null }, responseHours: 24 }, 'healthy', /none/],
  ['some', { cards: { count: 2, oldestSeconds: 12 * HOUR }, responseHours: 24 }, 'healthy', /2 cards .* 12 hours/],
  ['old', { cards: { count: 1, oldestSeconds: 12 * HOUR + 1 }, responseHours: 24 }, 'warning', /1 card /],
  ['by the setting', { cards: { count: 1, oldestSeconds: 12 * HOUR + 1 }, responseHours: 48 }, 'healthy', /12 hours/],
])

table(unconfirmed, [
  ['none', { count: 0, beingRead: 0, oldestSeconds: null }, 'healthy', /none/],
  ['one', { count: 1, beingRead: 0, oldestSeconds: DAY }, 'warning', /1 story, the oldest for 1 day/],
  ['for long', { count: 2, beingRead: 1, oldestSeconds: DAY + 1 }, 'unhealthy', /2 stories \(1 being read/],
])

const ended = (failed: number, missed: number, lastEnds: HistoryStatus[]) => {
  return { failed, missed, lastEnds, lastReason: failed + missed > 0 ? 'too late' : null }
}

table(failures, [
  ['none', ended(0, 0, ['posted', 'skipped', 'posted']), 'healthy', /none in 7 days/],
  ['nothing ever', ended(0, 0, []), 'healthy', /none/],
  [
    'one',
    ended(1, 0, ['failed', 'posted', 'posted']),
    'warning',
    /1 failed and 0 missed in 7 days; the last: too late/,
  ],
  ['two in a row', ended(1, 1, ['failed', 'missed']), 'warning', /1 failed and 1 missed/],
  ['three in a row', ended(2, 1, ['failed', 'missed', 'failed']), 'unhealthy', /last 3 stories all/],
  ['three long ago', ended(0, 0, ['failed', 'missed', 'failed']), 'unhealthy', /last 3 stories all/],
  ['a skipped one between', ended(2, 0, ['failed', 'skipped', 'failed']), 'warning', /2 failed/],
])

const delivered = {
  ...{ isStopped: false, lastSeconds: 5 * HOUR, dueSeconds: null, dueCount: 0, missed: 0 },
  ...{ passedSlots: 0, upcoming: 3, postsPerDay: 3 },
}

table(deliveries, [
  ['lately', delivered, 'healthy', /5 hours ago/],
  ['never', { ...delivered, lastSeconds: null }, 'healthy', /no story has gone out yet/],
  ['due for a while', { ...delivered, dueSeconds: 2 * HOUR, dueCount: 1 }, 'healthy', /5 hours/],
  ['due for hours', { ...delivered, dueSeconds: 2 * HOUR + 1, dueCount: 1 }, 'unhealthy', /although 1 story is due/],
  ['two missed', { ...delivered, missed: 2 }, 'healthy', /5 hours/],
  ['all missed', { ...delivered, missed: 3 }, 'unhealthy', /3 have been missed/],
  ['stopped', { ...delivered, isStopped: true, dueSeconds: DAY, dueCount: 3, missed: 9 }, 'healthy', /on purpose/],
  ['two slots passed', { ...delivered, passedSlots: 2 }, 'healthy', /5 hours/],
  ['three slots passed', { ...delivered, passedSlots: 3 }, 'warning', /3 slots have passed/],
  ['two days of them, but a plan', { ...delivered, passedSlots: 6 }, 'warning', /6 slots/],
  ['two days of them', { ...delivered, passedSlots: 6, upcoming: 0 }, 'unhealthy', /nothing is planned/],
  ['one a day', { ...delivered, passedSlots: 2, upcoming: 0, postsPerDay: 1 }, 'healthy', /5 hours/],
])

table(plan, [
  ['something', { next: { storyNumber: 4, at: AT }, timeZone: 'UTC' }, 'healthy', /#4, Nov 21/],
  ['nothing', { next: null, timeZone: 'UTC' }, 'warning', /nothing is planned/],
])

const folder = { path: '/m', trouble: null, isEmpty: false, items: 3 }

table(mediaFolder, [
  ['there', folder, 'healthy', /^\/m$/],
  ['not there', { ...folder, trouble: 'ENOENT' }, 'unhealthy', /does not exist/],
  ['closed', { ...folder, trouble: 'EACCES' }, 'unhealthy', /EACCES/],
  ['not mounted', { ...folder, isEmpty: true }, 'unhealthy', /empty, but the library has 3 pictures/],
  ['a new start', { ...folder, isEmpty: true, items: 0 }, 'warning', /empty$/],
  ['who knows', { ...folder, isEmpty: true, items: null }, 'warning', /empty$/],
])

const GB = 1024 ** 3
const MB = 1024 ** 2
const space = (freeBytes: number, totalBytes: number) => ({
  disks: [
    { holds: ['backups'], freeBytes: 50 * GB, totalBytes: 100 * GB },
    { holds: ['media', 'database'], freeBytes, totalBytes },
  ],
  troubles: [],
})

table(disk, [
  ['plenty', space(10 * GB, 32 * GB), 'healthy', /media, database: 10\.0 GB of 32\.0 GB free \(31 %\)/],
  ['a tenth', space(3.2 * GB, 32 * GB), 'healthy', /10 %/],
  ['less', space(3.1 * GB, 32 * GB), 'warning', /3\.1 GB/],
  ['below a gigabyte', space(GB - 1, 2 * GB), 'warning', /1023 MB/],
  ['200 MB', space(200 * MB, 32 * GB), 'warning', /200 MB/],
  ['full', space(200 * MB - 1, 32 * GB), 'unhealthy', /199 MB/],
  ['not known', { disks: [], troubles: ['the space for media cannot be read (EIO)'] }, 'unhealthy', /EIO/],
])

table(backups, [
  ['none', { newestSeconds: null, verifiedSeconds: null, damaged: null }, 'warning', /none/],
  ['never tried', { newestSeconds: HOUR, verifiedSeconds: null, damaged: null }, 'warning', /none has passed/],
  ['fine', { newestSeconds: 2 * DAY, verifiedSeconds: 8 * DAY, damaged: null }, 'healthy', /2 days .* 8 days/],
  ['old', { newestSeconds: 2 * DAY + 1, verifiedSeconds: DAY, damaged: null }, 'warning', /2 days ago$/],
  ['not tried lately', { newestSeconds: HOUR, verifiedSeconds: 8 * DAY + 1, damaged: null }, 'warning', /8 days ago$/],
  [
    'damaged',
    { newestSeconds: HOUR, verifiedSeconds: DAY, damaged: { name: 'b1', problem: 'a byte is wrong' } },
    'unhealthy',
    /b1 cannot be restored: a byte is wrong/,
  ],
])

const alert = (subject: string, summary = subject) => ({ subject, summary, since: AT })

table(openAlerts, [
  ['none', { open: [], timeZone: 'UTC' }, 'healthy', /none/],
  ['trouble', { open: [alert('telegram-blocked', 'Closed\nx')], timeZone: 'UTC' }, 'warning', /^Closed \(since Nov 21/],
  ['past events', { open: [alert('failed:1'), alert('missed')], timeZone: 'UTC' }, 'healthy', /^2 messages about/],
  ['many', { open: 'abcdefg'.split('').map((name) => alert(name)), timeZone: 'UTC' }, 'warning', /2 more$/],
])
