import { sql } from 'drizzle-orm'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { mediaPostingLocks } from '../db/schema.ts'
import { ExitCode, usageError } from '../errors.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { loadItem } from './load-item.ts'
import { parseLocalInstant } from './local-instant.ts'
import { describeLock, warnStillPlanned } from './lock-text.ts'
import { type LockInForce, type MediaRow, toMediaJson, toQueuedJson } from './media-row.ts'
import { printable } from './printable.ts'

interface Options {
  until?: string
  dryRun?: boolean
}

export default defineCommand<Options>({
  examples: [
    ['storyline lock-media sunrise.jpg', 'never choose this picture until it is unlocked'],
    ['storyline lock-media 3f2a91c0 --until 2026-12-01', 'out of season until that day begins'],
    ['storyline lock-media products/mug.jpg --until 2026-12-24T18:00', 'until that hour in TIMEZONE'],
  ],
  description:
    'Keeps a picture, and every copy of it, from being chosen. A story that is already planned stays planned.\n' +
    '<item> is an id, the beginning of one, a path, a file name or the number of its story.\n\n' +
    '--json: {item, lock: {reason, until}, queued}; item as in list-media; queued is the story that stays planned, or null; a dry run adds dryRun true.',
  needs: 'database',
  recorded: 'always',
  configure: (command) =>
    void command
      .argument('<item>', 'the picture')
      .option('--until <date>', 'YYYY-MM-DD or YYYY-MM-DDTHH:MM in TIMEZONE; without it for ever')
      .option('--dry-run', 'only say what would happen'),
  run: lockMedia,
})

async function lockMedia(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const { dryRun = false } = options
  const lock = await toLock(ctx, options.until)
  const before = await loadItem(ctx, args[0] ?? '')
  if (!dryRun) await putLock(ctx, before.id, lock)
  const item = dryRun ? before : await loadItem(ctx, before.id)
  const { timeZone } = ctx.settings
  const { until } = toMediaJson({ ...item, locks: [lock] }, timeZone).locks[0] ?? { until: null }
  ctx.out.document({
    item: toMediaJson(item, timeZone),
    lock: { reason: lock.reason, until },
    queued: toQueuedJson(item.queued, timeZone),
    ...(dryRun ? { dryRun } : {}),
  })
  print(ctx, { item, lock, dryRun })
  return ExitCode.done
}

async function toLock({ settings, now }: Context, until: string | undefined): Promise<LockInForce> {
  if (until === undefined) return { reason: 'manual_hold', until: null }
  const at = await parseLocalInstant(until, settings.timeZone)
  if (!at) throw usageError(`--until is "${until}"; expected a day of the calendar as 2026-12-24, or 2026-12-24T18:00`)
  if (at <= now()) throw usageError(`--until is "${until}", which is in the past in ${settings.timeZone}`)
  return { reason: 'seasonal', until: at }
}

/** What a person says now replaces what was said before: also an earlier end. */
async function putLock({ db }: Context, mediaItemId: string, { reason, until }: LockInForce): Promise<void> {
  await db
    .insert(mediaPostingLocks)
    .values({ mediaItemId, lockReason: reason, lockedUntil: until })
    .onConflictDoUpdate({
      target: [mediaPostingLocks.mediaItemId, mediaPostingLocks.lockReason],
      set: { lockedUntil: until, lockedAt: sql`now()`, createdByUserId: null },
    })
}

function print({ out, settings, now }: Context, done: { item: MediaRow; lock: LockInForce; dryRun: boolean }): void {
  const { item, lock, dryRun } = done
  out.print(
    `${dryRun ? 'Would lock' : '✓ Locked'} ${printable(item.filePath)}: ${describeLock(lock, now(), settings.timeZone)}`,
  )
  if (item.queued) out.print(warnStillPlanned(item.queued, now(), settings.timeZone))
  if (!dryRun) suggestNext(out, `To take it back: storyline unlock-media ${shortId(item.id)}`)
}
