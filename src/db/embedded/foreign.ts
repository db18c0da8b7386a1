import { realpath } from 'node:fs/promises'
import { errorCode, UserError } from '../../errors.ts'
import type { Place } from './location.ts'
import { type Connection, connectionUrl, readConnection } from './url.ts'
import { verifyConnection } from './verify.ts'

/** A server of another user can be used when it is up and its connection file is readable; it cannot be started. */
export async function connectToForeign(place: Place, owner: string): Promise<string> {
  const connection = readForeignConnection(place, owner)
  const verdict = await verifyConnection(connection)
  if (verdict.kind === 'busy') return connectionUrl(connection)
  if (verdict.kind === 'ok' && verdict.dataFolder === `${await realpath(place.folder)}/data`)
    return connectionUrl(connection)
  throw new UserError(`the embedded database in ${place.folder} belongs to ${owner} and is not running`, {
    code: 'embedded_foreign',
    fix: `start it as ${owner} or root (sudo storyline db start), or set DATABASE_URL`,
    cause: verdict.kind === 'failed' ? verdict.cause : undefined,
  })
}

function readForeignConnection(place: Place, owner: string): Connection {
  try {
    const connection = readConnection(place.folder)
    if (connection) return connection
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error
  }
  throw new UserError(
    `the embedded database in ${place.folder} belongs to ${owner}, and only ${owner} may read how to connect`,
    {
      code: 'embedded_foreign',
      fix: `run the command as ${owner} or root, or set DATABASE_URL to use a PostgreSQL server of your own`,
    },
  )
}
