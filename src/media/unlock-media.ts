import { Option } from 'commander'
import { and, eq, inArray } from 'drizzle-orm'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { LOCK_REASONS, type LockReason, mediaItems, mediaPostingLocks } from '../db/schema.ts'
import { ExitCode, usageError } from '../errors.ts'
import { loadItem } from './load-item.ts'
import { describeLock } from './lock-text.ts'
import { type LockInForce, type MediaRow, toMediaJson } from './media-row.ts'
import { printable } from './printable.ts'

interface Options {
  reason?: LockReason
  all?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  examples: [
    ['storyline unlock-media sunrise.jpg', 'remove every lock but that of a rejection'],
    ['storyline unlock-media 3f2a91c0 --reason recent_post', 'let it be chosen again before its rest is over'],
    ['storyline unlock-media old-offer.png --all', 'also forget that the team rejected it'],
  ],
  description:
    'Removes locks from a picture and every copy of it. <item> is an id, the beginning of one, a path, a file name or the number of its story.\n\n' +
    '--json: {item, removed: [{reason, until}], kept: [{reason, until}]}; item as in list-media; a dry run adds dryRun true.',
  needs: 'database',
  recorded: 'always',
  configure: (command) =>
    void command
      .argument('<item>', 'the picture')
      .addOption(new Option('--reason <reason>', 'only this lock').choices(LOCK_REASONS))
      .option('--all', 'every lock, also that of a rejection')
      .option('--dry-run', 'only say what would happen'),
  run: unlockMedia,
})

async function unlockMedia(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const { dryRun = false } = options
  const reasons = chooseReasons(options)
  const before = await loadItem(ctx, args[0] ?? '')
  if (!dryRun) await removeLocks(ctx, before.fileHash, reasons)
  const item = dryRun ? before : await loadItem(ctx, before.id)
  const removed = before.locks.filter(({ reason }) => reasons.includes(reason))
  const kept = before.locks.filter(({ reason }) => !reasons.includes(reason))
  const { timeZone } = ctx.settings
  const toJson = (locks: LockInForce[]) => toMediaJson({ ...item, locks }, timeZone).locks
  ctx.out.document({
    item: toMediaJson(item, timeZone),
    removed: toJson(removed),
    kept: toJson(kept),
    ...(dryRun ? { dryRun } : {}),
  })
  print(ctx, { item, removed, kept, dryRun })
  return ExitCode.done
}

/** "Never again" is the strongest thing a team can say, so it takes a word of its own to undo it. */
function chooseReasons({ reason, all }: Options): LockReason[] {
  if (reason && all) throw usageError('--reason and --all exclude each other')
  if (reason) return [reason]
  return LOCK_REASONS.filter((each) => all || each !== 'rejected')
}

async function removeLocks({ db }: Context, fileHash: string, reasons: LockReason[]): Promise<void> {
  const copies = db.select({ id: mediaItems.id }).from(mediaItems).where(eq(mediaItems.fileHash, fileHash))
  await db
    .delete(mediaPostingLocks)
    .where(and(inArray(mediaPostingLocks.mediaItemId, copies), inArray(mediaPostingLocks.lockReason, reasons)))
}

interface Unlocked {
  item: MediaRow
  removed: LockInForce[]
  kept: LockInForce[]
  dryRun: boolean
}

function print({ out, settings, now }: Context, { item, removed, kept, dryRun }: Unlocked): void {
  const path = printable(item.filePath)
  const say = (lock: LockInForce) => describeLock(lock, now(), settings.timeZone)
  if (removed.length === 0) out.print(`${path} has no such lock; nothing changed`)
  for (const lock of removed) out.print(`${dryRun ? 'Would remove from' : '✓ Unlocked'} ${path}: ${say(lock)}`)
  for (const lock of kept) out.print(`Still locked: ${say(lock)}`)
  if (kept.some(({ reason }) => reason === 'rejected')) out.print('--all also removes the lock of a rejection.')
}
