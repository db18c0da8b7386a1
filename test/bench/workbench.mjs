import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import postgres from 'postgres'
import { killAll } from './measure.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Environment of every measured process; nothing comes from the user's own but PATH. */
const BARE_ENV = { PATH: process.env.PATH ?? '', TZ: 'UTC' }

/**
 * An installation built from the source as it is now, with a home, an embedded server and databases of its own. All of it
 * goes away when this process ends, also by Ctrl-C.
 */
export async function openWorkbench() {
  const home = mkdtempSync(join(tmpdir(), 'storyline-bench-'))
  // Started as root, the server runs as another user who must be able to enter.
  chmodSync(home, 0o755)
  const installation = join(root, 'node_modules/.cache', `storyline-bench-${process.pid}`)
  const launcher = join(installation, 'bin/storyline.js')
  const env = { ...BARE_ENV, STORYLINE_HOME: home }
  const storyline = (...args) =>
    execFileSync(process.execPath, [launcher, ...args], { cwd: '/', env, encoding: 'utf8' })

  cleanUpAtExit(() => {
    killAll()
    storyline('db', 'stop', '--quiet')
    rmSync(home, { recursive: true, force: true })
    rmSync(installation, { recursive: true, force: true })
  })
  install(installation)
  storyline('db', 'start', '--quiet')
  const url = storyline('db', 'url').trim()

  return {
    /** For files of the benchmark. */
    folder: home,
    /** The embedded server's own database. It stays empty; jobs that store something make one with `addDatabase`. */
    url,
    /** A run of the built CLI, on the empty database unless `more` names another one. */
    cli: (args, more = {}) => ({ command: process.execPath, args: [launcher, ...args], env: { ...env, ...more } }),
    node: (...args) => ({ command: process.execPath, args, env: BARE_ENV }),
    tool: (command, ...args) => ({ command, args, env: BARE_ENV }),
    addDatabase: (name) => addDatabase(url, name),
    importSupport: (file) => importSupport(installation, file),
  }
}

function cleanUpAtExit(cleanUp) {
  process.once('exit', () => {
    try {
      cleanUp()
    } catch (error) {
      process.stderr.write(`Could not clean up: ${error.message}\n`)
    }
  })
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
}

/** Below node_modules, so that packages resolve. */
function install(folder) {
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, ['bin/build.mjs', join(folder, 'dist')], { cwd: root, stdio: ['ignore', 2, 2] })
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
  for (const name of ['drizzle', 'media', 'package.json']) symlinkSync(join(root, name), join(folder, name))
}

/** A migrated, empty database: `url` for the CLI, `sql` for the benchmark itself. */
async function addDatabase(emptyUrl, name) {
  const at = (path) => Object.assign(new URL(emptyUrl), { pathname: path }).href
  const connect = (path) => postgres(at(path), { max: 1, onnotice: () => {} })
  const maintenance = connect('/postgres')
  await maintenance.unsafe(`create database ${name} template ${new URL(emptyUrl).pathname.slice(1)}`)
  await maintenance.end()
  const sql = connect(`/${name}`)
  const [{ tables }] = await sql`
    select string_agg(format('%I', tablename), ', ') as tables from pg_tables where schemaname = 'public'`
  return {
    env: { DATABASE_URL: at(`/${name}`) },
    sql,
    empty: () => sql.unsafe(`truncate ${tables}`),
    end: () => sql.end(),
  }
}

/** A module of test/support, which is TypeScript: the oldest Node that we support cannot import it as it is. */
async function importSupport(installation, file) {
  const outfile = join(installation, 'support', file.replace(/\.ts$/, '.mjs'))
  await build({
    entryPoints: [join(root, 'test/support', file)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  })
  return import(pathToFileURL(outfile).href)
}
