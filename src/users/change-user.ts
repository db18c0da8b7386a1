import type { Command } from 'commander'
import { eq } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { users } from '../db/schema.ts'
import { displayName } from '../history/outcome.ts'
import { findChosenUser, type User, type UserChoice } from './users.ts'

export interface ChangeOptions extends UserChoice {
  dryRun?: boolean
}

export function addUserOptions(command: Command): void {
  command
    .option('--username <name>', 'Telegram username, with or without @')
    .option('--telegram-id <id>', 'Telegram user id, for people without a username')
    .option('--dry-run', 'say what would change, change nothing')
}

/** Changes one person and says so; the same change twice is no change. */
export async function changeUser(
  ctx: Context,
  options: ChangeOptions,
  { change, done }: { change: Partial<Pick<User, 'role' | 'isActive'>>; done: string },
): Promise<void> {
  const user = await findChosenUser(ctx.db, options)
  const changed = Object.entries(change).some(([key, value]) => user[key as keyof User] !== value)
  const dryRun = options.dryRun === true || ctx.settings.dryRunMode
  if (changed && !dryRun) await ctx.db.update(users).set(change).where(eq(users.id, user.id))
  const { telegramUserId, telegramUsername: username } = user
  const role = change.role ?? user.role
  const active = change.isActive ?? user.isActive
  ctx.out.document({ telegramUserId, username, role, active, changed, ...(dryRun ? { dryRun } : {}) })
  const name = displayName(user)
  if (!changed) ctx.out.print(`${name} already is: ${done}`)
  else ctx.out.print(dryRun ? `[dry run] ${name} would be: ${done}` : `✓ ${name}: ${done}`)
}
