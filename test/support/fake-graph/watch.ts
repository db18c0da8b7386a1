import type { FakeContainer, GraphCallRecord } from './types.ts'
import { livePublications, type World } from './world.ts'

/** The last `media_publish` of a container. */
interface Send {
  /** Reads count when they came later than this call. */
  settledSeq: number
  /** It was answered with 9007/2207027: nothing was published. */
  isNotReady: boolean
}

/** What the client has seen and sent, to judge the order of its calls. */
export interface Watch {
  finishedSeen: Set<string>
  statusReadSeq: Map<string, number>
  /** By account. */
  storiesReadSeq: Map<string, number>
  sends: Map<string, Send>
  /** Open `media_publish` calls: sequence number and account. */
  inFlight: Map<number, string>
}

export const createWatch = (): Watch => ({
  finishedSeen: new Set(),
  statusReadSeq: new Map(),
  storiesReadSeq: new Map(),
  sends: new Map(),
  inFlight: new Map(),
})

/** A status read whose answer was written. */
export function noteStatusRead(watch: Watch, seq: number, id: string, statusCode: unknown): void {
  watch.statusReadSeq.set(id, seq)
  if (statusCode === 'FINISHED') watch.finishedSeen.add(id)
}

/** What no client does with `media_publish`, whatever the answer will be. */
export function judgePublish(world: World, watch: Watch, record: GraphCallRecord): void {
  const { seq, node, violations } = record
  const container = world.containers.get(record.params.creation_id ?? '')
  const account = container?.accountId ?? node ?? ''
  const others = [...watch.inFlight].filter(([, other]) => other === account).map(([other]) => `#${other}`)
  if (others.length > 0) violations.push(`while ${others.join(', ')} publishes for the same account`)
  watch.inFlight.set(seq, account)
  if (!container) return
  judgeRepublish(world, container, violations)
  if (!watch.finishedSeen.has(container.id)) violations.push('before a status read said FINISHED')
  const last = watch.sends.get(container.id)
  if (last && !last.isNotReady) judgeResend(watch, container, last, violations)
  watch.sends.set(container.id, { settledSeq: seq, isNotReady: false })
}

function judgeRepublish(world: World, container: FakeContainer, violations: string[]): void {
  if (container.storyIds.length > 0) violations.push(`container ${container.id} is published already`)
  const twin = livePublications(world, container.accountId).find(
    (story) => story.sha256 === container.sha256 && story.containerId !== container.id,
  )
  if (twin) violations.push(`the same picture is live as story ${twin.id}`)
}

function judgeResend(watch: Watch, container: FakeContainer, last: Send, violations: string[]): void {
  const unread = [
    (watch.statusReadSeq.get(container.id) ?? 0) > last.settledSeq ? [] : "the container's status",
    (watch.storiesReadSeq.get(container.accountId) ?? 0) > last.settledSeq ? [] : '/stories',
  ].flat()
  if (unread.length > 0) violations.push(`again, without having read ${unread.join(' and ')} since the last time`)
}

/** When the connection of a call has ended, or its answer is written. `lastSeq`: the newest call by then. */
export function settlePublish(watch: Watch, record: GraphCallRecord, lastSeq: number): void {
  watch.inFlight.delete(record.seq)
  const send = watch.sends.get(record.params.creation_id ?? '')
  // A later call has taken its place, or the client is gone: then its reads may overtake the news of that.
  if (send?.settledSeq !== record.seq || record.state !== 'answered') return
  send.isNotReady = record.code === 9007 && record.subcode === 2207027
  send.settledSeq = lastSeq
}
