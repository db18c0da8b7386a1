import type { Context } from '../context.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'

/** A time that was promised is not kept while somebody holds everything back. */
export async function warnOfPause({ db, out, settings }: Context, isDue: boolean): Promise<void> {
  const pause = await loadPause(db)
  if (pause === null) return
  // Without --send a resume gives what is overdue by then new times.
  const next = isDue ? 'storyline resume --send' : 'storyline resume'
  out.warn(`${describePause(pause, settings.timeZone)} It goes out after: ${next}`)
}
