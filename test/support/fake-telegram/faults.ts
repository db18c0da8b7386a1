import type { CallRecord } from './types.ts'

/** `before` the call had its effect, or `after`. */
export type When = 'before' | 'after'

/** What goes wrong. `drop` closes the connection, `reset` sends RST; both give no answer. */
export type FaultAction =
  | { kind: 'error'; error_code: number; description: string; parameters?: Record<string, unknown> }
  | { kind: 'http'; status: number; body: string; headers?: Record<string, string> }
  | { kind: 'hang' | 'drop' | 'reset'; when: When }
  | { kind: 'delay'; when: When; seconds: number }
  /** Processed, then half the answer and the end of the connection. */
  | { kind: 'cut'; reset?: boolean }
  /** While the body is being read: after this many bytes the connection is closed, or nothing more is read. */
  | { kind: 'drop_reading' | 'stall_reading'; bytes: number }
  | { kind: 'slow_reading'; bytesPerSecond: number }

interface FaultFilter {
  /** One method or several; any when left out. */
  method?: string | readonly string[]
  /** How many calls it hits. Default 1. */
  times?: number
  /** How many matching calls pass first. Default 0. */
  skip?: number
  chatId?: number
  /** Any other condition; not asked while the body is still being read. */
  match?: (call: CallRecord) => boolean
}

export type Fault = FaultAction & FaultFilter

export interface Hold {
  /** The call that is being held, as soon as it is. */
  reached: Promise<CallRecord>
  /** Lets it go on. */
  release: () => void
}

interface PendingHold {
  method: string
  when: When
  arrive: (call: CallRecord) => void
  released: Promise<void>
}

export interface FaultBox {
  faults: (Fault & { times: number; skip: number })[]
  holds: PendingHold[]
}

export const createFaultBox = (): FaultBox => ({ faults: [], holds: [] })

export function addFault(box: FaultBox, fault: Fault): void {
  box.faults.push({ ...fault, times: fault.times ?? 1, skip: fault.skip ?? 0 })
}

/** Takes the first fault for this call, if any. Faults of reading are taken before the parameters are known. */
export function takeFault(box: FaultBox, call: CallRecord, stage: 'reading' | 'call'): FaultAction | undefined {
  for (const fault of box.faults) {
    const isReading = fault.kind.endsWith('_reading')
    if (fault.times <= 0 || isReading !== (stage === 'reading') || !isMeant(fault, call, stage)) continue
    if (fault.skip > 0) {
      fault.skip--
      continue
    }
    fault.times--
    call.fault = fault.kind
    return fault
  }
  return undefined
}

function isMeant(fault: Fault, call: CallRecord, stage: 'reading' | 'call'): boolean {
  const methods = fault.method === undefined ? [call.method] : [fault.method].flat()
  if (!methods.includes(call.method)) return false
  if (stage === 'reading') return true
  if (fault.chatId !== undefined && Number(call.params.chat_id) !== fault.chatId) return false
  return fault.match?.(call) ?? true
}

/** Holds the next call of a method, before or after its effect, until it is released. */
export function addHold(box: FaultBox, method: string, when: When): Hold {
  let release = () => {}
  let arrive: (call: CallRecord) => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const reached = new Promise<CallRecord>((resolve) => {
    arrive = resolve
  })
  box.holds.push({ method, when, arrive, released })
  return { reached, release }
}

/** Waits as long as this call is held here. */
export async function passHold(box: FaultBox, call: CallRecord, when: When): Promise<void> {
  const at = box.holds.findIndex((hold) => hold.method === call.method && hold.when === when)
  const [hold] = at < 0 ? [] : box.holds.splice(at, 1)
  hold?.arrive(call)
  await hold?.released
}
