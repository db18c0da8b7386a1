import { setTimeout as sleep } from 'node:timers/promises'
import type { Update } from 'telegraf/types'
import { type TelegramClient, TelegramError } from '../telegram/client.ts'

/** How long Telegram holds an empty answer, in seconds (its maximum is 50). */
const POLL_SECONDS = 25
/** Slack for the answer of a long poll on a slow line. */
const ANSWER_SLACK_SECONDS = 15
/** A handler that takes longer no longer delays fetching; its update stays unconfirmed until it is done. */
const SETTLE_SECONDS = 0.5
const REPEAT_SECONDS = 1.5
const MAX_CONFLICTS = 5
const MAX_BACKOFF_SECONDS = 30
/** More than Telegram hands out at once (100) while some of them hang. */
const MAX_SEEN = 5000

const ALLOWED_UPDATES = ['message', 'channel_post', 'callback_query', 'my_chat_member'] as const

export interface PollOptions {
  client: TelegramClient
  signal: AbortSignal
  /** Resolves when the update's effect is committed: only then is it confirmed to Telegram. MUST NOT reject. */
  handle(update: Update): Promise<void>
  /** After every answered poll. */
  onAlive(): void
  warn(text: string): void
  note(text: string): void
}

/** Why polling ended by itself. */
export type PollEnd = { kind: 'stopped' } | { kind: 'conflict'; reason: string } | { kind: 'refused'; reason: string }

interface PollState {
  /** Updates whose effect is not committed yet, by id. */
  inFlight: Map<number, Promise<void>>
  /** One above the last update that was handed out. */
  next: number
  /** The last updates that were handed out: asked again, Telegram repeats what is not confirmed. */
  seen: Set<number>
  conflicts: number
  troubles: number
}

/** Fetches updates until the signal; every update is handled once by this process, also while others hang. */
export async function pollUpdates(options: PollOptions): Promise<PollEnd> {
  const { signal } = options
  const state: PollState = { inFlight: new Map(), next: 0, seen: new Set(), conflicts: 0, troubles: 0 }
  while (!signal.aborted) {
    const end = await pollOnce(options, state)
    if (end) return end
  }
  await Promise.race([Promise.all(state.inFlight.values()), sleep(3000, undefined, { ref: false })])
  return { kind: 'stopped' }
}

async function pollOnce(options: PollOptions, state: PollState): Promise<PollEnd | undefined> {
  try {
    const updates = await fetchUpdates(options, state)
    noteRecovery(options, state)
    options.onAlive()
    const isNew = handOut(updates, options, state)
    // What hangs is repeated by Telegram at once: asking faster would only hear it again.
    const waitSeconds = isNew ? SETTLE_SECONDS : REPEAT_SECONDS
    const busy = state.inFlight.size > 0
    if (busy) await Promise.race([Promise.all(state.inFlight.values()), pause(waitSeconds, options.signal)])
    return undefined
  } catch (error) {
    if (options.signal.aborted) return undefined
    if (!(error instanceof TelegramError)) throw error
    return afterTrouble(error, options, state)
  }
}

/** The offset confirms everything below it: never an update that is still being worked on. */
function fetchUpdates({ client, signal }: PollOptions, { inFlight, next }: PollState): Promise<Update[]> {
  const offset = Math.min(next, ...inFlight.keys())
  const timeout = inFlight.size > 0 ? 1 : POLL_SECONDS
  return client.call<Update[]>(
    'getUpdates',
    { offset, timeout, limit: 100, allowed_updates: [...ALLOWED_UPDATES] },
    { signal, timeoutSeconds: timeout + ANSWER_SLACK_SECONDS },
  )
}

function noteRecovery(options: PollOptions, state: PollState): void {
  if (state.troubles > 0) options.note('storyline bot: Telegram answers again')
  state.conflicts = 0
  state.troubles = 0
}

/** True: there was something that was not seen before. */
function handOut(updates: readonly Update[], { handle }: PollOptions, state: PollState): boolean {
  let isNew = false
  for (const update of updates) {
    // Not the highest: after a quiet week the numbers may begin anywhere, also lower (Bot API, Update).
    state.next = update.update_id + 1
    if (state.seen.has(update.update_id)) continue
    remember(state.seen, update.update_id)
    isNew = true
    const done = handle(update).finally(() => state.inFlight.delete(update.update_id))
    state.inFlight.set(update.update_id, done)
  }
  return isNew
}

function remember(seen: Set<number>, updateId: number): void {
  seen.add(updateId)
  const [oldest] = seen
  if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest)
}

async function afterTrouble(
  error: TelegramError,
  options: PollOptions,
  state: PollState,
): Promise<PollEnd | undefined> {
  state.troubles += 1
  const after = judgePollFailure(error, state.troubles, state.conflicts)
  if (after.kind === 'end') return after.why
  if (after.isConflict) state.conflicts += 1
  if (state.troubles === 1) options.warn(`storyline bot: ${after.reason}; trying again`)
  await pause(after.waitSeconds, options.signal)
  return undefined
}

type AfterTrouble =
  | { kind: 'end'; why: PollEnd }
  | { kind: 'wait'; waitSeconds: number; reason: string; isConflict: boolean }

function judgePollFailure({ failure }: TelegramError, troubles: number, conflicts: number): AfterTrouble {
  const { reason } = failure
  const waitSeconds = Math.min(2 ** (troubles - 1), MAX_BACKOFF_SECONDS)
  const wait = { kind: 'wait', reason, waitSeconds, isConflict: false } as const
  if (failure.kind === 'flood') return { ...wait, waitSeconds: failure.retryAfterSeconds }
  if (failure.kind !== 'refused') return wait
  if (failure.what === 'conflict') {
    if (conflicts + 1 >= MAX_CONFLICTS) return { kind: 'end', why: { kind: 'conflict', reason } }
    // The other poller is told the same and may be the one that goes.
    return { ...wait, waitSeconds: 3, isConflict: true }
  }
  if (failure.what === 'unauthorized' || failure.what === 'not_found') {
    return { kind: 'end', why: { kind: 'refused', reason } }
  }
  return wait
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
}
