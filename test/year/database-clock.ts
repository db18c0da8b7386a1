import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'

/** The clock of one test database: what `now()` and `clock_timestamp()` answer there, to everybody who asks. */
export interface DatabaseClock {
  /** Stands still at `at` from now on. */
  stopAt(at: Date): Promise<void>
  /** Runs, `ms` milliseconds away from the real time. */
  shiftBy(ms: number): Promise<void>
}

/**
 * Storyline has no hook for its time and needs none: the functions themselves are replaced in the clone's own catalogue, which
 * also serves column defaults and triggers. They call others, because PostgreSQL calls built-in functions past the
 * catalogue and reads it only to put a body in place of a call. Other databases of the server keep their time.
 */
export async function takeDatabaseClock(db: Database): Promise<DatabaseClock> {
  await db.execute(
    sql.raw(`
      create schema fake;
      create table fake.clock (stopped_at timestamptz, shift interval not null default '0');
      insert into fake.clock default values;
      create function fake.now() returns timestamptz language sql stable as
        'select coalesce(stopped_at, transaction_timestamp() + shift) from fake.clock';
      create function fake.clock_timestamp() returns timestamptz language sql volatile as
        'select coalesce(stopped_at, timeofday()::timestamptz + shift) from fake.clock';
      create or replace function pg_catalog.now() returns timestamptz language sql stable as 'select fake.now()';
      create or replace function pg_catalog.clock_timestamp() returns timestamptz language sql volatile as
        'select fake.clock_timestamp()';`),
  )
  return {
    stopAt: async (at) => {
      await db.execute(sql`update fake.clock set stopped_at = ${at.toISOString()}::timestamptz`)
    },
    shiftBy: async (ms) => {
      await db.execute(
        sql`update fake.clock set stopped_at = null, shift = make_interval(secs => ${ms / 1000}::float8)`,
      )
    },
  }
}
