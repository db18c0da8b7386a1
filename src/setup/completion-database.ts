import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { clientOptions, type OpenDatabase } from '../db/connect.ts'

/** A connection for whoever would rather have no answer than a late one: a server that is silent is given up at once. */
export function openImpatiently(url: string, patienceMs: number): OpenDatabase {
  const client = postgres(url, { ...clientOptions(url), max: 1, connect_timeout: patienceMs / 1000 })
  return { db: drizzle(client), close: () => client.end({ timeout: 0 }) }
}
