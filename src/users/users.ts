import { eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { users } from '../db/schema.ts'
import { UserError, usageError } from '../errors.ts'

export type User = typeof users.$inferSelect

/** What Telegram says about a person. */
export interface TelegramUser {
  id: number
  username?: string | undefined
  first_name?: string | undefined
  last_name?: string | undefined
}

export async function findByTelegramId(db: Database | Transaction, telegramUserId: number): Promise<User | undefined> {
  const [user] = await db.select().from(users).where(eq(users.telegramUserId, telegramUserId))
  return user
}

/** Creates the person as an active member, or refreshes name and `last_seen_at`; role and activity stay as they are. */
export async function rememberUser(db: Database | Transaction, from: TelegramUser): Promise<User> {
  const names = {
    telegramUsername: from.username ?? null,
    telegramFirstName: from.first_name?.slice(0, 255) ?? null,
    telegramLastName: from.last_name?.slice(0, 255) ?? null,
  }
  const [user] = await db
    .insert(users)
    .values({ telegramUserId: from.id, ...names })
    .onConflictDoUpdate({ target: users.telegramUserId, set: { ...names, lastSeenAt: sql`now()` } })
    .returning()
  if (!user) throw new Error('insert into users returned no row')
  return user
}

export interface UserChoice {
  username?: string
  telegramId?: string
}

/** The person that `--username` or `--telegram-id` names; exactly one of the two. */
export async function findChosenUser(db: Database, { username, telegramId }: UserChoice): Promise<User> {
  if ((username === undefined) === (telegramId === undefined)) {
    throw usageError('Name one person, with --username or with --telegram-id')
  }
  const name = username?.replace(/^@/, '')
  const found = await db
    .select()
    .from(users)
    .where(name === undefined ? eq(users.telegramUserId, toTelegramId(telegramId)) : isNamed(name))
  const [user, another] = found
  if (another) {
    throw new UserError(`More than one person was known as @${name}`, {
      code: 'ambiguous_user',
      fix: `Use --telegram-id: ${found.map((one) => one.telegramUserId).join(', ')}.`,
    })
  }
  if (user) return user
  throw new UserError(
    name === undefined ? `Nobody with the Telegram id ${telegramId} is known` : `@${name} is not known`,
    {
      code: 'user_not_found',
      fix: 'People become known when they press a button under a card; `storyline list-users` shows who is.',
    },
  )
}

function isNamed(name: string) {
  return sql`lower(${users.telegramUsername}) = ${name.toLowerCase()}`
}

function toTelegramId(text: string | undefined): number {
  if (!/^\d{1,16}$/.test(text ?? '')) throw usageError(`--telegram-id is "${text}"; expected a number such as 12345678`)
  return Number(text)
}
