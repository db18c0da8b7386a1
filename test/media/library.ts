import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { sql } from 'drizzle-orm'
import type { CommandDefinition } from '../../src/command.ts'
import { mediaItems } from '../../src/db/schema.ts'
import type { MediaItem } from '../../src/history/settle.ts'
import indexMedia from '../../src/media/index-media.ts'
import type { IndexReport } from '../../src/media/index-report.ts'
import { type TestContext, type TestContextOptions, type TestDatabase, testContext } from '../support/database.ts'
import { jpegOfSize } from '../support/pictures.ts'

export const NOW = new Date('2026-11-21T08:00:00Z')
/** Long enough ago that nothing looks as if it were still being copied. */
const LONG_AGO = new Date('2026-11-01T10:00:00Z')

/** A complete picture whose bytes, and so whose hash, follow from `seed`. */
export function picture(seed: number): Buffer {
  // 0xFF would be read as a marker.
  return jpegOfSize({ width: 1080, height: 1920 }, [seed % 200, Math.floor(seed / 200), 7])
}

export interface Folder {
  root: string
  write(path: string, bytes: Buffer | string | object, modified?: Date): void
  at(path: string): string
  remove(): void
}

export function createFolder(): Folder {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'storyline-media-')))
  const at = (path: string) => join(root, path)
  return {
    root,
    at,
    write: (path, bytes, modified = LONG_AGO) => {
      mkdirSync(dirname(at(path)), { recursive: true })
      const isText = typeof bytes === 'string' || Buffer.isBuffer(bytes)
      writeFileSync(at(path), isText ? bytes : JSON.stringify(bytes))
      utimesSync(at(path), modified, modified)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

export interface Ran {
  exitCode: number | undefined
  stdout: string
  stderr: string
  // biome-ignore lint/suspicious/noExplicitAny: a document of any command
  json: any
}

/** Runs a command's job with its options as they are typed. */
export async function run<O>(
  definition: CommandDefinition<O>,
  ctx: TestContext,
  argv: readonly string[],
): Promise<Ran> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  definition.configure(command)
  command.parse([...argv], { from: 'user' })
  const exitCode = await definition.run(ctx, { options: command.opts() as O, args: command.args })
  const stdout = ctx.stdout()
  return { exitCode, stdout, stderr: ctx.stderr(), json: ctx.out.json ? JSON.parse(stdout) : undefined }
}

export interface Bench {
  folder: Folder
  context(options?: TestContextOptions): TestContext
  /** `index-media --json` with these arguments. */
  index(...argv: string[]): Promise<IndexReport & { exitCode: number | undefined }>
  row(path: string): Promise<MediaItem>
  rows(): Promise<MediaItem[]>
}

export function bench({ db }: TestDatabase, folder: Folder): Bench {
  const context = (options: TestContextOptions = {}) =>
    testContext(db, { json: true, now: NOW, ...options, env: { MEDIA_BASE_PATH: folder.root, ...options.env } })
  const rows = () => db.select().from(mediaItems).orderBy(mediaItems.filePath)
  return {
    folder,
    context,
    rows,
    index: async (...argv) => {
      const { json, exitCode } = await run(indexMedia, context(), argv)
      return { ...json, exitCode }
    },
    row: async (path) => {
      const found = (await rows()).find(({ filePath }) => filePath === path)
      if (!found) throw new Error(`no row of ${path}`)
      return found
    },
  }
}

export async function emptyDatabase({ db }: TestDatabase): Promise<void> {
  await db.execute(sql`
    truncate posting_queue, posting_history, media_items, media_posting_locks, rejected_files, telegram_cards restart identity cascade`)
}
