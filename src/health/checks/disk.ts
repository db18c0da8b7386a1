import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { embeddedStatus } from '../../db/embedded/control.ts'
import { errorCode } from '../../errors.ts'
import { configuredDatabaseUrl } from '../../settings.ts'
import { type Bench, type Check, healthy, unhealthy, warning } from '../check.ts'

export interface DiskFacts {
  /** One for each file system. */
  disks: { holds: string[]; freeBytes: number; totalBytes: number }[]
  /** What could not be looked at, and why. */
  troubles: string[]
}

const MB = 1024 ** 2
const GB = 1024 ** 3
const UNHEALTHY_BYTES = 200 * MB
const WARN_BYTES = GB
const WARN_SHARE = 0.1
const FIX = 'Free some space: a smaller BACKUP_RETENTION_DAYS, old logs, or another disk.'

/** What this user may still write, where Storyline writes or reads. */
export const disk: Check<DiskFacts> = {
  name: 'disk',
  title: 'Disk space',
  needs: 'settings',
  measure: measureDisks,
  judge: ({ disks, troubles }) => {
    const details = [...disks.map(describe), ...troubles].join('; ')
    if (disks.some(({ freeBytes }) => freeBytes < UNHEALTHY_BYTES)) return unhealthy(details, FIX)
    if (troubles.length > 0) return unhealthy(details)
    return disks.some(isLow) ? warning(details, FIX) : healthy(details)
  },
}

type Disk = DiskFacts['disks'][number]

function isLow({ freeBytes, totalBytes }: Disk): boolean {
  return freeBytes < WARN_BYTES || freeBytes < totalBytes * WARN_SHARE
}

function describe({ holds, freeBytes, totalBytes }: Disk): string {
  const percent = totalBytes === 0 ? 0 : Math.floor((100 * freeBytes) / totalBytes)
  return `${holds.join(', ')}: ${size(freeBytes)} of ${size(totalBytes)} free (${percent} %)`
}

function size(bytes: number): string {
  return bytes < GB ? `${Math.floor(bytes / MB)} MB` : `${(Math.floor((10 * bytes) / GB) / 10).toFixed(1)} GB`
}

async function measureDisks({ settings }: Bench): Promise<DiskFacts> {
  const byDevice = new Map<number, Disk>()
  const troubles: string[] = []
  const places: [string, string][] = [
    ['media', settings.mediaBasePath],
    ['backups', settings.backupDir],
    ...(configuredDatabaseUrl(settings) === undefined ? await databaseFolder(settings.home) : []),
  ]
  for (const [name, path] of places) {
    try {
      const { device, ...space } = await readSpace(path)
      const known = byDevice.get(device)
      if (known) known.holds.push(name)
      else byDevice.set(device, { holds: [name], ...space })
    } catch (error) {
      troubles.push(`the space for ${name} cannot be read (${errorCode(error) ?? 'unknown error'})`)
    }
  }
  return { disks: [...byDevice.values()], troubles }
}

/** Only the embedded server's: where a configured one keeps its data is its own business. */
async function databaseFolder(home: string): Promise<[string, string][]> {
  try {
    return [['database', (await embeddedStatus({ home })).dataFolder]]
  } catch {
    return [] // The check of the database says what is wrong with it.
  }
}

/** What is not there yet, or not ours to enter, would lie on the disk of its parent. */
async function readSpace(path: string): Promise<{ device: number; freeBytes: number; totalBytes: number }> {
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    return { device: (await stat(path)).dev, freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')
    if (!isAbsent || dirname(path) === path) throw error
    return readSpace(dirname(path))
  }
}
