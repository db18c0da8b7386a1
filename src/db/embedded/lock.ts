import { chmod, chown, mkdtemp, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode, UserError } from '../../errors.ts'
import type { Ownership } from './files.ts'
import { identifyProcess, isProcessAlive } from './processes.ts'

/** Between two looks at a lock that somebody else holds, in milliseconds. */
const POLL_MILLISECONDS = 50

/** Longest wait for the holder, in seconds: initdb on a slow SD card plus a crash recovery. */
const WAIT_SECONDS = 600

const FREE = 'free'

export interface LockOptions {
  /** Who shall own the lock folder when root creates it. */
  owner: Ownership | undefined
  log: (line: string) => void
}

/**
 * Runs a job while holding the lock; everybody else waits. Works between processes of one machine (one PID namespace).
 *
 * The folder holds one symbolic link per turn, named by its number; its target says who has the turn (`<pid> <start>`) or `free`.
 * A link is created atomically with its content, and only once per name, so of all who see turn 5 free or its holder dead exactly
 * one becomes turn 6. The highest number is never removed, only overtaken: there is no moment in which a stale lock is deleted,
 * and therefore none in which two can have it.
 */
export async function withLock<T>(folder: string, options: LockOptions, job: () => Promise<T>): Promise<T> {
  const turn = await takeTurn(folder, options)
  try {
    return await job()
  } finally {
    // Prepared when the turn began: giving back needs no space on a full disk.
    await rename(`${folder}/free-${turn}`, `${folder}/${turn}`).catch(ignore('ENOENT'))
  }
}

async function takeTurn(folder: string, options: LockOptions): Promise<number> {
  const self = await identifyProcess(process.pid)
  if (self === undefined) throw new Error(`process ${process.pid} cannot find itself in the process table`)
  for (let waits = 0; ; waits++) {
    const last = await readLastTurn(folder, options.owner)
    if (last.holder === FREE || !(await isProcessAlive(last.holder))) {
      const turn = await tryTurn(folder, last, self)
      if (turn !== undefined) return turn
    } else {
      await waitForHolder(folder, last.holder, { waits, log: options.log })
    }
  }
}

interface Turn {
  number: number
  holder: string
}

async function readLastTurn(folder: string, owner: Ownership | undefined): Promise<Turn> {
  for (;;) {
    const numbers = await readNumbers(folder)
    const number = numbers.at(-1)
    if (number === undefined) await createLockFolder(folder, owner)
    else {
      const holder = await readHolder(folder, number)
      if (holder !== undefined) return { number, holder }
    }
  }
}

async function tryTurn(folder: string, last: Turn, self: string): Promise<number | undefined> {
  const number = last.number + 1
  // The same name from two rivals is fine: both mean the same thing.
  await symlink(FREE, `${folder}/free-${number}`).catch(ignore('EEXIST'))
  const created = await symlink(self, `${folder}/${number}`).then(() => true, ignore('EEXIST'))
  if (!created) return undefined
  // Turns are removed in ascending order, so the one before us still being there proves that ours was never had and removed by
  // somebody who was faster than our reading of the folder.
  if ((await readHolder(folder, last.number)) !== last.holder) {
    await removeTurn(folder, number)
    return undefined
  }
  for (const old of await readNumbers(folder)) {
    if (old < number) await removeTurn(folder, old)
  }
  return number
}

async function removeTurn(folder: string, number: number): Promise<void> {
  await rm(`${folder}/${number}`, { force: true })
  await rm(`${folder}/free-${number}`, { force: true })
}

async function waitForHolder(
  folder: string,
  holder: string,
  { waits, log }: { waits: number; log: (line: string) => void },
): Promise<void> {
  const pid = Number.parseInt(holder, 10)
  if (waits === 1000 / POLL_MILLISECONDS) log(`waiting for process ${pid}, which is working on the database server`)
  if (waits >= (WAIT_SECONDS * 1000) / POLL_MILLISECONDS) {
    throw new UserError(`process ${pid} has held ${folder} for ${WAIT_SECONDS} s`, {
      code: 'embedded_locked',
      fix: `look at what it does (ps -p ${pid}) and end it if it hangs; the lock frees itself`,
    })
  }
  await sleep(POLL_MILLISECONDS)
}

async function readNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(ignore('ENOENT'))
  return (names ?? [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

async function readHolder(folder: string, number: number): Promise<string | undefined> {
  return readlink(`${folder}/${number}`).catch(ignore('ENOENT'))
}

/** The first turn comes with the folder: renaming onto a folder that is not empty fails, so only one of several can win. */
async function createLockFolder(folder: string, owner: Ownership | undefined): Promise<void> {
  const draft = await mkdtemp(`${folder}.new-`)
  try {
    await symlink(FREE, `${draft}/0`)
    await chmod(draft, 0o755)
    if (owner) await chown(draft, owner.uid, owner.gid)
    await rename(draft, folder).catch(ignore('ENOTEMPTY', 'EEXIST'))
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

function ignore(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errorCode(error) ?? '')) throw error
    return undefined
  }
}
