import { readFileSync, statSync } from 'node:fs'

/** How to reach the embedded server; the content of `connection.json` (0600, owned by the user the server runs as). */
export interface Connection {
  host: string
  port: number
  user: string
  password: string
  database: string
}

/** What the server itself writes into `postmaster.pid` (utils/pidfile.h): it may be a leftover of a crash. */
export interface PostmasterFile {
  /** 0 when the file is empty or damaged. */
  pid: number
  port: number
  status: string
}

/**
 * The connection URL of the embedded server if it is up, without asking it: a few small files, about 0.1 ms.
 * `undefined` means "call ensureEmbedded", which starts it or says why it cannot.
 */
export function readEmbeddedUrl(home: string): string | undefined {
  try {
    const folder = readPostgresFolder(home)
    const server = readPostmasterFile(`${folder}/data`)
    if (server?.status !== 'ready' || !isProbablyPostmaster(server.pid, `${folder}/data`)) return undefined
    const connection = readConnection(folder)
    return connection && connectionUrl({ ...connection, port: server.port })
  } catch {
    // Not ours to read, or half written: ensureEmbedded explains it.
    return undefined
  }
}

/** The folder that holds `data/` and `connection.json`: below the home, or where `.storyline/location` points. */
function readPostgresFolder(home: string): string {
  return `${readLocation(home) ?? `${home}/.storyline`}/postgres`
}

/** The content of `.storyline/location`: where root keeps binaries and data when nobody else can reach the home. */
export function readLocation(home: string): string | undefined {
  const file = `${home}/.storyline/location`
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  return readFileSync(file, 'utf8').trim() || undefined
}

/** `undefined` when the file is missing or damaged; throws when it may not be read. */
export function readConnection(folder: string): Connection | undefined {
  const file = `${folder}/connection.json`
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  const text = readFileSync(file, 'utf8')
  try {
    const value = JSON.parse(text) as Partial<Connection> | null
    const { host, port, user, password, database } = value ?? {}
    return host && port && user && password && database ? { host, port, user, password, database } : undefined
  } catch {
    return undefined
  }
}

export function connectionUrl({ host, port, user, password, database }: Connection): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`
}

export function readPostmasterFile(dataFolder: string): PostmasterFile | undefined {
  const file = `${dataFolder}/postmaster.pid`
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  const lines = readFileSync(file, 'utf8').split('\n')
  // A negative pid is a single-user backend.
  return { pid: Math.abs(Number(lines[0])) || 0, port: Number(lines[3]) || 0, status: lines[7]?.trim() ?? '' }
}

/** The server's working directory is its data folder: that tells it from a later process with the same pid, and from the server of a copied folder. */
export function hasWorkingFolder(pid: number, folder: string): boolean {
  const current = statSync(`/proc/${pid}/cwd`, { throwIfNoEntry: false })
  const wanted = statSync(folder)
  return current?.ino === wanted.ino && current.dev === wanted.dev
}

function isProbablyPostmaster(pid: number, dataFolder: string): boolean {
  if (pid === 0) return false
  if (process.platform === 'linux') return hasWorkingFolder(pid, dataFolder)
  return process.kill(pid, 0)
}
