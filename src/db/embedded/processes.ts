import { readFile } from 'node:fs/promises'
import { run } from './run.ts'
import { hasWorkingFolder } from './url.ts'

/**
 * Names a process for good: `<pid> <start>`. The start (ticks since boot with the boot's id, or a date on macOS) tells it from a
 * later process that got the same pid, also after a reboot.
 */
export async function identifyProcess(pid: number): Promise<string | undefined> {
  const start = process.platform === 'linux' ? await readLinuxStart(pid) : await readStartFromPs(pid)
  return start === undefined ? undefined : `${pid} ${start}`
}

/** Whether the process an identity was taken from still runs. A zombie does not: it holds nothing and may stay for ever in a container. */
export async function isProcessAlive(identity: string): Promise<boolean> {
  const pid = Number.parseInt(identity, 10)
  if (!isPidTaken(pid)) return false
  const current = await identifyProcess(pid).catch(() => 'hidden')
  // /proc may be mounted with hidepid: a process we can signal but not see is taken for the one we look for.
  return current === 'hidden' || current === identity
}

/** Whether `pid` is the server (or a single-user backend) of this data folder. */
export async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (pid <= 0 || !isPidTaken(pid)) return false
  if (process.platform === 'linux') {
    try {
      return hasWorkingFolder(pid, dataFolder)
    } catch {
      // Not allowed to look: the command line, which everybody may read, decides below.
    }
  }
  const ps = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
  return ps.ok && ps.output.includes('postgres') && ps.output.includes(dataFolder)
}

export const ownPid = (): number => process.pid

/** Whether any process has this pid. */
export function isPidTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function readLinuxStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // proc(5): the name in parentheses may contain anything; state is field 3, starttime field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  return `${fields[19]}@${boot.trim()}`
}

async function readStartFromPs(pid: number): Promise<string | undefined> {
  const { ok, output } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
  const [state, ...start] = output.trim().split(/\s+/)
  return ok && state && !state.startsWith('Z') ? start.join('_') : undefined
}
