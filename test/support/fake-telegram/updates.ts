import { ApiError, type Params } from './types.ts'

interface Pending {
  update: Params & { update_id: number }
  expiresAtMs: number
}

/** A getUpdates call that waits. */
interface Poll {
  answer: () => void
  fail: (error: Error) => void
}

export interface UpdateQueue {
  pending: Pending[]
  /** As the last getUpdates that named them left them; empty means the default. */
  allowed: string[]
  nextUpdateId: number
  poll?: Poll
  /** How often each update_id was handed out. */
  deliveries: Map<number, number>
}

/** Not sent unless asked for by name. */
const OPT_IN_TYPES = ['chat_member', 'message_reaction', 'message_reaction_count']
/** Telegram forgets an undelivered press after this, other updates after a day. */
const PRESS_LIFE_SECONDS = 150
const UPDATE_LIFE_SECONDS = 86_400
const MAX_POLL_SECONDS = 50

export const createUpdateQueue = (): UpdateQueue => ({
  pending: [],
  allowed: [],
  nextUpdateId: 900_000_001,
  deliveries: new Map(),
})

/** Queues an update `ageSeconds` after it happened; returns its id, or undefined when its type is not allowed or it has died already. */
export function pushUpdate(queue: UpdateQueue, fields: Params, ageSeconds = 0): number | undefined {
  const type = Object.keys(fields)[0] ?? ''
  const isAllowed = queue.allowed.length > 0 ? queue.allowed.includes(type) : !OPT_IN_TYPES.includes(type)
  const lifeSeconds = type === 'callback_query' ? PRESS_LIFE_SECONDS : UPDATE_LIFE_SECONDS
  if (!isAllowed || ageSeconds >= lifeSeconds) return undefined
  const update = { update_id: queue.nextUpdateId++, ...fields }
  queue.pending.push({ update, expiresAtMs: Date.now() + (lifeSeconds - ageSeconds) * 1000 })
  queue.poll?.answer()
  return update.update_id
}

/** getUpdates: confirms what lies below `offset`, answers at once when something waits, otherwise when something comes or time is up. */
export async function pollUpdates(queue: UpdateQueue, params: Params, hungUp: AbortSignal): Promise<Params[]> {
  const offset = Number(params.offset ?? 0)
  const limit = Math.min(100, Math.max(1, Number(params.limit ?? 100)))
  const timeoutSeconds = Math.min(MAX_POLL_SECONDS, Math.max(0, Number(params.timeout ?? 0)))
  if (Array.isArray(params.allowed_updates)) queue.allowed = params.allowed_updates.map(String)
  queue.poll?.fail(new ApiError(409, CONFLICT, { isViolation: true }))
  confirm(queue, offset)
  if (queue.pending.length === 0 && timeoutSeconds > 0) await waitForUpdate(queue, timeoutSeconds, hungUp)
  return hungUp.aborted ? [] : deliver(queue, limit)
}

const CONFLICT = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'

function confirm(queue: UpdateQueue, offset: number): void {
  queue.pending = queue.pending.filter((item) => item.expiresAtMs > Date.now())
  if (offset < 0) queue.pending = queue.pending.slice(offset)
  else queue.pending = queue.pending.filter((item) => item.update.update_id >= offset)
}

function deliver(queue: UpdateQueue, limit: number): Params[] {
  const batch = queue.pending.slice(0, limit).map((item) => item.update)
  for (const { update_id } of batch) queue.deliveries.set(update_id, (queue.deliveries.get(update_id) ?? 0) + 1)
  return batch
}

function waitForUpdate(queue: UpdateQueue, seconds: number, hungUp: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      if (queue.poll === poll) delete queue.poll
      act()
    }
    const answer = () => settle(resolve)
    const poll: Poll = { answer, fail: (error) => settle(() => reject(error)) }
    const timer = setTimeout(answer, seconds * 1000)
    hungUp.addEventListener('abort', answer, { once: true })
    queue.poll = poll
  })
}
