import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { expectTold, PATIENCE, runCell } from './cell.ts'
import { CASES, type Row } from './table.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
}, PATIENCE)
afterAll(() => place.close(), PATIENCE)

const run = (words: readonly string[], DATABASE_URL: string) =>
  runCell([...place.fill(words), '--json'], { env: { ...place.env, STORYLINE_HOME: place.folder, DATABASE_URL } })

describe('no database answers', () => {
  it.each(CASES)(
    '%s',
    async (_, { words, expected }) => {
      const finished = await run(words, 'postgresql://u:canary-password@127.0.0.1:9/storyline')
      const isUnreachable = expected['no db'].code === 1 && !expected['no db'].isReport
      expectTold(words, finished, expected['no db'], isUnreachable ? 'database_unreachable' : undefined)
      if (isUnreachable) expect(finished.stderr).toContain('127.0.0.1:9')
      if (words.join(' ') !== 'db url') expect(finished.stdout + finished.stderr).not.toContain('canary-password')
    },
    PATIENCE,
  )
})

describe('the schema is of a newer version', () => {
  let url: string
  beforeAll(async () => {
    url = await place.usedDatabase()
    const { db, close } = openDatabase(url)
    const insert = sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9999999999999)`
    await db.execute(insert).finally(close)
  })

  it.each(CASES)(
    '%s',
    async (_, { words, expected }) => {
      const finished = await run(words, url)
      const { code } = expected.newer
      expectTold(words, finished, expected.newer, code === 4 ? 'schema_newer' : undefined)
      if (code === 4) expect(finished.stderr).toContain('Update this installation')
    },
    PATIENCE,
  )
})

describe('the schema is of an older version', () => {
  let shared: string
  beforeAll(async () => {
    shared = await place.olderDatabase()
  })
  const databaseFor = ({ isAlone }: Row) => (isAlone ? place.olderDatabase() : shared)

  it.each(CASES)(
    '%s',
    async (_, row) => {
      const finished = await run(row.words, await databaseFor(row))
      const { code } = row.expected.older
      expectTold(row.words, finished, row.expected.older, code === 4 ? 'schema_older' : undefined)
      if (code === 4) expect(finished.stderr).toContain('Run `storyline db migrate`.')
    },
    PATIENCE,
  )
})
