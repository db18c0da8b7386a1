import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Rewrites the manifest of a backup and its checksum. */
export function forgeManifest(backup: string, change: (manifest: string) => string): void {
  const manifest = change(readFileSync(join(backup, 'manifest.json'), 'utf8'))
  writeFileSync(join(backup, 'manifest.json'), manifest)
  writeFileSync(join(backup, 'manifest.sha256'), `${sha256(Buffer.from(manifest))}  manifest.json\n`)
}

/** Rewrites the dump of a backup and everything that vouches for it, as somebody would who wants to hide it. */
export function forgeDump(backup: string, change: (sql: string) => string): void {
  const file = join(backup, 'database.sql.gz')
  const before = readFileSync(file)
  const after = gzipSync(change(gunzipSync(before).toString('utf8')))
  writeFileSync(file, after)
  forgeManifest(backup, (manifest) =>
    manifest
      .replace(sha256(before), sha256(after))
      .replace(new RegExp(`("bytes": ?)${before.length},`), `$1${after.length},`),
  )
}

/** One more statement at the end of the dump, marked as dumps mark theirs. */
export function appendStatement(backup: string, statement: string): void {
  forgeDump(backup, (sql) =>
    sql.replace(/commit;\n$/, `--: ${Buffer.byteLength(statement)}\n${statement}\n\ncommit;\n`),
  )
}
