import { setTimeout as sleep } from 'node:timers/promises'
import { type Host, HostError } from '../../hosting/hosting.ts'
import { classifyContainerError } from '../../instagram/classify.ts'
import { type GraphClient, GraphError } from '../../instagram/graph.ts'
import {
  BUSY_PERCENT,
  judgeContainerError,
  judgeCreation,
  judgeHost,
  judgePublish,
  judgeRead,
  judgeUsage,
} from '../../instagram/judge.ts'
import type { InstagramReader } from '../../instagram/reads.ts'
import { CONTAINER_GOOD_SECONDS, MAX_CONTAINERS } from '../../instagram/reconcile.ts'
import type { StoryFit } from '../../media/render-story.ts'
import {
  type Channel,
  type DeliveryEnd,
  type InstagramDelivery,
  type InstagramSteps,
  OriginalUnusable,
  PublishBusy,
} from './channel.ts'
import { Ended } from './ended.ts'
import { hostPicture } from './host-picture.ts'

export interface InstagramParts {
  accountId: string
  graph: GraphClient
  reader: InstagramReader
  host: Host
  fit: StoryFit
  /** Longest wait for the answer to a read, in seconds. */
  timeoutSeconds: number
}

/** Meta fetches the picture while it answers (instagram.md §1.5); publishing takes its time (§5.10). */
const CREATE_SECONDS = 60
const PUBLISH_SECONDS = 90
/** Between the intent and the last byte of the call: well within the lease, which ends 120 s after the intent. */
const HAND_OVER_SECONDS = 45
/** Pictures are ready within seconds; what is not is the next tick's. */
const POLL_AFTER_SECONDS = [0, 1, 2, 3, 5]
/** Between offers of an address that Meta could not fetch: it often can a moment later (instagram.md §8). */
const REOFFER_AFTER_SECONDS = [0, 2, 5]
const LATER_SECONDS = 60
/** FINISHED may come a moment before "ready for publishing" (instagram.md §1.5). */
const NOT_READY_AFTER_SECONDS = [0, 3, 5]

/** Prepare, host, container, poll, publish: each result is committed before the next step begins (instagram.md §9). */
export function createInstagramChannel(parts: InstagramParts): Channel<InstagramDelivery, InstagramSteps> {
  return {
    name: 'instagram',
    deliver: (delivery, steps) => deliver(parts, delivery, steps),
    close: () => parts.graph.close(),
  }
}

async function deliver(
  parts: InstagramParts,
  delivery: InstagramDelivery,
  steps: InstagramSteps,
): Promise<DeliveryEnd> {
  try {
    const containerId = hasGoodContainer(delivery) ? delivery.containerId : await makeContainer(parts, delivery, steps)
    await waitUntilFinished(parts, { delivery, steps, containerId })
    return await publish(parts, { delivery, steps, containerId })
  } catch (error) {
    if (error instanceof Ended) return error.end
    if (error instanceof OriginalUnusable) return { kind: 'retry', reason: error.message }
    if (error instanceof HostError) return judgeHost(error.failure)
    if (error instanceof GraphError) return judgeRead(error.failure)
    if (error instanceof PublishBusy) return { kind: 'later', seconds: LATER_SECONDS, reason: error.message }
    throw error
  }
}

function hasGoodContainer(delivery: InstagramDelivery): delivery is InstagramDelivery & { containerId: string } {
  const { containerId, containerAgeSeconds } = delivery
  return containerId !== null && (containerAgeSeconds ?? 0) < CONTAINER_GOOD_SECONDS
}

async function makeContainer(
  parts: InstagramParts,
  delivery: InstagramDelivery,
  steps: InstagramSteps,
): Promise<string> {
  if (delivery.containers >= MAX_CONTAINERS) {
    throw new Ended({ kind: 'failed', reason: `Instagram could not process the picture in ${MAX_CONTAINERS} tries` })
  }
  const url = await hostPicture(parts, delivery, steps)
  const containerId = await createContainer(parts, steps, url)
  await steps.containerMade(containerId)
  obeyUsage(parts)
  return containerId
}

const SPOILT_AFTER_SEND = 'its container became unusable after a publish call'

/** An unpublished container is invisible: creating one may be repeated. */
async function createContainer(parts: InstagramParts, steps: InstagramSteps, url: string): Promise<string> {
  for (const [attempt, seconds] of REOFFER_AFTER_SECONDS.entries()) {
    await sleep(seconds * 1000)
    await steps.begin({ timeoutSeconds: CREATE_SECONDS })
    try {
      const { id } = await parts.graph.post<{ id?: unknown }>(
        `${parts.accountId}/media`,
        { media_type: 'STORIES', image_url: url },
        { label: 'media', timeoutSeconds: CREATE_SECONDS },
      )
      if (isId(id)) return id
      throw new Ended({ kind: 'retry', reason: 'Instagram answered without the id of a container' })
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
      const { end, isUnfetched } = judgeCreation(error.failure)
      if (isUnfetched && attempt + 1 < REOFFER_AFTER_SECONDS.length) continue
      if (isUnfetched) await steps.dropContainer({ rehost: true })
      throw new Ended(end)
    }
  }
  throw new Error('the loop above always ends')
}

