import { inArray } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { storedSecrets } from '../db/schema.ts'
import type { Settings } from '../settings.ts'
import { secretKeys } from '../settings-values.ts'
import type { StoredToken } from './choose-access.ts'
import { openSecret } from './seal.ts'

/** Names of the rows, which are sealed into them too. */
export const TOKEN = 'instagram_token'
/** With the facebook login: the token of the person, from which page tokens are made. */
export const USER_TOKEN = 'instagram_user_token'

/** The row as it was read beside what it says: `sealed` tells later whether somebody replaced it meanwhile. */
export interface ReadSecret extends StoredToken {
  sealed: string
  keyId: string
}

export interface ReadSecrets {
  token: ReadSecret | null
  userToken: ReadSecret | null
}

/** Keys of STORYLINE_SECRET_KEY, newest first; none when it is not set. */
export function keysOf({ secretKey }: Pick<Settings, 'secretKey'>): Buffer[] {
  return secretKey ? (secretKeys(secretKey.reveal()) ?? []) : []
}

export async function readSecrets({ db, settings }: Pick<Context, 'db' | 'settings'>): Promise<ReadSecrets> {
  const rows = await db
    .select()
    .from(storedSecrets)
    .where(inArray(storedSecrets.name, [TOKEN, USER_TOKEN]))
  const keys = keysOf(settings)
  const read = (name: string): ReadSecret | null => {
    const row = rows.find((candidate) => candidate.name === name)
    return row ? { ...row, opened: openSecret(row, name, keys) } : null
  }
  return { token: read(TOKEN), userToken: read(USER_TOKEN) }
}
