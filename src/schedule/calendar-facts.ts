import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import type { Pause } from '../publish/pause.ts'
import { type RouteFacts, routeItem } from '../publish/route.ts'
import type { Settings } from '../settings.ts'
import type { CalendarFacts, CalendarStory } from './calendar.ts'

interface CalendarRequest {
  now: Date
  /** First local day, `YYYY-MM-DD`. */
  from: string
  days: number
}

const MS_PER_DAY = 86_400_000
/** Zones reach 14 hours from UTC and a window may run into its second day: two days cover both. */
const MARGIN_DAYS = 2

type Row = Omit<CalendarStory, 'at'> & RouteFacts & { at: string }

interface Answer extends Record<string, unknown> {
  stories: Row[]
  pause: { since: string; by: string; reason: string | null } | null
}

/** Queue, history and pause in one statement: no story is in two places, or in none. */
export async function loadCalendarFacts(
  { db, settings }: { db: Database; settings: Settings },
  request: CalendarRequest,
): Promise<CalendarFacts & { pause: Pause | null }> {
  const [answer] = await db.execute<Answer>(calendarQuery(request))
  const { stories = [], pause = null } = answer ?? {}
  const { timeZone, postingStartMinutes, postingEndMinutes, postsPerDay } = settings
  return {
    ...request,
    window: { timeZone, windowStartMinutes: postingStartMinutes, windowEndMinutes: postingEndMinutes, postsPerDay },
    stories: stories.map((row) => toStory(row, settings)),
    isPaused: pause !== null,
    pause: pause && { ...pause, since: new Date(pause.since) },
  }
}

function calendarQuery({ from, days }: CalendarRequest): SQL {
  const midnightMs = Date.parse(`${from}T00:00:00Z`)
  const day = (offset: number) => new Date(midnightMs + offset * MS_PER_DAY).toISOString()
  const [first, last] = [day(-MARGIN_DAYS), day(days + MARGIN_DAYS)]
  // By name as well: a story that was rescheduled keeps its slot wherever it went.
  const isNear = sql`(scheduled_for between ${first} and ${last}
    or slot collate "C" between ${first.slice(0, 10)} and ${last.slice(0, 10)})`
  return sql`
    with near as (
      select slot, scheduled_for, status, channel, story_number, media_item_id, null as file,
             fallback_reason, telegram_document_message_id
        from posting_queue where ${isNear}
      union all
      select slot, scheduled_for, status, channel, story_number, media_item_id, media_metadata ->> 'file', null, null
        from posting_history where undone_at is null and ${isNear})
    select (select coalesce(json_agg(json_build_object(
              'slot', slot, 'at', scheduled_for, 'status', status, 'channel', channel, 'storyNumber', story_number,
              'file', coalesce(file, file_path), 'isSample', is_sample, 'requiresInteraction', requires_interaction,
              'fallbackReason', fallback_reason, 'telegramDocumentMessageId', telegram_document_message_id)), '[]')
              from near join media_items on media_items.id = media_item_id) as stories,
           (select json_build_object('since', paused_at, 'by', paused_by, 'reason', reason)
              from pauses where resumed_at is null) as pause`
}

/** What still waits takes the way that is open now, whatever was set when it was planned. */
function toStory(row: Row, { enableInstagramApi }: Settings): CalendarStory {
  const { slot, at, status, storyNumber, file, isSample } = row
  const isOpen = status === 'pending' || status === 'retrying'
  const channel = isOpen ? routeItem({ ...row, enableInstagramApi }) : row.channel
  return { slot, at: new Date(at), status, channel, storyNumber, file, isSample }
}
