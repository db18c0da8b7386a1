import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { clientOptions, isDatabaseUnreachable, type OpenDatabase, openDatabase } from './connect.ts'

/** What migration 0003_notify tells of, each time with the name of a table. */
const CHANNEL = 'storyline'
/** Sent to oneself; nobody else minds it. */
const PROBE = 'probe-'

interface Listeners {
  /** A statement changed this table, and is committed. */
  onChange(table: string): void
  /** The connection is gone, also by `close`. */
  onClose(): void
}

export interface ListeningDatabase extends OpenDatabase {
  /**
   * Asks to be told of changes, and finds out whether that works: a pooler of transactions takes LISTEN and then tells
   * somebody else. MUST be awaited before anything else is asked: such a pooler passes on what comes in the middle of an
   * answer. `patienceMs`: how long a note may be on its way.
   */
  listen(random: () => number, patienceMs: number): Promise<boolean>
}

/** One connection that queries and hears. Whoever has it opens another one when it is gone. */
export function openListening(url: string, { onChange, onClose }: Listeners): ListeningDatabase {
  let onProbe = (_: string) => {}
  const onnotify = (_: string, note: string) => (note.startsWith(PROBE) ? onProbe(note) : onChange(note))
  // `onnotify` is what postgres.js's own `listen` is made of; that one comes back by itself and does not say so.
  const client = postgres(url, { ...clientOptions(url), max: 1, onclose: onClose, ...{ onnotify } })
  const db = drizzle(client)
  return {
    db,
    listen: async (random, patienceMs) => {
      if (isTransactionPooler(url)) return false
      const probe = `${PROBE}${Math.floor(random() * 1e12)}`
      const heard = new Promise<true>((resolve) => {
        onProbe = (note) => note === probe && resolve(true)
      })
      try {
        await db.execute(sql.raw(`listen ${CHANNEL}`))
        await sendFromElsewhere(url, probe)
      } catch (error) {
        // A pooler may refuse LISTEN, and a server that is full the second connection: then nothing is heard.
        if (isDatabaseUnreachable(error)) throw error
        return false
      }
      return Promise.race([heard, sleep(patienceMs, false)])
    },
    // Whoever leaves does not wait long for a database that is gone.
    close: () => client.end({ timeout: 0.5 }),
  }
}

/** Neon's; others are found out by asking. */
function isTransactionPooler(url: string): boolean {
  return URL.canParse(url) && /-pooler(\.|$)/.test(new URL(url).hostname)
}

/** On a connection of its own: a note on the same one would come back through any pooler. */
async function sendFromElsewhere(url: string, note: string): Promise<void> {
  const { db, close } = openDatabase(url)
  try {
    await db.execute(sql`select pg_notify(${CHANNEL}, ${note})`)
  } finally {
    await close()
  }
}
