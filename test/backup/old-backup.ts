import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packageRoot } from '../../src/package-root.ts'

const FIRST = { when: 1795233131530, tag: '0000_storyline' }

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')

/** A backup as a version wrote it that knew only the first migration: one user, nothing else. Answers its name. */
export function writeOldBackup(folder: string): string {
  const name = 'storyline-2026-11-01T031500Z'
  const migration = readFileSync(join(packageRoot, 'drizzle', `${FIRST.tag}.sql`), 'utf8')
  const applied = `('1','${sha256(migration)}','${FIRST.when}')`
  const user = `('00000000-0000-4000-8000-000000000001','4711')`
  const insert = (table: string, columns: string, row: string) => ({
    text: `insert into ${table} (${columns}) values\n${row};`,
    about: ` ${table} 1`,
  })
  const statements: { text: string; about?: string }[] = [
    { text: 'create schema if not exists drizzle;' },
    {
      text: 'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);',
    },
    ...migration.split('--> statement-breakpoint').map((text) => ({ text: `${text.trim().replace(/;$/, '')};` })),
    insert('"drizzle"."__drizzle_migrations"', '"id", "hash", "created_at"', applied),
    insert('"public"."users"', '"id", "telegram_user_id"', user),
    { text: `select setval('drizzle.__drizzle_migrations_id_seq', 1, true);` },
  ]
  const body = statements.map(({ text, about = '' }) => `--: ${Buffer.byteLength(text)}${about}\n${text}\n\n`).join('')
  const database = gzipSync(`begin;\nset local search_path = 'public';\n\n${body}commit;\n`)
  const manifest = JSON.stringify({
    format: 1,
    name,
    kind: 'database',
    parts: ['database'],
    createdAt: '2026-11-01T03:15:00.000Z',
    storyline: '0.0.9',
    schema: FIRST.when,
    server: '14.1',
    recipient: null,
    files: [{ name: 'database.sql.gz', bytes: database.length, sha256: sha256(database) }],
    tables: [
      {
        schema: 'drizzle',
        name: '__drizzle_migrations',
        columns: ['id', 'hash', 'created_at'],
        key: ['id'],
        rows: 1,
        sha256: sha256(applied),
      },
      {
        schema: 'public',
        name: 'users',
        columns: ['id', 'telegram_user_id'],
        key: ['id'],
        rows: 1,
        sha256: sha256(user),
      },
    ],
    media: null,
    objects: [],
  })
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'database.sql.gz'), database)
  writeFileSync(join(folder, name, 'manifest.json'), manifest)
  writeFileSync(join(folder, name, 'manifest.sha256'), `${sha256(manifest)}  manifest.json\n`)
  return name
}
