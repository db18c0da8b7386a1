import { sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import { telegramUpdates } from '../db/schema.ts'
import type { BotDeps } from './deps.ts'

/** False: this update's effect was committed before. */
export async function rememberUpdate(tx: Transaction, updateId: number): Promise<boolean> {
  const rows = await tx.insert(telegramUpdates).values({ updateId }).onConflictDoNothing().returning()
  return rows.length > 0
}

/** Forgets update ids older than anything that Telegram could deliver again (24 h). */
export async function forgetOldUpdates({ ctx }: BotDeps): Promise<void> {
  await ctx.db.delete(telegramUpdates).where(sql`${telegramUpdates.processedAt} < now() - interval '3 days'`)
}
