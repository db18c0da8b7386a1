import { HostError } from './hosting.ts'

export interface Deadline {
  /** From the start to the end of the answer's body. May be fractional. */
  seconds: number
  /** Who is called, for the reason: `Cloudinary`. */
  peer: string
}

/**
 * One call with an end: after `seconds` it throws `unreachable`, whatever the call is doing. The signal fires as soon as
 * nobody waits any more, also after a good end, so that no connection stays open behind it.
 */
export async function withDeadline<T>(
  { seconds, peer }: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const reason = `No answer from ${peer} within ${seconds} s`
    timer = setTimeout(() => reject(new HostError({ kind: 'unreachable', reason })), seconds * 1000)
  })
  try {
    return await Promise.race([call(over.signal), late])
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
