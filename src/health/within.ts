import { UserError } from '../errors.ts'

/** What the work answers, unless the signal fires first: then it throws `late`, and the work is left to itself. */
export async function within<T>(signal: AbortSignal, late: string, work: Promise<T>): Promise<T> {
  const over = new Promise<never>((_, reject) => {
    const refuse = () => reject(new UserError(late, { code: 'too_late' }))
    if (signal.aborted) refuse()
    else signal.addEventListener('abort', refuse, { once: true })
  })
  return Promise.race([work, over])
}
