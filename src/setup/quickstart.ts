import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, UserError } from '../errors.ts'
import { indexLibrary } from '../media/index-library.ts'
import { retireSamples } from '../media/samples.ts'
import { drawCard } from '../output/card-box.ts'
import { formatTable, paint } from '../output/table.ts'
import { formatDay, formatShortClock, isoWithOffset } from '../output/time.ts'
import { previewTick, type TickPreview } from '../publish/preview-tick.ts'
import { makeSchedule } from '../schedule/make-schedule.ts'
import { bringSamples } from './bring-samples.ts'
import { countPastStories, loadPlan, type PlannedRow } from './plan-rows.ts'

interface Options {
  clean?: boolean
}

const DAYS = 7

export default defineCommand<Options>({
  description: `Shows the whole thing on a fresh machine, without any account: starts the database, indexes two dozen sample stories, plans
${DAYS} days, and runs one dry tick, so that you see the card as the team will see it. Nothing is sent. Running it again changes nothing.
The samples retire by themselves with the first index that finds a picture of yours.

--json: what was indexed, planned and previewed; with --clean {retired, cancelled}.`,
  examples: [
    ['storyline quickstart', 'see it work'],
    ['storyline quickstart --clean', 'take the samples and their plan away again'],
  ],
  needs: 'database',
  migrates: true,
  configure: (command) => {
    command.option('--clean', 'retire the sample stories and cancel their plan')
  },
  run: (ctx, { options }: CommandInput<Options>) => (options.clean ? clean(ctx) : quickstart(ctx)),
})

async function quickstart(ctx: Context): Promise<ExitCode> {
  await refuseInUse(ctx)
  const color = paint(ctx.out)
  const done = (text: string) => ctx.out.print(`${color.green('✓')} ${text}`)
  ctx.out.print(`${color.bold('Storyline quickstart: nothing is sent, no account is needed.')}\n`)
  done('PostgreSQL is running and migrated')

  const { mediaBasePath, postsPerDay, timeZone } = ctx.settings
  const copied = bringSamples(mediaBasePath)
  if (copied) done(`Copied the sample stories to ${mediaBasePath}`)
  const index = await indexLibrary(ctx, { workingDirectory: mediaBasePath })
  const { plan } = index
  const known = plan.unchanged + plan.changes.length
  done(`Indexed ${known} pictures in ${mediaBasePath} (${plan.changes.length} changes)`)

  const seed = Math.floor(ctx.random() * 2 ** 32).toString(36)
  const schedule = await makeSchedule(ctx, { days: DAYS, postsPerDay, seed, dryRun: false })
  const rows = await loadPlan(ctx.db)
  done(`Planned ${DAYS} days: ${rows.length} stories in the queue, ${schedule.scheduled.length} of them new`)
  printPlan(ctx, rows)

  const preview = await previewTick(ctx, rows[0] ? { at: rows[0].scheduledFor } : {})
  done('One dry-run tick: this is the card that the team would get first\n')
  printCard(ctx, preview)
  printNext(ctx)
  ctx.out.document(toJson({ known, scheduled: schedule.scheduled.length, rows, preview, timeZone }))
  return ExitCode.done
}

/** A plan made of samples has no place in an installation that already works for a team. */
async function refuseInUse({ db }: Context): Promise<void> {
  if ((await countPastStories(db)) === 0) return
  throw new UserError('This installation already has a history: quickstart is for a fresh one', {
    code: 'already_in_use',
    fix: 'Use `storyline list-queue`, `storyline create-schedule` and `storyline history`, or another STORYLINE_HOME to try things.',
  })
}

function printPlan({ out, settings }: Context, rows: readonly PlannedRow[]): void {
  const { timeZone } = settings
  const cells = rows.map(({ scheduledFor, title, filePath, category, requiresInteraction, linkUrl }) => [
    formatDay(scheduledFor, timeZone),
    formatShortClock(scheduledFor, timeZone),
    title ?? filePath.split('/').at(-1) ?? '',
    category ?? '',
    requiresInteraction ? `by hand${linkUrl ? ', with link' : ''}` : 'none',
  ])
  out.print(`\nThe plan, in ${timeZone}:`)
  out.print(formatTable(out, ['Day', 'Time', 'Story', 'Category', 'Sticker'], cells))
  out.print()
}

function printCard({ out }: Context, { stories }: TickPreview): void {
  const [first] = stories
  if (first) out.print(drawCard(first.caption, first.keyboard, first.media.filePath))
  else out.print('Nothing is planned: put pictures into the media folder first.')
}

function printNext({ out, settings }: Context): void {
  out.print(`
What next (\`npm link\` puts storyline on your PATH; until then it is ./bin/storyline.js):
  storyline list-queue       look at the plan
  storyline help telegram    connect your Telegram group, about ten minutes
  storyline index-media      after you put your own pictures into ${settings.mediaBasePath}/stories`)
}

interface Shown {
  known: number
  scheduled: number
  rows: readonly PlannedRow[]
  preview: TickPreview
  timeZone: string
}

function toJson({ known, scheduled, rows, preview, timeZone }: Shown) {
  return {
    pictures: known,
    scheduled,
    plan: rows.map(({ id, slot, scheduledFor, filePath }) => ({
      id,
      slot,
      scheduledFor: isoWithOffset(scheduledFor, timeZone),
      file: filePath,
    })),
    tick: { ...preview.report, dryRun: true },
    card: preview.stories[0]?.caption ?? null,
  }
}

async function clean(ctx: Context): Promise<ExitCode> {
  const { retired, cancelled } = await retireSamples(ctx)
  ctx.out.document({ retired, cancelled })
  ctx.out.print(`Retired ${retired} sample pictures and cancelled ${cancelled} planned stories.`)
  return ExitCode.done
}
