import { judgeHostedUrl } from '../../hosting/judge-url.ts'
import { judgeHost } from '../../instagram/judge.ts'
import { hostedKey, type InstagramDelivery, type InstagramSteps } from './channel.ts'
import { Ended } from './ended.ts'
import type { InstagramParts } from './instagram.ts'

/** The picture as Instagram wants it, at an address that Meta can fetch; what an earlier run put there is used again. */
export async function hostPicture(
  parts: InstagramParts,
  delivery: InstagramDelivery,
  steps: InstagramSteps,
): Promise<string> {
  const { host, timeoutSeconds } = parts
  const original = await delivery.readOriginal()
  const { renderStory } = await import('../../media/render-story.ts')
  const rendered = await renderStory(original, parts.fit)
  if (rendered.kind === 'broken') throw new Ended({ kind: 'failed', reason: rendered.reason, mediaProblem: true })
  const { bytes } = rendered
  const key = hostedKey(delivery.queueItemId, bytes)
  const judge = (url: string) => judgeHostedUrl(url, { bytes: bytes.length }, { timeoutSeconds })
  const known = delivery.hosted
  if (known?.url && known.key === key && known.provider === host.name) {
    await steps.begin({ timeoutSeconds: 4 * timeoutSeconds })
    if ((await judge(known.url)) === null) return known.url
  }
  await steps.willHost(host.name, key, { timeoutSeconds: host.longestCallSeconds + 4 * timeoutSeconds })
  const { url } = await host.upload(key, bytes)
  const fault = await judge(url)
  if (fault !== null)
    throw new Ended(
      judgeHost({ kind: 'unreachable', reason: `the hosted picture is not as Instagram needs it: ${fault}` }),
    )
  await steps.hosted(url)
  return url
}
