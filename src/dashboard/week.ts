import type { Context } from '../context.ts'
import { localDate } from '../schedule/parse-when.ts'
import type { Week } from './state.ts'

const DAYS = 7

/** The coming days with their slots. Never throws. */
export async function loadWeek(ctx: Context): Promise<Week> {
  try {
    const { loadCalendarFacts } = await import('../schedule/calendar-facts.ts')
    const { buildCalendar } = await import('../schedule/calendar.ts')
    const now = ctx.now()
    const from = localDate(now, ctx.settings.timeZone)
    return { days: buildCalendar(await loadCalendarFacts(ctx, { now, days: DAYS, from })) }
  } catch (error) {
    return { problem: `The week could not be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}
