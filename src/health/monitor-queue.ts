import { setTimeout as sleep } from 'node:timers/promises'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { ExitCode, usageError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { formatTable } from '../output/table.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import { optionValue } from '../schedule/option-value.ts'
import { wholeNumber } from '../settings-values.ts'
import type { Health } from './check.ts'
import { describeQueue, judgeQueue } from './describe-queue.ts'
import {
  countEndsOfToday,
  describePastPause,
  describeToday,
  type EndsOfToday,
  loadPausesOfToday,
  type PastPause,
} from './ends-of-today.ts'
import { explainAll, isStuck, type Waiting } from './explain-wait.ts'
import { loadQueueFacts, type QueueFacts } from './queue-facts.ts'
import { paintStatus } from './report.ts'
import { duration } from './words.ts'

interface Options {
  watch?: number
}

export default defineCommand<Options>({
  description: `The queue alone: how many stories are where, what is overdue and why each of them
waits, what comes next, and what waits for people.

Exit codes: 0 it moves, 3 a story has waited for more than 15 minutes for a reason
that does not mend itself.

--json: {stuck, counts, samples, overdueCount, overdue: [{id, storyNumber, file,
status, channel, scheduledFor, lateSeconds, waitsFor, why, mends}], next,
today: {posted, skipped, rejected, failed, missed}, pausesOfToday: [{by, reason,
since, until}], cards: {count, oldestSeconds}, unconfirmed: {count, beingRead,
oldestSeconds}, pausedBy, lastTickSeconds}; mends: itself, by_choice or not.`,
  examples: [
    ['storyline monitor-queue', 'is anything stuck, and why'],
    ['storyline monitor-queue --watch 10', 'look again every 10 seconds, until Ctrl-C'],
    ['storyline monitor-queue --json | jq -r ".overdue[].why"', 'the reasons, for a script'],
  ],
  needs: 'database',
  handlesSignals: true,
  configure: (command) => {
    command.option('--watch <seconds>', 'look again and again (1-86400)', optionValue(wholeNumber(1, 86_400)))
  },
  run: async (ctx, { options: { watch } }) => {
    if (watch !== undefined && ctx.out.json) {
      throw usageError(
        '--watch and --json do not go together',
        'Call `storyline monitor-queue --json` again and again.',
      )
    }
    let isMoving = await look(ctx)
    while (watch !== undefined && !ctx.signal.aborted) {
      await sleep(watch * 1000, undefined, { signal: ctx.signal }).catch(() => {}) // Only the signal ends it early.
      if (ctx.signal.aborted) break
      ctx.out.print()
      isMoving = await look(ctx)
    }
    return isMoving ? ExitCode.done : ExitCode.partly
  },
})

/** False: something is stuck. */
async function look(ctx: Context): Promise<boolean> {
  const facts = await loadQueueFacts(ctx)
  const today = await countEndsOfToday(ctx, facts.now)
  const pausesOfToday = await loadPausesOfToday(ctx, facts.now)
  const waiting = explainAll(facts.overdue, facts.wait)
  const stuck = waiting.filter(isStuck).length
  ctx.out.document(toJson(facts, { waiting, today, pausesOfToday }, ctx.settings.timeZone))
  if (!ctx.out.json) print(ctx, facts, { waiting, stuck, today, pausesOfToday })
  return stuck === 0
}

function toJson(facts: QueueFacts, { waiting, today, pausesOfToday }: Omit<Found, 'stuck'>, timeZone: string) {
  const { counts, samples, overdueCount, next, cards, unconfirmed, wait } = facts
  return {
    stuck: waiting.some(isStuck),
    ...{ counts, samples, overdueCount },
    overdue: waiting.map(({ item: { id, storyNumber, file, status, channel, scheduledFor, lateSeconds }, reason }) => ({
      ...{ id, storyNumber, file, status, channel, lateSeconds: Math.floor(lateSeconds) },
      scheduledFor: isoWithOffset(scheduledFor, timeZone),
      waitsFor: reason.kind,
      why: reason.text,
      mends: reason.mends,
    })),
    next: next && { ...next, at: isoWithOffset(next.at, timeZone) },
    pausesOfToday: pausesOfToday.map(({ by, reason, since, until }) => ({
      ...{ by, reason },
      since: isoWithOffset(since, timeZone),
      until: isoWithOffset(until, timeZone),
    })),
    ...{ today, cards, unconfirmed, pausedBy: wait.paused?.by ?? null, lastTickSeconds: wait.tickSeconds },
  }
}

const MARKS: Readonly<Record<Health, string>> = { healthy: '✓', warning: '!', unhealthy: '✗' }

interface Found {
  waiting: readonly Waiting[]
  stuck: number
  today: EndsOfToday
  pausesOfToday: readonly PastPause[]
}

function print(
  { out, settings: { timeZone } }: Context,
  facts: QueueFacts,
  { waiting, stuck, today, pausesOfToday }: Found,
): void {
  const { now, overdueCount, wait } = facts
  const { status, text } = judgeQueue(facts, stuck)
  out.print(paintStatus(out, status, `${MARKS[status]} ${text}`))
  const tick = wait.tickSeconds === null ? 'never' : `${duration(wait.tickSeconds)} ago`
  out.print(`At ${formatDateTime(now, timeZone)}; last tick: ${tick}`)
  const held = pausesOfToday.map((pause) => `; ${describePastPause(pause, timeZone)}`).join('')
  out.print(`Today: ${describeToday(today)}${held}`)
  for (const line of describeQueue(facts, timeZone)) out.print(line)
  if (waiting.length === 0) return
  const rows = waiting.map(({ item, reason }) => [
    `#${item.storyNumber}`,
    shortId(item.id),
    duration(item.lateSeconds),
    item.status,
    printable(item.file),
    reason.text,
  ])
  out.print(formatTable(out, ['Story', 'Id', 'Overdue for', 'Status', 'File', 'Waits because'], rows))
  if (waiting.length < overdueCount) out.print(`The oldest ${waiting.length} of ${overdueCount} are shown.`)
}
