import { isDatabaseTrouble } from '../db/connect.ts'
import { migrateDatabase } from '../db/migrate.ts'
import { KNOWN_SCHEMA } from '../db/schema-version.ts'
import { errorCode, UserError } from '../errors.ts'
import { checkFiles, checkObjects, type ObjectCheck } from './check-backup.ts'
import { type FoundBackup, loadBackup } from './find-backups.ts'
import { DATABASE_FILE, MEDIA_FILE } from './names.ts'
import { damaged, type OpenBackup, openBackup } from './open-backup.ts'
import { compareDump, readDump } from './read-dump.ts'
import { restoreDatabase } from './restore-database.ts'
import { inScratchDatabase, type ScratchServer } from './scratch.ts'

export interface Trial {
  name: string
  /** `unproven`: nothing is wrong, but it could not be restored on trial. */
  verdict: 'good' | 'bad' | 'unproven'
  /** What is wrong, or why it is unproven: file and reason. */
  problems: string[]
}

export interface TrialMeans {
  identities: readonly string[]
  server: ScratchServer
  objects: ObjectCheck
}

/** Tries everything that a restore would need: checksums, contents, the database itself. */
export async function verifyBackup({ name, path }: FoundBackup, means: TrialMeans): Promise<Trial> {
  const { manifest, problem } = await loadBackup(path)
  if (!manifest) return { name, verdict: 'bad', problems: [`${name}: ${problem}`] }
  const flaws = [...(await checkFiles(path, manifest)), ...(await checkObjects(manifest, means.objects))]
  if (flaws.length > 0) return { name, verdict: 'bad', problems: flaws.map(({ file, reason }) => `${file} ${reason}`) }
  try {
    const why = await tryParts(await openBackup(path, manifest, means.identities), means)
    return why === null ? { name, verdict: 'good', problems: [] } : { name, verdict: 'unproven', problems: [why] }
  } catch (error) {
    return { name, ...judgeFailure(name, error) }
  }
}

/** Null, or why it was not restored. */
async function tryParts(backup: OpenBackup, means: TrialMeans): Promise<string | null> {
  const { parts } = backup.manifest
  if (parts.includes('media')) await tryMediaList(backup)
  if (parts.includes('config')) await backup.config()
  return parts.includes('database') ? tryDatabase(backup, means) : null
}

/** Every file that is listed has its content: the contents themselves were tried before. */
async function tryMediaList(backup: OpenBackup): Promise<void> {
  const contents = new Map(backup.manifest.objects.map(({ sha256, bytes }) => [sha256, bytes]))
  for (const { path, sha256, bytes } of await backup.media()) {
    if (contents.get(sha256) !== bytes) throw damaged(`${MEDIA_FILE} names ${path}, whose content the manifest lacks`)
  }
}

async function tryDatabase(backup: OpenBackup, { server, objects }: TrialMeans): Promise<string | null> {
  const { tables, schema } = backup.manifest
  const restored = await inScratchDatabase(server, async (scratch) => {
    const statements = readDump(backup.database())
    await restoreDatabase(scratch, { statements, tables, replaces: false, signal: objects.signal })
    // A backup that this version can no longer bring up to date is of no use.
    if (schema !== null && schema < KNOWN_SCHEMA) await migrateDatabase(scratch)
    return true
  })
  if (restored) return null
  const differing = await compareDump(backup.database(), tables)
  if (differing.length > 0)
    throw damaged(`${DATABASE_FILE} has other rows than its manifest says: ${differing.join(', ')}`)
  return 'its checksums are right and the dump is whole, but this database user may not create databases, so it was not restored on trial (alter role … createdb)'
}

function judgeFailure(name: string, error: unknown): Omit<Trial, 'name'> {
  const code = errorCode(error)
  if (error instanceof UserError && error.code === 'identity_missing') {
    return {
      verdict: 'unproven',
      problems: [`its checksums are right, but it was not restored on trial: ${error.message}`],
    }
  }
  // That says nothing about the backup.
  const isOurs = error instanceof UserError && ['interrupted', 'disk_full'].includes(error.code)
  if (isOurs || isDatabaseTrouble(error) || code === '53100') throw error
  // A database error may hold values of rows.
  const why = error instanceof UserError ? error.message : `it cannot be restored (${code ?? 'damaged'})`
  return { verdict: 'bad', problems: [`${name}: ${why}`] }
}
