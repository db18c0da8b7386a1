import { type Check, healthy, unhealthy } from '../check.ts'
import type { Door } from '../door.ts'

/** SPEC §6. */
const OLDEST_VERSION = 14

export const database: Check<Door> = {
  name: 'database',
  title: 'Database',
  needs: 'settings',
  measure: ({ door }) => door,
  judge: (door) => {
    if (door.kind === 'closed') return unhealthy(door.reason, door.fix)
    const { where, version, versionNumber } = door.server
    if (versionNumber < OLDEST_VERSION * 10_000) {
      const fix = `Move to a server of version ${OLDEST_VERSION} or newer.`
      return unhealthy(`PostgreSQL ${version} at ${where} is older than ${OLDEST_VERSION}`, fix)
    }
    return healthy(`PostgreSQL ${version} at ${where}`)
  },
}
