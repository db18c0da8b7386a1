import type { CallRecord } from './types.ts'

/** Every call in the order of arrival, and whoever waits for more. */
export interface Ledger {
  calls: CallRecord[]
  listeners: Set<() => void>
  /** Chats that a 429 closed, with the time when they open again. */
  closedChats: Map<string, number>
  earlyCalls: string[]
}

export const createLedger = (): Ledger => ({ calls: [], listeners: new Set(), closedChats: new Map(), earlyCalls: [] })

export function beginCall(ledger: Ledger, method: string): CallRecord {
  const call: CallRecord = {
    seq: ledger.calls.length + 1,
    method,
    params: {},
    files: [],
    atMs: Date.now(),
    state: 'open',
    applied: false,
    violations: [],
  }
  ledger.calls.push(call)
  return call
}

export function endCall(ledger: Ledger, call: CallRecord, changes: Partial<CallRecord>): void {
  if (call.state !== 'open') return
  Object.assign(call, changes)
  for (const listener of ledger.listeners) listener()
}

/** After a 429 a chat must be left alone until `retry_after` is over. */
export function noteFlood(ledger: Ledger, call: CallRecord, retryAfterSeconds: number): void {
  ledger.closedChats.set(String(call.params.chat_id), Date.now() + retryAfterSeconds * 1000)
}

export function noteEarlyCall(ledger: Ledger, call: CallRecord): void {
  const leftSeconds = ((ledger.closedChats.get(String(call.params.chat_id)) ?? 0) - Date.now()) / 1000
  if (leftSeconds > 0)
    ledger.earlyCalls.push(`#${call.seq} ${call.method} came ${leftSeconds.toFixed(1)} s before retry_after was over`)
}

/** Resolves with the ended calls of a method once there are `count` of them. */
export function waitForCalls(
  ledger: Ledger,
  method: string,
  count: number,
  timeoutSeconds: number,
): Promise<CallRecord[]> {
  const ended = () => ledger.calls.filter((call) => call.method === method && call.state !== 'open')
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      ledger.listeners.delete(check)
      act()
    }
    const check = () => {
      if (ended().length >= count) settle(() => resolve(ended()))
    }
    const late = () =>
      new Error(`${ended().length} of ${count} ${method} within ${timeoutSeconds} s; calls: ${summary(ledger)}`)
    const timer = setTimeout(() => settle(() => reject(late())), timeoutSeconds * 1000)
    ledger.listeners.add(check)
    check()
  })
}

const summary = (ledger: Ledger) => ledger.calls.map((call) => `${call.method} ${call.status ?? call.state}`).join(', ')

/** Sends that had their effect more than once with the same content: groups of sequence numbers. */
export function findDuplicateSends(ledger: Ledger): number[][] {
  const groups = new Map<string, number[]>()
  for (const { seq, method, params, files, applied } of ledger.calls) {
    if (!applied || !method.startsWith('send')) continue
    const key = JSON.stringify([method, params.chat_id, params.text, params.caption, params.reply_markup, files])
    groups.set(key, [...(groups.get(key) ?? []), seq])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}
