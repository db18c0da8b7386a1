import { InvalidArgumentError, Option } from 'commander'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { mediaItems } from '../db/schema.ts'
import { ExitCode } from '../errors.ts'
import { formatTable, paint } from '../output/table.ts'
import { formatRelative } from '../output/time.ts'
import { didYouMean } from '../setup/did-you-mean.ts'
import { loadMedia, MEDIA_STATES, type MediaRow, type MediaState, mediaState, toMediaJson } from './media-row.ts'
import { openSheetFile, SHEET_FILE_HELP } from './picture-file.ts'
import { printable } from './printable.ts'

const TYPES = ['all', 'auto', 'manual'] as const

interface Options {
  type: (typeof TYPES)[number]
  tag?: string
  category?: string
  state?: MediaState
  limit: number
  contactSheet?: string
}

export default defineCommand<Options>({
  examples: [
    ['storyline list-media', 'the first 50 pictures'],
    ['storyline list-media --type manual --state active', 'what waits for the team and is free to be chosen'],
    ['storyline list-media --category products --tag newdrop --json', 'for scripts'],
    ['storyline list-media --state active --limit 200 --contact-sheet ~/library.jpg', 'one picture of them, to send'],
  ],
  description:
    'Lists the library. States: active (may be chosen), queued (a story is planned or under way), locked (rests\n' +
    'until a date or for ever), inactive (missing, unusable, or a retired sample).\n\n' +
    SHEET_FILE_HELP +
    `

--json: {items: [{id, file, title, link, caption, tags, category,
requiresInteraction, timesPosted, lastPostedAt, state, locks: [{reason,
until}]}], total}; --contact-sheet adds contactSheet, where the file is.`,
  needs: 'database',
  configure: (command) =>
    void command
      .addOption(
        new Option('--type <type>', 'auto: can publish itself; manual: needs the team').choices(TYPES).default('all'),
      )
      .option('--tag <tag>', 'only pictures with this tag')
      .option('--category <name>', 'only this folder below stories/')
      .addOption(new Option('--state <state>', 'only pictures in this state').choices(MEDIA_STATES))
      .option('--limit <count>', 'how many to show', wholeNumber, 50)
      .option('--contact-sheet <file>', 'draw them into one picture, with names and states (at most 200)'),
  run: listMedia,
})

function wholeNumber(raw: string): number {
  const value = Number(raw)
  if (/^\d+$/.test(raw) && value >= 1 && value <= 1_000_000) return value
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000000.')
}

async function listMedia(ctx: Context, { options }: CommandInput<Options>): Promise<ExitCode> {
  const { contactSheet: typed } = options
  const sheet = typed === undefined ? undefined : await openSheetFile(typed, ctx.settings.mediaBasePath)
  const where = toCondition(options)
  const rows = await loadMedia(ctx.db, where, options.limit)
  const totals = await countMedia(ctx, where)
  const { timeZone } = ctx.settings
  const items = ctx.out.json ? rows.map((row) => toMediaJson(row, timeZone)) : []
  if (!ctx.out.json) {
    if (rows.length === 0) ctx.out.note(await explainNone(ctx, options))
    else print(ctx, rows, totals)
  }
  if (sheet && rows.length > 0) {
    const { writeContactSheet } = await import('./contact-sheet.ts')
    await writeContactSheet(ctx, sheet, { rows, total: totals.total, filters: describeFilters(options) })
  }
  const contactSheet = rows.length > 0 ? sheet?.path : null
  ctx.out.document({ items, total: totals.total, ...(sheet ? { contactSheet } : {}) })
  return ExitCode.done
}

function toCondition({ type, tag, category, state }: Options): SQL | undefined {
  return and(
    type === 'all' ? undefined : eq(mediaItems.requiresInteraction, type === 'manual'),
    tag === undefined ? undefined : sql`${mediaItems.tags} @> array[${tag}]::text[]`,
    category === undefined ? undefined : eq(mediaItems.category, category),
    state === undefined ? undefined : sql`${mediaState} = ${state}`,
  )
}

