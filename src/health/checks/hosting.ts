import type { HostName } from '../../db/schema.ts'
import { openHost } from '../../hosting/open-host.ts'
import { type Check, healthy, unhealthy } from '../check.ts'
import { isAre } from '../words.ts'

export interface HostingFacts {
  isNeeded: boolean
  host: HostName
  /** Settings without which it cannot be used. */
  missing: string[]
}

/** Whether pictures can get a public address; nothing is uploaded: `storyline test-api` does that. */
export const hosting: Check<HostingFacts> = {
  name: 'hosting',
  title: 'Media host',
  needs: 'settings',
  told: { alerts: ['hosting-blocked'] },
  measure: async ({ settings }) => {
    const { mediaHost: host, enableInstagramApi: isNeeded } = settings
    if (!isNeeded) return { isNeeded, host, missing: [] }
    const opened = await openHost(settings)
    return { isNeeded, host, missing: opened.kind === 'incomplete' ? opened.missing : [] }
  },
  judge: ({ isNeeded, host, missing }) => {
    if (!isNeeded) return healthy('not needed: automatic publishing is not enabled')
    if (missing.length === 0) return healthy(`${host} is set up`)
    const details = `${host} is not set up: ${missing.join(', ')} ${isAre(missing.length)} missing`
    return unhealthy(details, '`storyline help instagram` shows where to get them.')
  },
}