/** What Meta's usage headers ask for is done between two calls, not after the next one. */
function obeyUsage({ graph }: InstagramParts): void {
  const closure = judgeUsage(graph.usage())
  if (closure) throw new Ended(closure)
}

interface Container {
  delivery: InstagramDelivery
  steps: InstagramSteps
  containerId: string
}

/** Comes back when it may be published; otherwise the delivery ends. */
async function waitUntilFinished(parts: InstagramParts, { delivery, steps, containerId }: Container): Promise<void> {
  for (const seconds of POLL_AFTER_SECONDS) {
    await sleep(seconds * 1000)
    await steps.begin({ timeoutSeconds: parts.timeoutSeconds })
    const { code, text } = await parts.reader.container(containerId)
    switch (code) {
      case 'FINISHED':
        return
      case 'PUBLISHED':
        // An earlier call did it after all, late: reading finds out which story it is.
        throw new Ended({ kind: 'unconfirmed', reason: 'Instagram says that it is published', reconcile: true })
      case 'EXPIRED':
      case 'ERROR':
        // It might have been published before it spoilt: that takes longer to tell.
        if (delivery.sends > 0) throw new Ended({ kind: 'unconfirmed', reason: SPOILT_AFTER_SEND, reconcile: true })
        await steps.dropContainer({ rehost: code === 'ERROR' })
        throw new Ended(
          judgeContainerError(classifyContainerError(text).class, { code, text, containers: delivery.containers }),
        )
      case 'IN_PROGRESS':
      case 'UNKNOWN':
        break
      default:
        code satisfies never
    }
    obeyUsage(parts)
    if ((parts.graph.usage().percent ?? 0) >= BUSY_PERCENT) break
  }
  throw new Ended({ kind: 'later', seconds: LATER_SECONDS, reason: 'Instagram is still processing the picture' })
}

/** A container that Instagram calls finished may need another moment; that answer alone proves that nothing happened. */
async function publish(parts: InstagramParts, container: Container): Promise<DeliveryEnd> {
  let last: DeliveryEnd | undefined
  for (const seconds of NOT_READY_AFTER_SECONDS) {
    await sleep(seconds * 1000)
    if (last) await waitUntilFinished(parts, container)
    const { end, isNotReady } = await publishOnce(parts, container)
    if (!isNotReady) return end
    last = end
  }
  return last ?? { kind: 'later', seconds: LATER_SECONDS, reason: 'Instagram is not ready to publish it' }
}

interface Published {
  end: DeliveryEnd
  isNotReady: boolean
}

/** The one call that must never be made twice. Its intent is committed before it, and only the id proves that it worked. */
async function publishOnce(parts: InstagramParts, { delivery, steps, containerId }: Container): Promise<Published> {
  const ended = (end: DeliveryEnd): Published => ({ end, isNotReady: false })
  await steps.begin({ timeoutSeconds: parts.timeoutSeconds })
  const live = (await parts.reader.stories()).map(({ id }) => id)
  obeyUsage(parts)
  const beforeIds = delivery.sends > 0 ? (delivery.beforeIds ?? live) : live
  if (delivery.sends > 0 && live.some((id) => !beforeIds.includes(id))) {
    return ended({ kind: 'unconfirmed', reason: 'a new story appeared since the last try', reconcile: true })
  }
  // A run that is frozen here for longer than its lease must not wake up and publish what another one published.
  const notAfterMs = performance.now() + HAND_OVER_SECONDS * 1000
  await steps.intendPublish({ beforeIds, timeoutSeconds: PUBLISH_SECONDS })
  let answer: { id?: unknown }
  try {
    answer = await parts.graph.post<{ id?: unknown }>(
      `${parts.accountId}/media_publish`,
      { creation_id: containerId },
      { label: 'media_publish', timeoutSeconds: PUBLISH_SECONDS, notAfterMs },
    )
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    const { end, isProof } = judgePublish(error.failure)
    if (isProof) await steps.notPublished()
    return { end, isNotReady: isProof && end.kind === 'later' }
  }
  if (isId(answer.id)) {
    await steps.published(answer.id)
    return ended({ kind: 'posted', mediaId: answer.id })
  }
  return ended({ kind: 'unconfirmed', reason: 'Instagram answered without the id of the story', reconcile: true })
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\d+$/.test(value)
}
