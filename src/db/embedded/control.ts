import { UserError } from '../../errors.ts'
import { readUserName } from './account.ts'
import { readMajor } from './cluster.ts'
import { explainFileError, statIfThere } from './files.ts'
import { findForeignOwner, findPlace, type Place } from './location.ts'
import { withLock } from './lock.ts'
import { findLogFile } from './log-file.ts'
import { inspectServer, stopServer } from './postmaster.ts'

export interface EmbeddedStatus {
  /** `foreign`: the data belongs to another user, and who we are may not look. */
  state: 'absent' | 'stopped' | 'running' | 'foreign'
  dataFolder: string
  /** Only while it runs. */
  port?: number
  pid?: number
  /** Major version of the data, such as 17. */
  version?: number
  /** Name of the user who owns the data. */
  owner?: string
  /** The log written last. */
  logFile: string
}

/** What is there; starts and changes nothing. */
export async function embeddedStatus({ home }: { home: string }): Promise<EmbeddedStatus> {
  try {
    return await readStatus(await findPlace(home))
  } catch (error) {
    throw explainFileError(error, `${home}/.storyline`)
  }
}

async function readStatus(place: Place): Promise<EmbeddedStatus> {
  const { dataFolder } = place
  const logFile = await findLogFile(dataFolder)
  const foreign = await findForeignOwner(place)
  if (foreign !== undefined) return { state: 'foreign', dataFolder, owner: foreign, logFile }
  const version = await readMajor(dataFolder)
  if (version === undefined) return { state: 'absent', dataFolder, logFile }
  const server = await inspectServer(dataFolder)
  const common = { dataFolder, version, owner: await readDataOwner(place), logFile }
  if (server.kind === 'down') return { state: 'stopped', ...common }
  return { state: 'running', ...common, port: server.port, pid: server.pid }
}

export interface StopOptions {
  home: string
  log: (line: string) => void
  /** `fast` ends connections and closes cleanly (default); `immediate` is a crash with a replay at the next start. */
  mode?: 'fast' | 'immediate'
}

/** Stops the server and waits for its end; `stopped` is false when it was not running. */
export async function stopEmbedded({ home, log, mode = 'fast' }: StopOptions): Promise<{ stopped: boolean }> {
  try {
    const place = await findPlace(home)
    const foreign = await findForeignOwner(place)
    if (foreign !== undefined) throw notOurs(place, foreign)
    if (!(await statIfThere(place.dataFolder))) return { stopped: false }
    // Under the lock, so that it does not end a server another command is just starting.
    const stop = async () => ({ stopped: await stopServer(place.dataFolder, mode) })
    return await withLock(place.lockFolder, { owner: place.homeOwner, log }, stop)
  } catch (error) {
    throw explainFileError(error, `${home}/.storyline`)
  }
}

async function readDataOwner(place: Place): Promise<string> {
  return readUserName((await statIfThere(place.dataFolder))?.uid ?? 0)
}

function notOurs(place: Place, owner: string): UserError {
  return new UserError(`the embedded database in ${place.folder} belongs to ${owner}`, {
    code: 'embedded_foreign',
    fix: `stop it as ${owner} or root`,
  })
}
