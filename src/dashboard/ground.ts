import type { Context } from '../context.ts'
import { type Database, describeUrl, preflight } from '../db/connect.ts'
import { readEmbeddedUrl } from '../db/embedded/url.ts'
import { type OpenedDoor, readServer, withConfig } from '../health/door.ts'
import { configuredDatabaseUrl, type Settings } from '../settings.ts'

/** What a look stands on: the database, what it said of itself, and the settings that hold now. */
export interface Ground extends Omit<OpenedDoor, 'close'> {
  db: Database
}

/** Throws when the schema is not that of this version. */
export async function readGround(ctx: Context, db: Database): Promise<Ground> {
  const [{ config }, server] = await Promise.all([preflight(db), readServer(db, ctx)])
  const url = findDatabaseUrl(ctx.settings)
  const where = url === undefined ? 'the embedded server' : describeUrl(url)
  return { db, door: { kind: 'open', server: { ...server, where } }, ...withConfig(ctx, config) }
}

/** The configured database, else the embedded server's when it is up; nothing is started by looking. */
export function findDatabaseUrl(settings: Settings): string | undefined {
  return configuredDatabaseUrl(settings) ?? readEmbeddedUrl(settings.home)
}
