import { UserError } from '../../errors.ts'
import { type Binaries, prepareBinaries } from './binaries.ts'
import { adoptData, createCluster, readMajor, renewPassword, writeConf, writeConnection } from './cluster.ts'
import { explainFileError } from './files.ts'
import { connectToForeign } from './foreign.ts'
import { findForeignOwner, findPlace, makeStateFolder, type Place, type SettledPlace, settlePlace } from './location.ts'
import { withLock } from './lock.ts'
import { findFreePort } from './port.ts'
import { inspectServer, startServer, stopServer } from './postmaster.ts'
import { type Connection, connectionUrl, readConnection, readPostmasterFile } from './url.ts'
import { type Verdict, verifyConnection } from './verify.ts'

export interface EnsureOptions {
  /** STORYLINE_HOME. */
  home: string
  log: (line: string) => void
  /** The port to prefer; default: the recorded one, at first a free one from 20000 to 32000. */
  port?: number
}

export interface Ensured {
  url: string
  /** Whether this call started the server. */
  started: boolean
  /** Whether this call created the cluster (empty: it needs the migrations). */
  initialised: boolean
}

/**
 * Brings the embedded server up and returns how to connect to it. May be called by any number of processes at once: one works, the
 * others wait for it and then find the server up.
 */
export async function ensureEmbedded(options: EnsureOptions): Promise<Ensured> {
  try {
    const place = await findPlace(options.home)
    const url = await findRunning(place)
    if (url !== undefined) return { url, started: false, initialised: false }
    await makeStateFolder(place)
    return await withLock(place.lockFolder, { owner: place.homeOwner, log: options.log }, () => bringUp(options))
  } catch (error) {
    throw explainFileError(error, `${options.home}/.storyline`)
  }
}

/** The usual case, without the lock: the server is up and our password is right. That of another user must be. */
async function findRunning(place: Place): Promise<string | undefined> {
  const foreign = await findForeignOwner(place)
  if (foreign !== undefined) return connectToForeign(place, foreign)
  const server = await inspectServer(place.dataFolder)
  const connection = readConnection(place.folder)
  if (server.kind === 'down' || server.status !== 'ready' || !connection) return undefined
  const current = { ...connection, port: server.port }
  const { kind } = await verifyConnection(current)
  return kind === 'ok' || kind === 'busy' ? connectionUrl(current) : undefined
}

async function bringUp({ home, log, port }: EnsureOptions): Promise<Ensured> {
  // Looked up again: whoever had the lock before us may have moved the place.
  const place = await settlePlace(await findPlace(home), log)
  const recorded = readConnection(place.folder)
  const major = await readMajor(place.dataFolder)
  const binaries = await prepareBinaries({ base: place.base, account: place.account, log })
  const last = recorded?.port ?? readPostmasterFile(place.dataFolder)?.port
  const wanted = port ?? (last || (await findFreePort()))
  if (major === undefined) await initialise(place, { binaries, port: wanted, log })
  else if (major !== binaries.major) throw otherMajor(place, major, binaries.major)
  const started = await start(place, { binaries, port: wanted, log })
  return { ...started, initialised: major === undefined }
}

interface StartInput {
  binaries: Binaries
  port: number
  log: (line: string) => void
}

async function initialise(place: SettledPlace, { binaries, port, log }: StartInput): Promise<void> {
  if (readConnection(place.folder)) throw dataMissing(place)
  log(`creating the database in ${place.dataFolder}${place.account ? ` (it runs as ${place.account.name})` : ''}`)
  await createCluster(place, binaries, port)
}

async function start(place: SettledPlace, input: StartInput): Promise<Omit<Ensured, 'initialised'>> {
  await adoptData(place)
  await writeConf(place.dataFolder, place.account)
  if (!readConnection(place.folder)) await repairPassword(place, input)
  let up = await startAndVerify(place, input)
  if (up.verdict.kind === 'wrong_password') {
    await repairPassword(place, input)
    up = await startAndVerify(place, input)
  }
  const { verdict, url, started } = up
  if (verdict.kind === 'ok' || verdict.kind === 'busy') return { url, started }
  throw unusable(place, verdict)
}

async function startAndVerify(place: SettledPlace, input: StartInput) {
  const { port, started } = await startServer(place, input)
  const connection = await recordPort(place, port)
  return { verdict: await verifyConnection(connection), url: connectionUrl(connection), started }
}

/** The connection file was lost, damaged or replaced: nobody can connect, so nobody is disturbed by the restart. */
async function repairPassword(place: SettledPlace, { binaries, port, log }: StartInput): Promise<void> {
  log(`the recorded password in ${place.connectionFile} is missing or wrong: setting a new one`)
  await stopServer(place.dataFolder, 'fast')
  await renewPassword(place, binaries, port)
}

async function recordPort(place: SettledPlace, port: number): Promise<Connection> {
  const connection = readConnection(place.folder)
  if (!connection) throw new Error(`${place.connectionFile} vanished while the server started`)
  if (connection.port !== port) await writeConnection(place, { password: connection.password, port })
  return { ...connection, port }
}

function otherMajor(place: Place, major: number, expected: number): UserError {
  return new UserError(
    `the data in ${place.dataFolder} is of PostgreSQL ${major}; this Storyline brings PostgreSQL ${expected}`,
    {
      code: 'embedded_other_major',
      fix: 'run `storyline db upgrade`, which says how to take the data over',
    },
  )
}

function dataMissing(place: Place): UserError {
  return new UserError(
    `the data folder ${place.dataFolder} is gone, although ${place.connectionFile} says there was one`,
    {
      code: 'embedded_data_missing',
      fix: 'mount or restore it; or delete connection.json to start with an empty database',
    },
  )
}

function unusable(place: Place, verdict: Verdict): UserError {
  const { code, cause } = verdict.kind === 'failed' ? verdict : { code: undefined, cause: undefined }
  return new UserError(`the embedded database runs but cannot be used (${code ?? verdict.kind})`, {
    code: 'embedded_unusable',
    fix: `look at the logs in ${place.dataFolder}/log; storyline db stop and the next command start it anew`,
    cause,
  })
}
