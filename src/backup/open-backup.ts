import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../errors.ts'
import { type ConfigPart, readConfigPart } from './config-part.ts'
import { type Chunks, gunzip, readChunks, type Step } from './files.ts'
import { loadBackup, surveyBackups } from './find-backups.ts'
import { type Manifest, type MediaEntry, readMediaList } from './manifest.ts'
import { begunAtOf, CONFIG_FILE, DATABASE_FILE, ENV_FILE, MEDIA_FILE, objectPath, sealSuffix } from './names.ts'
import { openUnseal } from './seal.ts'
import { sealedName } from './write-parts.ts'

/** A backup whose manifest is whole, and what is needed to read it. */
export interface OpenBackup {
  path: string
  /** Where it lies, with the contents of its media files. */
  folder: string
  manifest: Manifest
  database(): Chunks
  media(): Promise<MediaEntry[]>
  config(): Promise<ConfigPart>
  /** The text of `.env`; undefined: it was not copied. */
  env(): Promise<string | undefined>
  content(sha256: string): Chunks
}

/** Throws when the identities cannot read it. */
export async function openBackup(path: string, manifest: Manifest, identities: readonly string[]): Promise<OpenBackup> {
  const unseal = await openUnseal(manifest.recipient, identities)
  const folder = dirname(path)
  const read = (file: string, steps: readonly Step[] = []) =>
    [...unseal, ...steps].reduce<Chunks>((chunks, step) => step(chunks), readChunks(file))
  const part = (name: string) => join(path, sealedName(name, manifest.recipient))
  const has = (name: string) => manifest.files.some((file) => file.name === sealedName(name, manifest.recipient))
  return {
    path,
    folder,
    manifest,
    database: () => read(part(DATABASE_FILE), [gunzip]),
    media: async () => {
      const list = readMediaList(await readText(read(part(MEDIA_FILE))))
      if (list.kind === 'ok') return list.value
      throw damaged(`${MEDIA_FILE} of ${path} is not a list of media files`)
    },
    config: async () => readConfigPart(await readText(read(part(CONFIG_FILE)))),
    env: async () => (has(ENV_FILE) ? readText(read(part(ENV_FILE))) : undefined),
    content: (sha256) => read(join(folder, objectPath(sha256, sealSuffix(manifest.recipient)))),
  }
}

async function readText(chunks: Chunks): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString('utf8')
}

/** The backup that was meant: a name in BACKUP_DIR, or a path. */
export async function locateBackup(backupDir: string, typed: string): Promise<{ path: string; manifest: Manifest }> {
  const path = begunAtOf(typed) ? join(backupDir, typed) : resolve(typed)
  const { manifest, problem } = await loadBackup(path)
  if (manifest) return { path, manifest }
  const others = await surveyBackups(backupDir).catch(() => undefined)
  const newest = others?.backups.at(-1)
  const fix = newest
    ? `There are ${others?.backups.length} backups in ${backupDir}; the newest is ${newest.name}.`
    : `There are no backups in ${backupDir}.`
  if (existsSync(path)) throw damaged(`${path} cannot be restored: ${problem}`, fix)
  throw new UserError(`There is no backup ${path}`, { code: 'no_such_backup', fix })
}

export function damaged(
  message: string,
  fix = '`storyline verify-backups --all` says which backups are good.',
): UserError {
  return new UserError(message, { code: 'backup_damaged', fix })
}
