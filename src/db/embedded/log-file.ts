import { constants } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { makeFolder } from './files.ts'
import type { SettledPlace } from './location.ts'

/** What the server says before its own log begins; grows only by failed starts. */
const START_LOG = 'start.log'

/** Above this the start log begins anew, in bytes. */
const MAX_START_LOG_BYTES = 256 * 1024

const TAIL_LINES = 12

/** How long every log file was at a moment. */
export type LogMark = ReadonlyMap<string, number>

/** Opens what becomes stdout and stderr of the server: a file, so that no pipe of ours stays open after we end. */
export async function openStartLog({ dataFolder, account }: SettledPlace): Promise<FileHandle> {
  await makeFolder(`${dataFolder}/log`, 0o700, account)
  // No following: the folder belongs to another user than the root that opens the file.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  const file = await open(`${dataFolder}/log/${START_LOG}`, flags, 0o600)
  if (account) await file.chown(account.uid, account.gid)
  if ((await file.stat()).size > MAX_START_LOG_BYTES) await file.truncate()
  return file
}

/** The log a person should look at first: the one written last. */
export async function findLogFile(dataFolder: string): Promise<string> {
  const files = await listLogs(dataFolder)
  return files.at(-1)?.path ?? `${dataFolder}/log/${START_LOG}`
}

export async function markLogs(dataFolder: string): Promise<LogMark> {
  return new Map((await listLogs(dataFolder)).map(({ path, size }) => [path, size]))
}

/** The last lines written since the mark. */
export async function readLogsSince(dataFolder: string, mark: LogMark): Promise<string> {
  const lines: string[] = []
  for (const { path, size } of await listLogs(dataFolder)) {
    const start = mark.get(path) ?? 0
    if (size > start) lines.push(...(await readEnd(path, start, size)).trimEnd().split('\n'))
  }
  return lines.slice(-TAIL_LINES).join('\n')
}

async function readEnd(path: string, start: number, size: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const from = Math.max(start, size - 8192)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Oldest first. */
async function listLogs(dataFolder: string): Promise<{ path: string; size: number; mtimeMs: number }[]> {
  const names = await readdir(`${dataFolder}/log`).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => {
      const path = `${dataFolder}/log/${name}`
      const { size, mtimeMs } = await stat(path)
      return { path, size, mtimeMs }
    }),
  )
  return files.sort((a, b) => a.mtimeMs - b.mtimeMs)
}
