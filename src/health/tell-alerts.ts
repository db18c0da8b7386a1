import { sql } from 'drizzle-orm'
import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { sendNotices } from '../alerts/send-notices.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { recordOwnRun } from '../runs/record-own-run.ts'
import { TelegramError } from '../telegram/client.ts'
import type { Examined } from './check.ts'
import { openTelegram } from './outside.ts'
import { planAlerts } from './plan-alerts.ts'

export interface Told {
  /** Subjects of alerts that changed now. */
  opened: string[]
  resolved: string[]
  /** Why the admin chat could not be told all of it; null: it was, or there was nothing to tell. */
  untold: string | null
}

/** Writes what changed and tells it at once. Safe to repeat: alerts are rows, told on change of state. */
export async function tellAlerts(
  ctx: Context,
  examined: readonly Examined[],
  { isOffline }: { isOffline: boolean },
): Promise<Told> {
  const { opened, resolved } = await writeChanges(ctx, examined)
  const tell = async (): Promise<Told> => {
    const obstacle = await sendNow(ctx, isOffline)
    const untold = (await hasUntold(ctx)) ? (obstacle ?? 'some messages have to wait for the next process-queue') : null
    return { opened, resolved, untold }
  }
  if (opened.length + resolved.length === 0) return tell()
  return recordOwnRun(ctx.db, ctx.out, { command: 'check-health', params: { options: { alertOnError: true } } }, tell)
}

async function writeChanges(
  { db }: Context,
  examined: readonly Examined[],
): Promise<Pick<Told, 'opened' | 'resolved'>> {
  return inTransaction(db, async (tx) => {
    const rows = await tx.execute<{ subject: string }>(sql`select subject from alerts where state = 'open'`)
    const plan = planAlerts(
      examined,
      rows.map(({ subject }) => subject),
    )
    for (const facts of plan.open) await openAlert(tx, facts)
    for (const subject of plan.resolve) await resolveAlert(tx, subject)
    return { opened: plan.open.map(({ subject }) => subject), resolved: plan.resolve }
  })
}

/** Also what others found and could not tell. Null: nothing stood in the way. */
async function sendNow(ctx: Context, isOffline: boolean): Promise<string | null> {
  if (ctx.settings.adminTelegramChatId === undefined) return 'ADMIN_TELEGRAM_CHAT_ID is not set'
  if (isOffline) return '--offline: the next process-queue tells it'
  const client = openTelegram(ctx.settings)
  if (client === null) return 'TELEGRAM_BOT_TOKEN is not set'
  try {
    // A message that hangs may have arrived and so is not repeated for ever: what hangs is found out with a harmless call.
    await client.call('getMe')
    await sendNotices(ctx, client)
    return null
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    return error.failure.reason
  } finally {
    client.close()
  }
}

async function hasUntold({ db }: Context): Promise<boolean> {
  const [row] = await db.execute<{ untold: boolean }>(sql`
    select exists (select 1 from alerts where notice is not null) as untold`)
  return row?.untold === true
}
