import { realpathSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { desc, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Database } from '../db/connect.ts'
import { isUuid, shortId } from '../db/ids.ts'
import { mediaItems } from '../db/schema.ts'
import { UserError } from '../errors.ts'
import { didYouMean } from '../setup/did-you-mean.ts'
import { comparePaths, fileNameOf, spellings } from './library.ts'
import { printable } from './printable.ts'

export interface FoundMedia {
  id: string
  path: string
}

/** Shortest beginning of an id that is taken for one. */
const MIN_ID_CHARS = 4
/** Most items that an error lists. */
const MAX_LISTED = 8

/**
 * The one item that a person means by an id, the beginning of one, a path (in the library or from the working directory), a
 * file name with or without its ending, or the number or id of a story that shows it. Throws when there is none, and when there are several.
 */
export async function findMedia(ctx: Pick<Context, 'db' | 'settings'>, said: string): Promise<FoundMedia> {
  const wanted = said.trim()
  const found = await lookUp(ctx, wanted)
  const paths = new Set(possiblePaths(ctx.settings.mediaBasePath, wanted))
  const exact = found.filter(({ id, path }) => id === wanted.toLowerCase() || paths.has(path))
  const candidates = exact.length > 0 ? exact : found
  const [first, ...others] = candidates
  if (!first) throw await notFound(ctx, wanted)
  if (others.length > 0) throw ambiguous(wanted, candidates)
  return first
}

/** A file name without its ending, for SQL. */
export const fileStem = sql`regexp_replace(${mediaItems.fileName}, '\\.[^.]*$', '')`

async function lookUp({ db, settings }: Pick<Context, 'db' | 'settings'>, wanted: string): Promise<FoundMedia[]> {
  const id = wanted.toLowerCase()
  const isIdStart = id.length >= MIN_ID_CHARS && /^[0-9a-f-]+$/.test(id)
  const found = await db
    .select({ id: mediaItems.id, path: mediaItems.filePath })
    .from(mediaItems)
    .where(
      or(
        isUuid(id) ? eq(mediaItems.id, id) : undefined,
        isIdStart ? sql`starts_with(${mediaItems.id}::text, ${id})` : undefined,
        inArray(mediaItems.filePath, possiblePaths(settings.mediaBasePath, wanted)),
        inArray(mediaItems.fileName, spellings(wanted)),
        sql`${fileStem} in ${spellings(wanted)}`,
        ...isShownBy(id, isIdStart),
      ),
    )
  return found.sort((a, b) => comparePaths(a.path, b.path))
}

/** `47`, `#47` or the beginning of the id of a story in the queue, as other commands show them. */
function isShownBy(wanted: string, isIdStart: boolean): SQL[] {
  const number = /^#?(\d{1,9})$/.exec(wanted)?.[1]
  return [
    ...(number === undefined
      ? []
      : [
          sql`${mediaItems.id} in (select media_item_id from posting_queue where story_number = ${number}::int
                union select media_item_id from posting_history where story_number = ${number}::int)`,
        ]),
    ...(isIdStart
      ? [sql`${mediaItems.id} in (select media_item_id from posting_queue where starts_with(id::text, ${wanted}))`]
      : []),
  ]
}

function possiblePaths(mediaBasePath: string, wanted: string): string[] {
  const roots = [mediaBasePath, realPath(mediaBasePath)]
  const fromHere = roots.map((root) => relative(root, resolve(wanted)))
  const inLibrary = relative(mediaBasePath, resolve(mediaBasePath, wanted))
  return [wanted, inLibrary, ...fromHere].filter((path) => path !== '' && !path.startsWith('..')).flatMap(spellings)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Nothing there: the items are known nevertheless.
    return path
  }
}

async function notFound({ db }: Pick<Context, 'db'>, wanted: string): Promise<UserError> {
  const part = fileNameOf(wanted)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
  const similar = await db
    .select({ id: mediaItems.id, path: mediaItems.filePath })
    .from(mediaItems)
    .where(sql`${part} <> '' and strpos(lower(${mediaItems.filePath}), ${part}) > 0`)
    .orderBy(mediaItems.filePath)
    .limit(MAX_LISTED)
  const fix =
    similar.length > 0
      ? `Did you mean one of these?\n${listed(similar)}`
      : `${await suggestName(db, wanted)}\`storyline list-media\` shows what there is.`
  return new UserError(`No picture in the library is called "${printable(wanted)}"`, { code: 'media_not_found', fix })
}

/** Names that are compared with a typo; more would take longer than looking through the list. */
const MAX_COMPARED = 5000

/** Empty: no name is near. */
async function suggestName(db: Database, wanted: string): Promise<string> {
  const { fileName: name, updatedAt } = mediaItems
  const rows = await db.select({ name }).from(mediaItems).orderBy(desc(updatedAt)).limit(MAX_COMPARED)
  const names = rows.map((row) => row.name)
  const meant = didYouMean(fileNameOf(wanted), names)
  return meant === null ? '' : `Did you mean ${printable(meant)}? `
}

function ambiguous(wanted: string, candidates: readonly FoundMedia[]): UserError {
  return new UserError(`"${printable(wanted)}" means ${candidates.length} pictures`, {
    code: 'media_ambiguous',
    fix: `Use the id or the path of one of them:\n${listed(candidates.slice(0, MAX_LISTED))}`,
  })
}

function listed(items: readonly FoundMedia[]): string {
  return items.map(({ id, path }) => `  ${shortId(id)}  ${printable(path)}`).join('\n')
}
