import { sql } from 'drizzle-orm'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { duration } from '../words.ts'

export interface BotFacts {
  /** Since Telegram last answered the bot's poll; null: never. */
  seconds: number | null
  /** The bot then answers nothing and ends. */
  isDryRun: boolean
}

/** The bot polls all the time and writes it down every minute; Telegram keeps a press for 150 s only. */
const UNHEALTHY_SECONDS = 10 * 60
const FIX = 'Start it: `storyline bot`, for good with `storyline install-service`.'

export const bot: Check<BotFacts> = {
  name: 'bot',
  title: 'Telegram bot',
  needs: 'database',
  told: { checks: ['configuration', 'telegram'] },
  measure: async ({ db, settings }) => {
    const [row] = await db.execute<{ seconds: number }>(sql`
      select extract(epoch from now() - beat_at)::float8 as seconds from heartbeats where name = 'bot'`)
    return { seconds: row?.seconds ?? null, isDryRun: settings.dryRunMode }
  },
  judge: ({ seconds, isDryRun }) => {
    if (isDryRun) return healthy('not needed: DRY_RUN_MODE is true')
    if (seconds === null) return warning('it has never listened: buttons do nothing', FIX)
    const details = `last heard from Telegram ${duration(seconds)} ago`
    return seconds > UNHEALTHY_SECONDS ? unhealthy(`${details}: buttons do nothing`, FIX) : healthy(details)
  },
}
