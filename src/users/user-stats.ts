import { and, eq, isNull, sql } from 'drizzle-orm'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import type { Database } from '../db/connect.ts'
import { mediaItems, postingHistory } from '../db/schema.ts'
import { displayName } from '../history/outcome.ts'
import { printable } from '../media/printable.ts'
import { formatDateTime, formatDay, formatDuration, formatRelative, isoWithOffset } from '../output/time.ts'
import { fullName, toUserJson } from './describe-user.ts'
import { type SettledStory, type StorySummary, summariseStories } from './summarise-stories.ts'
import { findChosenUser, type User, type UserChoice } from './users.ts'

const TOP_TAGS = 5
const TOP_HOURS = 3

export default defineCommand<UserChoice>({
  description: `Shows what one person did: stories settled by them, how many of these they
posted, their tags, hours and how long a card waits for them. What was undone
does not count. A week begins on Monday, in TIMEZONE.

--json: the person as in list-users, and {team, settled, posted,
successPercent, others: [{status, stories}], thisWeek: {since, posts},
thisMonth, tags: [{tag, posts}], hours: [{hour, posts}],
medianSecondsToPost}; null stands for "nothing to tell it from".`,
  examples: [
    ['storyline user-stats --username sarah_m', 'how Sarah is doing'],
    ['storyline user-stats --telegram-id 12345678 --json', 'for people without a username, for a script'],
  ],
  needs: 'database',
  configure: (command) => {
    command
      .option('--username <name>', 'Telegram username, with or without @')
      .option('--telegram-id <id>', 'Telegram user id, for people without a username')
  },
  run: async (ctx, { options }) => {
    const user = await findChosenUser(ctx.db, options)
    const { timeZone } = ctx.settings
    const summary = summariseStories(await loadSettled(ctx.db, user.id), { now: ctx.now(), timeZone })
    ctx.out.document(toJson(user, summary, timeZone))
    if (!ctx.out.json) print(ctx, user, summary)
    return undefined
  },
})

function loadSettled(db: Database, userId: string): Promise<SettledStory[]> {
  const tags = sql<string[]>`coalesce(${postingHistory.mediaMetadata} -> 'tags', to_jsonb(${mediaItems.tags}))`
  return db
    .select({ status: postingHistory.status, postedAt: postingHistory.postedAt, sentAt: postingHistory.sentAt, tags })
    .from(postingHistory)
    .innerJoin(mediaItems, eq(mediaItems.id, postingHistory.mediaItemId))
    .where(and(eq(postingHistory.postedByUserId, userId), isNull(postingHistory.undoneAt)))
}

function toJson(user: User, summary: StorySummary, timeZone: string) {
  const { medianMsToPost: ms, thisWeek, thisMonth, ...rest } = summary
  const period = ({ since, posts }: StorySummary['thisWeek']) => ({ since: isoWithOffset(since, timeZone), posts })
  return {
    ...toUserJson(user, timeZone),
    team: user.teamName,
    ...rest,
    thisWeek: period(thisWeek),
    thisMonth: period(thisMonth),
    medianSecondsToPost: ms === null ? null : Math.round(ms / 1000),
  }
}

function print(ctx: Context, user: User, summary: StorySummary): void {
  const { timeZone } = ctx.settings
  const line = (label: string, value: string) => ctx.out.print(`${`${label}:`.padEnd(19)}${printable(value)}`)
  ctx.out.print(`👤 User Statistics: ${printable(displayName(user))}\n`)
  line('Name', fullName(user) || 'Not set')
  line('Role', user.role)
  line('Team', user.teamName ?? 'Not set')
  line('Status', user.isActive ? 'Active' : 'Deactivated')
  line('First Seen', formatDateTime(user.firstSeenAt, timeZone))
  line('Last Seen', formatRelative(user.lastSeenAt, ctx.now()))

  ctx.out.print('\n📊 Posting Activity\n')
  if (summary.successPercent === null) {
    ctx.out.print('Nothing yet: no story was settled by them.')
    return
  }
  const { settled, posted, successPercent, others, thisWeek, thisMonth, medianMsToPost } = summary
  line('Total Settled', String(settled))
  line('Posted', `${posted} (${successPercent.toFixed(1)}%)`)
  const how = others.map(({ status, stories }) => `${stories} ${status}`).join(', ')
  line('Not Posted', `${settled - posted} (${(100 - successPercent).toFixed(1)}%)${how && `: ${how}`}`)
  line('This Week', `${counted(thisWeek.posts)} (since ${formatDay(thisWeek.since, timeZone)})`)
  line('This Month', `${counted(thisMonth.posts)} (since ${formatDay(thisMonth.since, timeZone)})`)
  line('Time to Post', medianMsToPost === null ? 'Unknown' : `${formatDuration(medianMsToPost)} (median)`)
  list(
    ctx,
    'Top Tags',
    summary.tags.slice(0, TOP_TAGS).map(({ tag, posts }) => [tag, posts]),
  )
  const hours = summary.hours.slice(0, TOP_HOURS)
  list(
    ctx,
    `Most Active Times (${timeZone})`,
    hours.map(({ hour, posts }) => [describeHour(hour), posts]),
  )
}

function list({ out }: Context, title: string, rows: readonly [name: string, posts: number][]): void {
  if (rows.length === 0) return
  out.print(`\n· ${title}`)
  for (const [name, posts] of rows) out.print(`  • ${printable(name)}: ${counted(posts)}`)
}

function counted(posts: number): string {
  return posts === 1 ? '1 post' : `${posts} posts`
}

/** `9 AM - 10 AM`. */
function describeHour(hour: number): string {
  const clock = (value: number) => `${value % 12 || 12} ${value % 24 < 12 ? 'AM' : 'PM'}`
  return `${clock(hour)} - ${clock(hour + 1)}`
}
