import type { GraphErrorFields } from './errors.ts'
import type { GraphCallRecord, GraphEndpoint } from './types.ts'

/** `before` the call had its effect, or `after`. */
export type When = 'before' | 'after'

/** What goes wrong. `drop` closes the connection, `reset` sends RST, `hang` keeps it open; none of them answers. */
type GraphFaultAction =
  | ({ kind: 'error'; when?: When } & GraphErrorFields)
  /** Any answer: an HTML page with 502, an empty 200, a 200 without id. An object is sent as JSON. */
  | { kind: 'http'; when?: When; status: number; body: string | object; headers?: Record<string, string> }
  | { kind: 'hang' | 'drop' | 'reset'; when?: When }
  | { kind: 'delay'; when?: When; seconds: number }
  /** Done, then half the answer and the end of the connection. */
  | { kind: 'cut' }

interface FaultFilter {
  /** One endpoint or several; any when left out. */
  endpoint?: GraphEndpoint | readonly GraphEndpoint[]
  /** How many calls it hits. Default 1. */
  times?: number
  /** The first of the matching calls that it hits. Default 1: the next. */
  nth?: number
  /** Any other condition. */
  match?: (call: GraphCallRecord) => boolean
}

export type GraphFault = GraphFaultAction & FaultFilter

/** A fault whose `when` is known. */
export type StruckFault = GraphFaultAction & { when: When }

export interface Hold {
  /** The call that is being held, as soon as it is. */
  reached: Promise<GraphCallRecord>
  /** Lets it go on. */
  release: () => void
}

interface PendingHold {
  endpoint: GraphEndpoint
  when: When
  arrive: (call: GraphCallRecord) => void
  released: Promise<void>
}

export interface FaultBox {
  faults: { fault: GraphFault; left: number; skip: number }[]
  holds: PendingHold[]
}

export const createFaultBox = (): FaultBox => ({ faults: [], holds: [] })

export function addFault(box: FaultBox, fault: GraphFault): void {
  box.faults.push({ fault, left: fault.times ?? 1, skip: (fault.nth ?? 1) - 1 })
}

/** Takes the first fault for this call, if any. */
export function takeFault(box: FaultBox, call: GraphCallRecord): StruckFault | undefined {
  for (const item of box.faults) {
    const { fault } = item
    const isMeant = fault.endpoint === undefined || [fault.endpoint].flat().includes(call.endpoint)
    if (item.left <= 0 || !isMeant || fault.match?.(call) === false) continue
    if (item.skip > 0) {
      item.skip--
      continue
    }
    item.left--
    call.fault = fault.kind
    return fault.kind === 'cut' ? { kind: 'cut', when: 'after' } : { ...fault, when: fault.when ?? 'before' }
  }
  return undefined
}

/** Holds the next call of an endpoint, before or after its effect, until it is released. */
export function addHold(box: FaultBox, endpoint: GraphEndpoint, when: When): Hold {
  let release = () => {}
  let arrive: (call: GraphCallRecord) => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const reached = new Promise<GraphCallRecord>((resolve) => {
    arrive = resolve
  })
  box.holds.push({ endpoint, when, arrive, released })
  return { reached, release }
}

/** Waits as long as this call is held here. */
export async function passHold(box: FaultBox, call: GraphCallRecord, when: When): Promise<void> {
  const at = box.holds.findIndex((hold) => hold.endpoint === call.endpoint && hold.when === when)
  const [hold] = at < 0 ? [] : box.holds.splice(at, 1)
  hold?.arrive(call)
  await hold?.released
}
