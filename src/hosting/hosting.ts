import type { HostName } from '../db/schema.ts'

/** A file at a public address. `url` is plain ASCII, without redirect, and stays good for at least 24 hours. */
export interface HostedFile {
  url: string
}

/** Why a host did not do what it was asked. `reason` is safe to store and to show: no URL with a signature, no secret. */
export type HostFailure =
  /** No connection, no answer in time, or 5xx: it may pass. The file may or may not be there. */
  | { kind: 'unreachable'; reason: string }
  /** Too many calls; null: the host does not say for how long. */
  | { kind: 'throttled'; retryAfterSeconds: number | null; reason: string }
  /** Keys, bucket or plan: nothing works until somebody mends the settings or the account. */
  | { kind: 'closed'; reason: string; fix: string }
  /** This file is refused; others may work. */
  | { kind: 'rejected'; reason: string }

/** The only error that a host throws for trouble outside. */
export class HostError extends Error {
  readonly failure: HostFailure

  constructor(failure: HostFailure) {
    super(failure.reason)
    this.name = 'HostError'
    this.failure = failure
  }
}

/**
 * The contract of the axis: where a JPEG gets a public URL for as long as Instagram needs it. Every call is made once, has
 * a deadline of its own, and may be repeated: the same key replaces itself, and removing what is absent is success.
 */
export interface Host {
  name: HostName
  /** Longest time of any call, in seconds: what a lease must cover. */
  longestCallSeconds: number
  /** `key`: `[A-Za-z0-9/_-]+`, without an ending. Throws `HostError`. */
  upload(key: string, jpeg: Buffer): Promise<HostedFile>
  /** Throws `HostError`. */
  remove(key: string): Promise<void>
}