function describeFilters({ type, tag, category, state }: Options): string[] {
  return [
    ...(type === 'all' ? [] : [type]),
    ...(state === undefined ? [] : [state]),
    ...(category === undefined ? [] : [`category ${category}`]),
    ...(tag === undefined ? [] : [`tag ${tag}`]),
  ]
}

interface Totals {
  total: number
  auto: number
  manual: number
  posted: number
}

async function countMedia({ db }: Context, where: SQL | undefined): Promise<Totals> {
  const count = (condition: SQL) => sql<number>`count(*) filter (where ${condition})::int`
  const [totals] = await db
    .select({
      total: sql<number>`count(*)::int`,
      auto: count(sql`not ${mediaItems.requiresInteraction}`),
      manual: count(sql`${mediaItems.requiresInteraction}`),
      posted: count(sql`${mediaItems.timesPosted} > 0`),
    })
    .from(mediaItems)
    .where(where)
  return totals ?? { total: 0, auto: 0, manual: 0, posted: 0 }
}

/** A name that nothing has may be a typo. */
async function explainNone({ db }: Context, options: Options): Promise<string> {
  const filters = describeFilters(options)
  if (filters.length === 0) return 'The library is empty. `storyline index-media` fills it from the media folder.'
  const [known] = await db.execute<{ categories: string[]; tags: string[] }>(sql`
    select coalesce((select json_agg(distinct category) from media_items where category is not null), '[]') as categories,
           coalesce((select json_agg(distinct tag) from media_items, unnest(tags) as tag), '[]') as tags`)
  const { category, tag } = options
  const meant = [
    ...(category === undefined || known?.categories.includes(category)
      ? []
      : [didYouMean(category, known?.categories ?? [])]),
    ...(tag === undefined || known?.tags.includes(tag) ? [] : [didYouMean(tag, known?.tags ?? [])]),
  ].filter((name) => name !== null)
  const hint = meant.length === 0 ? '' : ` Did you mean ${meant.map(printable).join(' and ')}?`
  return `No picture fits: ${printable(filters.join(', '))}.${hint}`
}

function print({ out, now }: Context, rows: readonly MediaRow[], { total, auto, manual, posted }: Totals): void {
  const isTerminal = out.columns !== undefined
  if (isTerminal) out.print(`📚 ${paint(out).bold(`Media Library (${total} items)`)}\n`)
  const head = ['Id', 'File', 'Type', 'Title', 'Posted', 'State', 'Tags']
  out.print(
    formatTable(
      out,
      head,
      rows.map((row) => toCells(row, now())),
    ),
  )
  if (!isTerminal) return
  const shown = rows.length < total ? ` (the first ${rows.length} are shown; --limit shows more)` : ''
  out.print(`\nTotal: ${total} files${shown}`)
  out.print(`🤖 Auto: ${auto} | 👤 Manual: ${manual} | ✓ Posted: ${posted}`)
}

/** Tags of one row that are shown. */
const MAX_TAGS = 3

function toCells(row: MediaRow, now: Date): string[] {
  const { timesPosted, lastPostedAt, tags } = row
  const ago = lastPostedAt ? ` (${formatRelative(lastPostedAt, now)})` : ''
  const more = tags.length > MAX_TAGS ? ` +${tags.length - MAX_TAGS}` : ''
  return [
    shortId(row.id),
    printable(row.filePath),
    row.requiresInteraction ? '👤 Manual' : '🤖 Auto',
    printable(row.title ?? '-'),
    timesPosted > 0 ? `✓ ${timesPosted}x${ago}` : 'Never',
    row.state === 'inactive' && row.problem ? `inactive: ${printable(row.problem)}` : row.state,
    printable(tags.slice(0, MAX_TAGS).join(', ') + more) || '-',
  ]
}
