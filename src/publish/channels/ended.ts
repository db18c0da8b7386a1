import type { DeliveryEnd } from './channel.ts'

/** Leaves the delivery: how it ends for now. */
export class Ended extends Error {
  readonly end: DeliveryEnd

  constructor(end: DeliveryEnd) {
    super(end.kind)
    this.end = end
  }
}
