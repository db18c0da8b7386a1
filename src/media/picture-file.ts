import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import type { Context } from '../context.ts'
import { errorCode, UserError, usageError } from '../errors.ts'
import { progressBar } from '../output/progress-bar.ts'
import { printable } from './printable.ts'
import type { SheetFormat } from './render-contact-sheet.ts'
import type { Sheet } from './sheet-layout.ts'

/** Where a sheet goes; checked before the work that is to be shown in it. */
export interface SheetFile {
  /** Absolute, links followed. */
  path: string
  /** As typed. */
  typed: string
  format: SheetFormat
}

const FORMATS: Readonly<Record<string, SheetFormat>> = { '.png': 'png', '.jpg': 'jpg', '.jpeg': 'jpg', '.webp': 'webp' }

/** For the help of every option that takes such a file. */
export const SHEET_FILE_HELP = `A sheet is a .png, .jpg (the smallest to send) or .webp; an older sheet of that name is replaced, any
other file is not. Its words need a font on this machine, on Debian and Raspberry Pi OS:
apt install fonts-dejavu-core (fonts-noto-cjk and fonts-noto-color-emoji for more scripts and emoji).`

/** Throws for a name that cannot be used (exit 2) and a place that cannot be written to (exit 1). */
export async function openSheetFile(typed: string, mediaBasePath: string): Promise<SheetFile> {
  if (typed === '-') throw usageError('A sheet is not written to stdout, which is for results', 'Name a file: out.png.')
  const format = FORMATS[extname(typed).toLowerCase()]
  if (format === undefined) {
    throw usageError(`"${printable(typed)}" does not say what to write`, 'End it in .png, .jpg or .webp.')
  }
  const wanted = resolve(typed)
  const folder = await findFolder(dirname(wanted), typed)
  const stats = await statIfThere(wanted, typed)
  const path = stats === undefined ? join(folder, basename(wanted)) : await realpath(wanted)
  await refuseInsideLibrary(path, typed, mediaBasePath)
  if (stats !== undefined) await refuseOthers(path, typed, stats)
  await access(dirname(path), constants.W_OK).catch((error) => {
    throw cannotWrite(typed, error)
  })
  return { path, typed, format }
}

/** Draws the sheet into its file, says so, and warns of what is missing in it. `what`: what it is called. */
export async function writeSheet({ out }: Pick<Context, 'out'>, file: SheetFile, sheet: Sheet, what: string) {
  const { renderSheet } = await import('./render-contact-sheet.ts')
  const progress = await progressBar(out, 'Drawing pictures', MIN_PICTURES)
  progress?.start(sheet.bands.reduce((sum, { pictures }) => sum + pictures.length, 0))
  const drawn = renderSheet(sheet, file.format, () => progress?.step())
  const { bytes, width, height, hasText, broken } = await drawn.finally(() => progress?.stop())
  await replaceFile(file, bytes)
  const size = `${width}×${height} pixels, ${(bytes.length / 1_000_000).toFixed(1)} MB`
  out.print(`${what}: ${printable(file.typed)} (${size})`)
  if (broken > 0) {
    out.warn(
      `${broken === 1 ? '1 picture' : `${broken} pictures`} could not be drawn; ${printable(file.typed)} says why.`,
    )
  }
  if (!hasText) {
    out.warn(`There is no font on this machine: ${printable(file.typed)} shows pictures without words.`)
    out.warn('  On Debian and Raspberry Pi OS: sudo apt install fonts-dejavu-core')
  }
}

/** Fewer pictures are drawn before a bar could be seen. */
const MIN_PICTURES = 20

async function findFolder(folder: string, typed: string): Promise<string> {
  const stats = await statIfThere(folder, typed)
  if (stats?.isDirectory()) return realpath(folder)
  const problem = stats === undefined ? 'does not exist' : 'is not a folder'
  throw new UserError(`${printable(typed)} cannot be written: ${printable(folder)} ${problem}`, {
    code: 'folder_missing',
    fix: 'Create the folder or name another one.',
  })
}

/** There the next `index-media` would take it for a story. */
async function refuseInsideLibrary(path: string, typed: string, mediaBasePath: string): Promise<void> {
  const library = await realpath(mediaBasePath).catch(() => resolve(mediaBasePath))
  const below = relative(library, path)
  if (below === '..' || below.startsWith(`..${sep}`)) return
  throw usageError(
    `${printable(typed)} lies in the media folder: it would be posted as a story`,
    `Name a file outside ${printable(mediaBasePath)}.`,
  )
}

async function refuseOthers(path: string, typed: string, stats: Stats): Promise<void> {
  if (stats.isFile()) {
    const { isSheet } = await import('./render-contact-sheet.ts')
    if (await isSheet(path)) return
  }
  const what = stats.isDirectory()
    ? 'is a folder'
    : stats.isFile()
      ? 'exists and is no sheet of Storyline'
      : 'is no file'
  throw new UserError(`${printable(typed)} ${what}: it is left as it is`, {
    code: 'file_exists',
    fix: 'Remove it yourself, or name another file.',
  })
}

async function statIfThere(path: string, typed: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw cannotWrite(typed, error)
  }
}

/** In one step: whoever looks meanwhile sees the old file or the new one. */
async function replaceFile({ path, typed }: SheetFile, bytes: Buffer): Promise<void> {
  const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}.storyline`)
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw cannotWrite(typed, error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENAMETOOLONG: 'the name is too long',
}

function cannotWrite(typed: string, cause: unknown): UserError {
  const code = errorCode(cause) ?? 'unknown error'
  return new UserError(`${printable(typed)} cannot be written: ${REASONS[code] ?? code}`, {
    code: 'sheet_not_written',
    fix: 'Name a file in a folder that you may write to.',
    cause,
  })
}
