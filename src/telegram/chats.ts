import { eq } from 'drizzle-orm'
import { heldCalls, holdCalls } from '../db/api-limits.ts'
import type { Database, Transaction } from '../db/connect.ts'
import { telegramChats } from '../db/schema.ts'
import { type TelegramClient, TelegramError } from './client.ts'

/**
 * The numeric id behind a setting: what was learned about it before (a @name's id, an upgraded group's new id), the
 * number itself, or for a @name what Telegram says.
 */
export async function resolveChat(db: Database, client: TelegramClient, reference: string): Promise<number> {
  const known = await knownChat(db, reference)
  if (known !== null) return known
  const { id } = await client.call<{ id: number }>('getChat', { chat_id: reference })
  await rememberChat(db, reference, id)
  return id
}

/** The same without asking Telegram: null for a @name that was never resolved. */
export async function knownChat(db: Database | Transaction, reference: string): Promise<number | null> {
  const [row] = await db.select().from(telegramChats).where(eq(telegramChats.reference, reference))
  if (row) return row.chatId
  return reference.startsWith('@') ? null : Number(reference)
}

async function rememberChat(db: Database, reference: string, chatId: number): Promise<void> {
  await db
    .insert(telegramChats)
    .values({ reference, chatId })
    .onConflictDoUpdate({ target: telegramChats.reference, set: { chatId } })
}

/** A group became a supergroup: every name of the old id now means the new one. */
export async function rememberMigration(db: Database, oldChatId: number, newChatId: number): Promise<void> {
  await rememberChat(db, String(oldChatId), newChatId)
  await db.update(telegramChats).set({ chatId: newChatId }).where(eq(telegramChats.chatId, oldChatId))
}

const limitSubject = (chatId: number) => `telegram:${chatId}`

/** After a 429 nobody, in any process, calls for this chat until then (SPEC §10). */
export function holdChat(db: Database, chatId: number, seconds: number, reason: string): Promise<void> {
  return holdCalls(db, { subject: limitSubject(chatId), seconds, reason })
}

/** How long calls for this chat are still held, by the database's clock; null: they are not. */
export async function heldSeconds(db: Database, chatId: number): Promise<number | null> {
  return (await heldCalls(db, [limitSubject(chatId)]))?.seconds ?? null
}

/** Makes a call for a chat; when the group was upgraded meanwhile, keeps the new id and makes it once more. */
export async function callForChat<T>(db: Database, chatId: number, call: (chatId: number) => Promise<T>): Promise<T> {
  try {
    return await call(chatId)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    if (error.failure.kind === 'flood')
      await holdChat(db, chatId, error.failure.retryAfterSeconds, error.failure.reason)
    if (error.failure.kind !== 'migrated') throw error
    await rememberMigration(db, chatId, error.failure.migrateToChatId)
    return call(error.failure.migrateToChatId)
  }
}
