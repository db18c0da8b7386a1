import { realpathSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { eq, inArray, or, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { isUuid, shortId } from '../db/ids.ts'
import { mediaItems } from '../db/schema.ts'
import { UserError } from '../errors.ts'
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
 * The one item that a person means by an id, the beginning of one, a path (in the library or from the working directory) or
 * a file name. Throws when there is none, and when there are several.
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
      ),
    )
  return found.sort((a, b) => comparePaths(a.path, b.path))
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
      : '`storyline list-media` shows what there is.'
  return new UserError(`No picture in the library is called "${printable(wanted)}"`, { code: 'media_not_found', fix })
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
