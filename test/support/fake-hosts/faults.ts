import type { Action, HostCall, Provider } from './types.ts'

/** What a call gets instead of its answer. `effect_then_…`: the call has its effect, but nobody hears of it. */
export type Trouble =
  | { status: number; body: string; headers?: Record<string, string> }
  /** Answered as usual, later. */
  | { delayMs: number }
  /** The body is read slowly, and then answered as usual. */
  | { bytesPerSecond: number }
  /** Never answered. */
  | 'hang'
  | 'effect_then_hang'
  /** The connection is reset. */
  | 'reset'
  | 'effect_then_reset'
  /** The beginning of an answer, and then a byte now and then: a socket that is never idle. */
  | 'dribble'

export interface Fault {
  /** Both when left out. */
  provider?: Provider
  action: Action
  /** How many calls it hits. Default 1. */
  times?: number
  play: Trouble
}

export interface Hold {
  /** Resolves when the call is being held. */
  reached: Promise<void>
  /** Lets it go on. */
  release(): void
}

/** `before` the call has its effect, or `after`. */
export type When = 'before' | 'after'

interface PendingHold {
  action: Action
  when: When
  arrive: () => void
  released: Promise<void>
}

export interface FaultBox {
  faults: (Fault & { times: number })[]
  holds: PendingHold[]
}

export const createFaultBox = (): FaultBox => ({ faults: [], holds: [] })

export function addFault(box: FaultBox, fault: Fault): void {
  box.faults.push({ ...fault, times: fault.times ?? 1 })
}

/** Takes the first fault for this call, if any. A slow reader is taken before the body is there, everything else behind it. */
export function takeFault(
  box: FaultBox,
  { provider, action }: Pick<HostCall, 'provider' | 'action'>,
  stage: 'reading' | 'call',
): Trouble | undefined {
  const isMeant = ({ times, play, ...fault }: Fault & { times: number }) => {
    const isReading = typeof play === 'object' && 'bytesPerSecond' in play
    const isNow = times > 0 && isReading === (stage === 'reading')
    return isNow && fault.action === action && (fault.provider ?? provider) === provider
  }
  const fault = box.faults.find(isMeant)
  if (fault) fault.times--
  return fault?.play
}

/** Holds the next call of an action until it is released. */
export function addHold(box: FaultBox, action: Action, when: When): Hold {
  let release = () => {}
  let arrive = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  box.holds.push({ action, when, arrive, released })
  return { reached, release }
}

/** Waits as long as this call is held here. */
export async function passHold(box: FaultBox, { action }: HostCall, when: When): Promise<void> {
  const at = box.holds.findIndex((hold) => hold.action === action && hold.when === when)
  const [hold] = at < 0 ? [] : box.holds.splice(at, 1)
  hold?.arrive()
  await hold?.released
}
