import { type Command as Commander, InvalidArgumentError } from 'commander'
import { eq } from 'drizzle-orm'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { mediaItems } from '../db/schema.ts'
import { ExitCode, usageError } from '../errors.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { decideEdit, type Edit, type EditableValues, type EditPlan, type FieldChange } from './decide-edit.ts'
import { changeLibrary } from './library-lock.ts'
import { loadItem } from './load-item.ts'
import { type MediaRow, toMediaJson } from './media-row.ts'
import { cleanTags, isLink, MAX_TAG_CHARS } from './metadata.ts'
import { printable } from './printable.ts'

interface Options {
  title?: string
  link?: string
  caption?: string
  tags?: string[]
  addTag?: string[]
  removeTag?: string[]
  interaction?: boolean
  clear?: ClearableName[]
  reset?: boolean
  dryRun?: boolean
}

const CLEARED = {
  title: { title: null },
  link: { linkUrl: null },
  caption: { caption: null },
  tags: { tags: [] },
} as const satisfies Record<string, Partial<EditableValues> | { tags: readonly [] }>
type ClearableName = keyof typeof CLEARED

export default defineCommand<Options>({
  examples: [
    ['storyline edit-media mug.jpg --title "The Crane Mug" --link https://shop.example/mug', 'say what it is'],
    ['storyline edit-media 3f2a91c0 --add-tag autumn --remove-tag summer', 'change its tags'],
    ['storyline edit-media poll.png --interaction', 'always hand it to the team'],
    ['storyline edit-media mug.jpg --clear caption,link', 'remove texts'],
    ['storyline edit-media mug.jpg --reset', 'let the metadata files decide again'],
  ],
  description:
    'Changes what the library says of a picture. Metadata files no longer touch the fields that were edited.\n' +
    '<item> is an id, the beginning of one, a path, a file name or the number of its story.\n\n' +
    '--json: {item, changes: [{field, from, to}], editedFields}; item as in list-media; a dry run adds dryRun true.',
  needs: 'database',
  recorded: 'always',
  configure,
  run: editMedia,
})

function configure(command: Commander): void {
  command
    .argument('<item>', 'the picture')
    .optionsGroup('Texts:')
    .option('--title <text>', 'the title on the card')
    .option('--link <url>', 'the link for the sticker')
    .option('--caption <text>', 'the text that belongs to the story')
    .optionsGroup('Tags:')
    .option('--tags <a,b>', 'replace all tags', toTags)
    .option('--add-tag <tag>', 'add a tag; may be repeated', collectTags)
    .option('--remove-tag <tag>', 'remove a tag; may be repeated', collectTags)
    .optionsGroup('Who posts it:')
    .option('--interaction', 'the team must post it (stickers, polls)')
    .option('--no-interaction', 'it may publish itself')
    .optionsGroup('Options:')
    .option('--clear <fields>', 'empty these: title, link, caption, tags', toClearable)
    .option('--reset', 'forget all edits; the next index-media takes the metadata files again')
    .option('--dry-run', 'only say what would change')
}

function toTags(raw: string): string[] {
  const tags = cleanTags(raw.split(','))
  if (tags.some((tag) => tag.length > MAX_TAG_CHARS)) {
    throw new InvalidArgumentError(`A tag has at most ${MAX_TAG_CHARS} characters.`)
  }
  return tags
}

function collectTags(raw: string, before: string[] = []): string[] {
  return [...before, ...toTags(raw)]
}

function toClearable(raw: string): ClearableName[] {
  const names = raw.split(',').map((name) => name.trim())
  const isClearable = (name: string): name is ClearableName => Object.hasOwn(CLEARED, name)
  const wrong = names.find((name) => !isClearable(name))
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`"${wrong}" cannot be cleared; expected some of ${Object.keys(CLEARED).join(', ')}.`)
  }
  return names.filter(isClearable)
}

async function editMedia(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const { dryRun = false } = options
  const edit = toEdit(options)
  const found = await loadItem(ctx, args[0] ?? '')
  const plan = dryRun ? decideEdit(found, edit) : await storeEdit(ctx, found.id, edit)
  const item = dryRun ? found : await loadItem(ctx, found.id)
  ctx.out.document({
    item: toMediaJson(item, ctx.settings.timeZone),
    changes: plan.changes,
    editedFields: plan.editedFields,
    ...(dryRun ? { dryRun } : {}),
  })
  print(ctx, { item, plan, dryRun, reset: edit.reset })
  return ExitCode.done
}

function toEdit(options: Options): Edit {
  const { title, link, caption, tags, interaction, clear = [], addTag = [], removeTag = [], reset = false } = options
  const twice = clear.find((name) => options[name] !== undefined)
  if (twice) throw usageError(`--clear ${twice} and --${twice} exclude each other`)
  if (link !== undefined && !isLink(link)) {
    throw usageError(`--link is "${link}"; expected a link that starts with https:// or http://`)
  }
  const set: Partial<EditableValues> = {
    ...(title === undefined ? {} : { title: title.trim() || null }),
    ...(link === undefined ? {} : { linkUrl: link }),
    ...(caption === undefined ? {} : { caption: caption.trim() || null }),
    ...(tags === undefined ? {} : { tags }),
    ...(interaction === undefined ? {} : { requiresInteraction: interaction }),
  }
  for (const name of clear) Object.assign(set, CLEARED[name])
  if (Object.keys(set).length + addTag.length + removeTag.length === 0 && !reset) {
    throw usageError('Nothing to change was given', 'For example --title, --link, --add-tag; see --help.')
  }
  return { set, addTags: addTag, removeTags: removeTag, reset }
}

async function storeEdit({ db }: Context, id: string, edit: Edit): Promise<EditPlan> {
  return changeLibrary(db, async (tx) => {
    const [current] = await tx.select().from(mediaItems).where(eq(mediaItems.id, id))
    if (!current) throw new Error(`media item ${id} disappeared; rows of media_items are never deleted`)
    const plan = decideEdit(current, edit)
    await tx
      .update(mediaItems)
      .set({ ...plan.values, editedFields: plan.editedFields })
      .where(eq(mediaItems.id, id))
    return plan
  })
}

interface Edited {
  item: MediaRow
  plan: EditPlan
  dryRun: boolean
  reset: boolean
}

function print({ out }: Context, { item, plan, dryRun, reset }: Edited): void {
  const path = printable(item.filePath)
  if (plan.changes.length > 0) out.print(`${dryRun ? 'Would change' : '✓ Changed'} ${path}`)
  else out.print(`${path} ${reset ? 'follows its metadata files again' : 'says that already'}`)
  for (const change of plan.changes) out.print(`  ${describeChange(change)}`)
  if (plan.changes.length > 0 && !dryRun) suggestNext(out, `Next: storyline show-media ${shortId(item.id)}`)
  if (reset) out.print('The metadata files decide again at the next `storyline index-media`.')
}

function describeChange({ field, from, to }: FieldChange): string {
  return `${field}: ${shown(from)} → ${shown(to)}`
}

function shown(value: FieldChange['to']): string {
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : printable(value.join(', '))
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === null ? '(none)' : `"${printable(value)}"`
}
