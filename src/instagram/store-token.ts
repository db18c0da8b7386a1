import { randomBytes } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { type Database, inTransaction, type Transaction } from '../db/connect.ts'
import { type SecretDetails, storedSecrets } from '../db/schema.ts'
import { notConfigured } from '../errors.ts'
import { keyIdOf, NONCE_BYTES, sealSecret } from './seal.ts'
import type { ReadSecret } from './stored-secrets.ts'

export interface TokenToStore {
  /** `TOKEN` or `USER_TOKEN`. */
  name: string
  value: string
  details: SecretDetails
  /** Fingerprint of the environment's present token; null: there is none. */
  seed: string | null
  /** Null: never or unknown. */
  expiresAt: Date | null
  issuedAt: Date | null
  /** `sealed` of the row that this one replaces; null: there was none; `any`: whatever there is. */
  replaces: string | null | 'any'
}

/** STORYLINE_SECRET_KEY is missing: exit 4. */
export const NO_KEY = {
  name: 'STORYLINE_SECRET_KEY',
  fix: 'Make one with `openssl rand -base64 32`, put it into .env as STORYLINE_SECRET_KEY and keep a copy: without it stored tokens are lost.',
}

/**
 * Seals and stores all of them or none, in one transaction. False: somebody else replaced one since it was read, and theirs
 * stays. Compared is the sealed text, which differs with every save, because a row may not stay locked while Meta is asked: a
 * transaction would be open for as long as Meta takes, and a pooler would keep its connection for it. `any` overwrites.
 */
export async function storeTokens(
  db: Database,
  keys: readonly Buffer[],
  tokens: readonly TokenToStore[],
): Promise<boolean> {
  if (keys.length === 0) throw notConfigured(`${NO_KEY.name} is missing: tokens are only stored encrypted`, NO_KEY.fix)
  try {
    await inTransaction(db, async (tx) => {
      for (const token of tokens) if (!(await storeOne(tx, keys, token))) throw new Replaced()
    })
    return true
  } catch (error) {
    if (error instanceof Replaced) return false
    throw error
  }
}

/** Rolls the transaction back. */
class Replaced extends Error {}

async function storeOne(tx: Transaction, keys: readonly Buffer[], token: TokenToStore): Promise<boolean> {
  const { name, value, replaces, ...beside } = token
  const row = { ...sealSecret(value, name, keys, randomBytes(NONCE_BYTES)), ...beside }
  if (replaces !== null && replaces !== 'any') {
    const isSame = and(eq(storedSecrets.name, name), eq(storedSecrets.sealed, replaces))
    const changed = await tx.update(storedSecrets).set(row).where(isSame).returning({ name: storedSecrets.name })
    return changed.length > 0
  }
  const insert = tx.insert(storedSecrets).values({ name, ...row })
  const stored = await (replaces === 'any'
    ? insert.onConflictDoUpdate({ target: storedSecrets.name, set: row })
    : insert.onConflictDoNothing()
  ).returning({ name: storedSecrets.name })
  return stored.length > 0
}

/** What the present login does not use is not kept. */
export async function forgetToken(db: Database, name: string): Promise<void> {
  await db.delete(storedSecrets).where(eq(storedSecrets.name, name))
}

/** Whether the row lies under another key than the newest, and can be opened. */
export function wantsReseal(secret: ReadSecret | null, keys: readonly Buffer[]): boolean {
  const [newest] = keys
  return secret?.opened.kind === 'open' && newest !== undefined && secret.keyId !== keyIdOf(newest)
}

/** Puts a row under the newest key, unless somebody replaced it meanwhile; then theirs lies under it already. */
export async function resealSecret(
  db: Database,
  keys: readonly Buffer[],
  name: string,
  secret: ReadSecret,
): Promise<void> {
  if (secret.opened.kind !== 'open') return
  const row = sealSecret(secret.opened.value, name, keys, randomBytes(NONCE_BYTES))
  await db
    .update(storedSecrets)
    .set(row)
    .where(and(eq(storedSecrets.name, name), eq(storedSecrets.sealed, secret.sealed)))
}
