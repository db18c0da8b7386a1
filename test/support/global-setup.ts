import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/db/connect.ts'
import { stopEmbedded } from '../../src/db/embedded/control.ts'
import { ensureEmbedded } from '../../src/db/embedded/server.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { packageRoot } from '../../src/package-root.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated database of the suite's own embedded server that every test database is cloned from. */
    templateUrl: string
    /** The launcher of a bundle built for this run, for tests that start processes. */
    launcher: string
  }
}

export default async function setup(project: TestProject) {
  const home = mkdtempSync(join(tmpdir(), 'storyline-test-'))
  // As root, PostgreSQL runs as somebody else, who must be able to come here.
  chmodSync(home, 0o755)
  const log = () => {}
  const { url } = await ensureEmbedded({ home, log })
  const { db, close } = openDatabase(url)
  await migrateDatabase(db).finally(close)
  const installation = install()
  project.provide('templateUrl', url)
  project.provide('launcher', join(installation, 'bin/storyline.js'))
  return async () => {
    await stopEmbedded({ home, log, mode: 'immediate' })
    rmSync(home, { recursive: true, force: true })
    rmSync(installation, { recursive: true, force: true })
  }
}

/** An installation of its own below node_modules, so that packages resolve and a stale `dist/` is never tested. */
function install(): string {
  const folder = join(packageRoot, 'node_modules/.cache', `storyline-test-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, ['bin/build.mjs', join(folder, 'dist')], { cwd: packageRoot, stdio: 'inherit' })
  cpSync(join(packageRoot, 'bin/storyline.js'), join(folder, 'bin/storyline.js'))
  for (const name of ['drizzle', 'media', 'package.json']) symlinkSync(join(packageRoot, name), join(folder, name))
  return folder
}
