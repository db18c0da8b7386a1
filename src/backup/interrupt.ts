import { ExitCode, UserError } from '../errors.ts'

/** Ends long work at a signal; what was half done is taken back by whoever began it. */
export function stopIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new UserError('Interrupted', {
    code: 'interrupted',
    exitCode: ExitCode.interrupted,
    fix: 'Run it again.',
  })
}
