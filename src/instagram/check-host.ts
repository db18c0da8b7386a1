import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { type Host, HostError, type HostFailure } from '../hosting/hosting.ts'
import { judgeHostedUrl } from '../hosting/judge-url.ts'
import type { Check } from './api-checks.ts'

const NAME = 'media host'

/** One grey pixel, baseline JPEG. */
const PICTURE = Buffer.from(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhC' +
    'Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAABAAEDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAA' +
    'AP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAAAAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AAA//2Q==',
  'base64',
)

/** Uploads a tiny picture, fetches it as Meta would, and deletes it again. */
export async function checkHost({ settings }: Context, host: Host): Promise<Check> {
  const key = `storyline/test-${randomUUID().slice(0, 8)}`
  const fault = await tryUpload(host, key, settings.httpTimeoutSeconds)
  // Also after a failed upload: it may have arrived.
  const left = await tryRemove(host, key)
  if (fault) return fault
  if (left) {
    const fix = `Delete ${key} there by hand, and let the key of ${host.name} delete.`
    return { name: NAME, ok: false, detail: `${host.name}: the test picture could not be deleted: ${left.reason}`, fix }
  }
  return { name: NAME, ok: true, detail: `${host.name}: uploaded, served as Meta wants it, deleted` }
}

async function tryUpload(host: Host, key: string, timeoutSeconds: number): Promise<Check | null> {
  try {
    const { url } = await host.upload(key, PICTURE)
    const reason = await judgeHostedUrl(url, { bytes: PICTURE.length }, { timeoutSeconds })
    if (reason === null) return null
    const fix =
      'Meta fetches pictures by their public address: let the host serve them as they are, without a redirect.'
    return { name: NAME, ok: false, detail: `${host.name}: ${reason}`, fix }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const { failure } = error
    return { name: NAME, ok: false, detail: `${host.name}: ${failure.reason}`, fix: fixFor(failure) }
  }
}

async function tryRemove(host: Host, key: string): Promise<HostFailure | null> {
  try {
    await host.remove(key)
    return null
  } catch (error) {
    if (error instanceof HostError) return error.failure
    throw error
  }
}

function fixFor(failure: HostFailure): string {
  return failure.kind === 'closed' ? failure.fix : 'Try again in a while; if it stays, check the settings of the host.'
}
