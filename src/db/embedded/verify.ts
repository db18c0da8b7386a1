import { errorCode } from '../../errors.ts'
import { type Connection, connectionUrl } from './url.ts'

/** Longest wait for an answer from a server on this machine, in seconds. */
const CONNECT_SECONDS = 10

/** SQLSTATE classes of a server that is ours but has no place for us now: cannot_connect_now, too_many_connections. */
const BUSY_CODES = ['57P03', '53300']

export type Verdict =
  | { kind: 'ok'; dataFolder: string }
  /** It is there and knows our password, or has no time to check it. */
  | { kind: 'busy' }
  | { kind: 'wrong_password' }
  /** `code` is a SQLSTATE or a code of the system, such as ECONNREFUSED. */
  | { kind: 'failed'; code: string | undefined; cause: unknown }

/** Connects once and asks whose data it serves. */
export async function verifyConnection(connection: Connection): Promise<Verdict> {
  // Imported here, because most commands find the server up and never come this way.
  const { default: postgres } = await import('postgres')
  const sql = postgres(connectionUrl(connection), {
    max: 1,
    connect_timeout: CONNECT_SECONDS,
    fetch_types: false,
    ssl: false,
    onnotice: () => {},
  })
  try {
    const [row] = await sql<{ folder: string }[]>`select current_setting('data_directory') as folder`
    return { kind: 'ok', dataFolder: row?.folder ?? '' }
  } catch (cause) {
    const code = errorCode(cause)
    if (code === '28P01' || code === '28000') return { kind: 'wrong_password' }
    if (code !== undefined && BUSY_CODES.includes(code)) return { kind: 'busy' }
    return { kind: 'failed', code, cause }
  } finally {
    await sql.end({ timeout: 1 })
  }
}
