/** How things are called in BACKUP_DIR. */

/** A backup that is being written; nothing ever takes it for a backup. */
export const PARTIAL_PREFIX = '.partial-'
/** A backup that retention is taking away. */
export const REMOVED_PREFIX = '.removed-'
export const OBJECTS_FOLDER = 'objects'
export const MANIFEST = 'manifest.json'
export const MANIFEST_CHECKSUM = 'manifest.sha256'
export const DATABASE_FILE = 'database.sql.gz'
export const MEDIA_FILE = 'media.json'
export const CONFIG_FILE = 'config.json'
/** The copy of `.env`, only ever encrypted. */
export const ENV_FILE = 'env'

const NAME = /^storyline-(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** `storyline-2026-11-21T031500Z`: when it was begun, in UTC, so that names sort by time. */
export function nameOf(begunAt: Date): string {
  return `storyline-${begunAt.toISOString().slice(0, 19).replaceAll(':', '')}Z`
}

/** When a backup of this name was begun; undefined: no name of a backup. */
export function begunAtOf(name: string): Date | undefined {
  const [, day, hours, minutes, seconds] = NAME.exec(name) ?? []
  const at = new Date(`${day}T${hours}:${minutes}:${seconds}Z`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** Path of an object below BACKUP_DIR; `suffix` tells for whom it is encrypted, empty: for nobody. */
export function objectPath(sha256: string, suffix: string): string {
  return `${OBJECTS_FOLDER}/${sha256.slice(0, 2)}/${sha256}${suffix}`
}

/**
 * What is added to the names of objects that are encrypted for this recipient. The recipient is part of it, because objects
 * are shared by backups: after a change of keys, older backups keep theirs.
 */
export function sealSuffix(recipient: string | null): string {
  return recipient === null ? '' : `.${recipient.slice('age1'.length, 'age1'.length + 8)}.age`
}
