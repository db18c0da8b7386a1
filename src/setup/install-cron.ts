import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { UserError, usageError } from '../errors.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { packageRoot } from '../package-root.ts'
import { readSettings, resolveSettings } from '../settings.ts'
import { cronBlock, homesIn, ownLines, withBlock, withoutBlock } from './cron-block.ts'
import { readCrontab, writeCrontab } from './crontab-program.ts'
import { findInstallation, onlyInEnvironment } from './installation.ts'
import { JOBS } from './jobs.ts'

interface Options {
  remove?: boolean
  print?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Writes the jobs of Storyline into the crontab of the user who runs this, between
two marks; everything else in it stays byte for byte. Running it again replaces
the block, for example after node or the folder moved. Paths are absolute: the
jobs need nothing of the environment.

Exit codes: 0 written, removed or nothing to do, 1 crontab is missing or
refuses (the block is printed, to be pasted).

--json: {action, block, jobs}; action: added, replaced, unchanged, removed,
absent or printed; a dry run adds dryRun true.`,
  examples: [
    ['storyline install-cron', 'cron runs everything from now on'],
    ['storyline install-cron --print', 'only show the lines'],
    ['storyline install-cron --dry-run', 'say what would change in the crontab'],
    ['storyline install-cron --remove', 'take them out again'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command
      .option('--print', 'print the lines, touch nothing')
      .option('--remove', 'take the lines out again')
      .option('--dry-run', 'only say what would change')
  },
  run: installCron,
})

type Action = 'added' | 'replaced' | 'unchanged' | 'removed' | 'absent'

async function installCron(ctx: Context, { options }: CommandInput<Options>): Promise<undefined> {
  const { print = false, remove = false, dryRun = false } = options
  if (print && remove) throw usageError('--print and --remove exclude each other')
  const installation = findInstallation(ctx.env)
  const block = cronBlock(installation)
  if (print) {
    ctx.out.document({ action: 'printed', block, jobs: JOBS.length })
    ctx.out.print(block.trimEnd())
    return undefined
  }
  const unseen = remove ? [] : settingsThatCronMisses(ctx)
  const before = await readCrontab(ctx.env).catch((error: unknown) => {
    if (!remove) ctx.out.print(block)
    throw error
  })
  const after = remove ? withoutBlock(before) : withBlock(before, block)
  if (after === null) throw brokenMarks()
  const action = actionOf({ before, after, remove })
  if (after !== before && !dryRun) await writeCrontab(ctx.env, after)
  ctx.out.document({
    action,
    block: remove ? null : block,
    jobs: remove ? 0 : JOBS.length,
    ...(dryRun ? { dryRun } : {}),
  })
  ctx.out.print(`${dryRun ? '[dry run] ' : ''}${describe(action, dryRun)}`)
  if (dryRun && !remove && action !== 'unchanged') ctx.out.print(`\n${block.trimEnd()}`)
  if (!remove) warn(ctx, { before, home: installation.home, unseen })
  if (!remove && !dryRun) suggestNext(ctx.out, 'Next, in ten minutes: storyline check-health')
  return undefined
}

/** Also notices a `.env` that cannot be read, before jobs are made that could not either. */
function settingsThatCronMisses({ env }: Context): readonly string[] {
  return onlyInEnvironment(resolveSettings(readSettings(env, packageRoot)).settings, env)
}

function actionOf({ before, after, remove }: { before: string; after: string; remove: boolean }): Action {
  if (remove) return after === before ? 'absent' : 'removed'
  if (after === before) return 'unchanged'
  return withoutBlock(before) === before ? 'added' : 'replaced'
}

function describe(action: Action, dryRun: boolean): string {
  const verb = dryRun ? 'would be' : 'are'
  const mark = dryRun ? '' : '✓ '
  const texts: Readonly<Record<Action, string>> = {
    added: `${mark}${JOBS.length} jobs ${verb} in the crontab; everything else in it stays.`,
    replaced: `${mark}The block in the crontab ${dryRun ? 'would be' : 'is'} a new one, with ${JOBS.length} jobs; everything else stays.`,
    unchanged: 'The crontab says that already.',
    removed: `${mark}The jobs of Storyline ${verb} gone from the crontab; everything else in it stays.`,
    absent: 'There are no jobs of Storyline in the crontab.',
  }
  return texts[action]
}

interface Surprises {
  before: string
  home: string
  unseen: readonly string[]
}

/** What surprises later: jobs that do not see what this command sees, or that are there twice. */
function warn({ env, out }: Context, { before, home, unseen }: Surprises): void {
  const others = homesIn(before).filter((other) => other !== home)
  if (others.length > 0) out.warn(`storyline: until now the block was that of ${others.join(', ')}`)
  for (const line of ownLines(before)) out.warn(`storyline: this line outside the block does the same: ${line.trim()}`)
  if (env.SUDO_USER) out.warn(`storyline: this is root's crontab; without sudo it is that of ${env.SUDO_USER}`)
  if (unseen.length > 0) {
    out.warn(`storyline: cron does not have your environment: put ${unseen.join(', ')} into ${home}/.env`)
  }
}

function brokenMarks(): UserError {
  return new UserError('In the crontab a mark of the storyline block lacks its partner', {
    code: 'crontab_marks',
    fix: 'Put it in order with `crontab -e` (a block begins with # >>> storyline >>> and ends with # <<< storyline <<<); nothing was changed.',
  })
}
