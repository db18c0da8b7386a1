import { setInterval } from 'node:timers'
import { eq, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { inTransaction, persist } from '../db/connect.ts'
import { type Effect, postingHistory, postingQueue, telegramCards } from '../db/schema.ts'
import { rememberMigration } from '../telegram/chats.ts'
import type { EffectResult, TelegramSteps } from './channels/channel.ts'
import { type Claim, LeaseLost, recordCard, recordDocument, renewLease, writeIntent } from './claim.ts'

/** How long a result is still written while the database is away: less than the margin of the lease. */
export const PERSIST_SECONDS = 25

/** The run was told to stop before the next outside call began. */
export class StopRequested extends Error {}

/** Keeps the lease of a call that takes long. */
export interface Renewal {
  begin(timeoutSeconds: number): void
  stop(): void
}

/** While an upload moves it may take longer than the lease: renewed at half its time, until the call ends. */
export function startRenewal(ctx: Context, claim: Claim): Renewal {
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearInterval(timer)
  const begin = (timeoutSeconds: number) => {
    stop()
    // A failed renewal is no error of its own: the next one may work, and the fenced write after the call decides.
    const renew = () =>
      void renewLease(ctx.db, claim, timeoutSeconds).catch((error: unknown) => error instanceof LeaseLost && stop())
    timer = setInterval(renew, (timeoutSeconds * 1000) / 2)
  }
  return { begin, stop }
}

/** The database side of a delivery, for the channel. */
export function stepsFor(ctx: Context, claim: Claim, renewal: Renewal): TelegramSteps {
  return {
    intend: async (effect: Effect, { timeoutSeconds }) => {
      if (ctx.signal.aborted) throw new StopRequested()
      await writeIntent(ctx.db, claim, effect, timeoutSeconds)
      renewal.begin(timeoutSeconds)
    },
    record: async (result) => {
      renewal.stop()
      await record(ctx, claim, result)
    },
    migrated: (oldChatId, newChatId) => rememberMigration(ctx.db, oldChatId, newChatId),
  }
}

/** What Telegram answered is written although the database may be away for a moment: it cannot be asked again. */
async function record(ctx: Context, claim: Claim, result: EffectResult): Promise<void> {
  try {
    await persist(() => writeResult(ctx, claim, result), PERSIST_SECONDS)
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
    // A commit whose acknowledgement was lost looks like a lost lease.
    if (await isRecorded(ctx, claim, result)) return
    if (result.effect === 'telegram_card') await rememberStrayCard(ctx, claim, result)
    throw error
  }
}

async function writeResult({ db }: Context, claim: Claim, { effect, chatId, messageId }: EffectResult): Promise<void> {
  if (effect === 'telegram_document') return recordDocument(db, claim, chatId, messageId)
  await inTransaction(db, async (tx) => {
    await recordCard(tx, claim, chatId, messageId)
    await tx
      .insert(telegramCards)
      .values({ queueItemId: claim.item.id, kind: 'card', chatId, messageId })
      .onConflictDoNothing()
  })
}

async function isRecorded({ db }: Context, { item, fence }: Claim, result: EffectResult): Promise<boolean> {
  const [row] = await db.select().from(postingQueue).where(eq(postingQueue.id, item.id))
  if (row?.attempt !== fence.attempt) return false
  const recorded = result.effect === 'telegram_card' ? row.telegramMessageId : row.telegramDocumentMessageId
  return recorded === result.messageId
}

/** The item went on without us, but this card exists: remembered, and edited at once if the item is settled. */
async function rememberStrayCard(ctx: Context, { item }: Claim, { chatId, messageId }: EffectResult): Promise<void> {
  const card = { queueItemId: item.id, kind: 'card' as const, chatId, messageId }
  const isSettled = sql`exists (select 1 from ${postingHistory} where ${postingHistory.queueItemId} = ${card.queueItemId} and ${postingHistory.undoneAt} is null)`
  const editDueAt = sql`case when ${isSettled} then now() end`
  await ctx.db
    .insert(telegramCards)
    .values({ ...card, editDueAt })
    .onConflictDoUpdate({
      target: [telegramCards.chatId, telegramCards.messageId],
      set: { editDueAt: sql`coalesce(${telegramCards.editDueAt}, ${editDueAt})` },
    })
}
