import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode, UserError } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import { diskFull, isDiskFull, statIfThere, writeAtomic } from './files.ts'
import type { SettledPlace } from './location.ts'
import { markLogs, openStartLog, readLogsSince } from './log-file.ts'
import { findFreePort, isPortFree } from './port.ts'
import { isPidTaken, isServerOf } from './processes.ts'
import { asAccount, CHILD_ENVIRONMENT } from './run.ts'
import { readPostmasterFile } from './url.ts'

const POLL_MILLISECONDS = 20

/** Longest wait for a start or stop, in seconds; replaying 256 MB of WAL from an SD card takes a minute or two. */
const WAIT_SECONDS = 300

/** How often a person hears that we still wait, in seconds. */
const REPORT_SECONDS = 10

/** After a crash, orphaned backends hold the shared memory until they notice; they get this many seconds. */
const ORPHAN_SECONDS = 8

/** How often in a row another program may be faster, before it is an error. */
const MAX_OVERTAKEN = 3

/** A pid no system gives out, so that PostgreSQL sees its lock file as left over. */
const NO_PROCESS = 2_147_483_646

export type Server =
  | { kind: 'down' }
  | { kind: 'up'; pid: number; port: number; status: 'starting' | 'ready' | 'stopping' }

/** Looks at the server of this data folder; a pid file left by a crash, whoever has that pid now, is not one. */
export async function inspectServer(dataFolder: string): Promise<Server> {
  const file = readPostmasterFile(dataFolder)
  if (file === undefined || !(await isServerOf(file.pid, dataFolder))) return { kind: 'down' }
  const status = file.status === 'ready' || file.status === 'stopping' ? file.status : 'starting'
  return { kind: 'up', pid: file.pid, port: file.port, status }
}

export interface StartOptions {
  binaries: Binaries
  /** The recorded port; another one is chosen when somebody else listens on it. */
  port: number
  log: (line: string) => void
}

/** Starts the server unless it is up, and waits until it accepts connections. Call it under the lock. */
export async function startServer(
  place: SettledPlace,
  options: StartOptions,
): Promise<{ port: number; started: boolean }> {
  for (let failures = 0; ; failures++) {
    const server = await waitUntilSettled(place.dataFolder, options.log)
    if (server.kind === 'up') return { port: server.port, started: false }
    const hasLeftovers = await clearStalePid(place)
    const port = await findFreePort(options.port)
    const mark = await markLogs(place.dataFolder)
    const child = await spawnServer(place, options.binaries, port)
    if (await waitForReady(child, place.dataFolder, options.log)) {
      if (port !== options.port) options.log(`port ${options.port} is taken by another program: using ${port}`)
      return { port, started: true }
    }
    if (failures < MAX_OVERTAKEN && (await wasOvertaken(place.dataFolder, port))) continue
    if (!hasLeftovers || failures >= ORPHAN_SECONDS) {
      throw await startFailed(place.dataFolder, await readLogsSince(place.dataFolder, mark))
    }
    await sleep(1000)
  }
}

/** Somebody took the port, or a start that a killed command had begun came first. */
async function wasOvertaken(dataFolder: string, port: number): Promise<boolean> {
  return !(await isPortFree(port)) || (await inspectServer(dataFolder)).kind === 'up'
}

/** Ends the server and waits until it is gone. Signals as in pg_ctl(1). */
export async function stopServer(dataFolder: string, mode: 'fast' | 'immediate'): Promise<boolean> {
  const server = await inspectServer(dataFolder)
  if (server.kind === 'down') return false
  signal(server.pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  for (let waited = 0; waited < WAIT_SECONDS * 1000; waited += POLL_MILLISECONDS) {
    if (!(await isServerOf(server.pid, dataFolder))) return true
    await sleep(POLL_MILLISECONDS)
  }
  throw new UserError(`the database server (process ${server.pid}) did not stop within ${WAIT_SECONDS} s`, {
    code: 'embedded_stop_failed',
    fix: 'try storyline db stop --immediate; the next start then replays the journal',
  })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It went by itself in this moment.
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Its own session and no pipe of ours: it outlives this command, and whoever captures our output gets an end. */
async function spawnServer(place: SettledPlace, binaries: Binaries, port: number): Promise<ChildProcess> {
  const output = await openStartLog(place)
  try {
    const child = spawn(binaries.postgres, ['-D', place.dataFolder, '-p', String(port)], {
      ...asAccount(place.account),
      cwd: '/',
      detached: true,
      env: CHILD_ENVIRONMENT,
      stdio: ['ignore', output.fd, output.fd],
    })
    // A program that cannot be started has no exit code, only this event.
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    await output.close()
  }
}

async function waitForReady(child: ChildProcess, dataFolder: string, log: (line: string) => void): Promise<boolean> {
  for (let waited = 0; waited < WAIT_SECONDS * 1000; waited += POLL_MILLISECONDS) {
    await sleep(POLL_MILLISECONDS)
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false
    const server = await inspectServer(dataFolder)
    if (server.kind === 'up' && server.pid === child.pid && server.status === 'ready') return true
    reportWait(waited, log)
  }
  throw stillStarting(child.pid)
}

/** A server that somebody started a moment ago becomes ready; one that is stopping goes. */
async function waitUntilSettled(dataFolder: string, log: (line: string) => void): Promise<Server> {
  for (let waited = 0; ; waited += POLL_MILLISECONDS) {
    const server = await inspectServer(dataFolder)
    if (server.kind === 'down' || server.status === 'ready') return server
    if (waited >= WAIT_SECONDS * 1000) throw stillStarting(server.pid)
    await sleep(POLL_MILLISECONDS)
    reportWait(waited, log)
  }
}

function reportWait(waited: number, log: (line: string) => void): void {
  if (waited > 0 && waited % (REPORT_SECONDS * 1000) === 0) {
    log(`the database server is still working on it (${waited / 1000} s); after a crash it replays its journal`)
  }
}

/**
 * Makes a left-over pid file harmless and says whether there was one. PostgreSQL refuses to start when any process has the pid in
 * it. The file is not removed: PostgreSQL also finds in it the shared memory that orphaned backends may still use.
 */
async function clearStalePid({ dataFolder, account }: SettledPlace): Promise<boolean> {
  const path = `${dataFolder}/postmaster.pid`
  const file = readPostmasterFile(dataFolder)
  if (file === undefined) return false
  if (file.pid === 0) {
    // Empty: cut off by a crash or a full disk at the very beginning. A live server fills it within microseconds.
    await sleep(1000)
    if ((await statIfThere(path))?.size === 0) await unlink(path)
    return true
  }
  if (isPidTaken(file.pid)) {
    const text = await readFile(path, 'utf8')
    await writeAtomic(path, text.replace(/^-?\d+/, String(NO_PROCESS)), { mode: 0o600, owner: account })
  }
  return true
}

async function startFailed(dataFolder: string, lines: string): Promise<UserError> {
  if (await isDiskFull(dataFolder)) return diskFull(dataFolder, new Error(lines))
  return new UserError(`the database server does not start; it says:\n${lines || '(nothing)'}`, {
    code: 'embedded_start_failed',
    fix: `correct what it says above (logs: ${dataFolder}/log) and run the command again`,
  })
}

function stillStarting(pid: number | undefined): UserError {
  return new UserError(`the database server (process ${pid}) is not ready after ${WAIT_SECONDS} s`, {
    code: 'embedded_not_ready',
    fix: 'it may be replaying its journal: wait, watch `storyline db status`, and run the command again',
  })
}
