import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { ExitCode } from '../errors.ts'
import type { Beat } from './ping-heartbeat.ts'
import type { TickReport, TickResult } from './report.ts'
import { runTick } from './tick.ts'

interface Options {
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `One tick: sweep leases that ran out, close what is too late, read what became of a publish in doubt, send what is
due (at most MAX_POSTS_PER_RUN) to the team or, with ENABLE_INSTAGRAM_API=true and no sticker needed, to Instagram, mend
cards whose edit failed, delete hosted pictures, tell the admin chat what changed. Overlapping runs share the work. Cron
runs it every 5 minutes.

--json: {claimed, delivered: [{id, channel, instagramMediaId, permalink}], retrying, failed, missed, unconfirmed, released,
handedOver: [{id, reason}]}; the last are stories that Instagram did not take: the team gets them.

Exit codes: 0 delivered, waiting or retrying; 1 the tick could not work; 3 something failed, was missed or is
unconfirmed; 4 Telegram is not set up and something is due.`,
  examples: [
    ['storyline process-queue', 'send what is due now'],
    ['storyline process-queue --dry-run', 'show the cards that would be sent, change nothing'],
    ['storyline process-queue --json | jq .delivered', 'what went out, for a script'],
  ],
  needs: 'database',
  quietWhenWell: true,
  handlesSignals: true,
  recorded: 'when_it_says',
  plainFlags: ['--dry-run'],
  // The lease of a long upload is renewed while the tick waits for it.
  connections: 2,
  configure: (command) => {
    command.option('--dry-run', 'show what a tick would do now; nothing is sent or written')
  },
  run: (ctx, { options }) => (options.dryRun || ctx.settings.dryRunMode ? dryRun(ctx) : watchedRun(ctx)),
})

async function dryRun(ctx: Context): Promise<ExitCode> {
  const { previewTick } = await import('./preview-tick.ts')
  const { drawCard } = await import('../output/card-box.ts')
  const { report, stories } = await previewTick(ctx)
  ctx.out.document({ ...report, dryRun: true })
  for (const { media, caption, keyboard } of stories) ctx.out.print(drawCard(caption, keyboard, media.filePath))
  for (const line of await summarise(ctx, report, 'would be ')) ctx.out.print(`[dry run] ${line}`)
  await explainNothing(ctx, stories.length === 0)
  return ExitCode.done
}

/** Somebody outside notices when ticks fail, or do not come at all. */
async function watchedRun(ctx: Context): Promise<ExitCode> {
  const url = ctx.settings.heartbeatUrl?.reveal()
  if (url === undefined) return realRun(ctx)
  const { pingHeartbeat } = await import('./ping-heartbeat.ts')
  const beat = async (what: Beat) => {
    const fault = await pingHeartbeat(url, what)
    if (fault !== null) ctx.out.debug(`storyline: the heartbeat was not heard: ${fault}`)
  }
  const started = beat('start')
  let exitCode: ExitCode = ExitCode.failed
  try {
    exitCode = await realRun(ctx)
    return exitCode
  } finally {
    await started
    await beat(exitCode === ExitCode.done ? 'success' : 'fail')
  }
}

async function realRun(ctx: Context): Promise<ExitCode> {
  const result = await runTick(ctx)
  ctx.out.document(result.report)
  for (const line of await summarise(ctx, result.report, '')) ctx.out.print(line)
  if (ctx.out.columns !== undefined) await explainNothing(ctx, isNothing(result))
  for (const why of new Set([result.blocked ?? [], result.warnings].flat())) ctx.out.warn(`storyline: ${why}`)
  return exitCodeOf(result)
}

/** For people only: cron hears nothing when there is nothing to hear. */
async function explainNothing({ db, out, settings }: Context, isNothing: boolean): Promise<void> {
  if (!isNothing) return
  const { loadPause } = await import('./pause.ts')
  const { describePause } = await import('./describe-pause.ts')
  const pause = await loadPause(db)
  if (pause) out.note(`${describePause(pause, settings.timeZone)} Go on with: storyline resume`)
  else out.note('Nothing to do now. `storyline list-queue` shows what comes next.')
}

function isNothing({ report, blocked, warnings }: TickResult): boolean {
  return (
    blocked === null &&
    warnings.length === 0 &&
    Object.values(report).every((value) => value === 0 || (Array.isArray(value) && value.length === 0))
  )
}

export function exitCodeOf({ report, blocked, warnings }: TickResult): ExitCode {
  if (blocked !== null || warnings.length > 0) return ExitCode.failed
  const bad = report.failed.length + report.missed.length + report.unconfirmed.length
  return bad > 0 ? ExitCode.partly : ExitCode.done
}

const DELIVERED = { telegram: 'sent to telegram', instagram: 'published on instagram' } as const

/** A line for each story; nothing, and nothing loaded, when there was none. */
async function summarise({ db }: Context, report: TickReport, mood: '' | 'would be '): Promise<string[]> {
  const { delivered, retrying, failed, missed, unconfirmed, released, handedOver } = report
  const told = [...delivered, ...retrying, ...failed, ...missed, ...unconfirmed, ...handedOver]
  const ids = [...told.map(({ id }) => id), ...released]
  if (ids.length === 0) return []
  const { nameStories } = await import('./name-stories.ts')
  // What was done is told also when the database is gone by then.
  const name = await nameStories(db, ids).catch(() => shortId)
  return [
    ...handedOver.map(({ id, reason }) => `${name(id)} goes to the team: ${reason}`),
    ...delivered.map(
      ({ id, channel, permalink }) => `${name(id)} ${mood}${DELIVERED[channel]}${permalink ? ` ${permalink}` : ''}`,
    ),
    ...retrying.map(({ id, reason, nextRetryAt }) => `${name(id)} waits until ${nextRetryAt}: ${reason}`),
    ...failed.map(({ id, reason }) => `${name(id)} ${mood}failed: ${reason}`),
    ...missed.map(({ id, reason }) => `${name(id)} ${mood}missed: ${reason}`),
    ...unconfirmed.map(({ id, reason }) => `${name(id)} is unconfirmed: ${reason}`),
    ...released.map((id) => `${name(id)} went back into the queue`),
  ]
}
