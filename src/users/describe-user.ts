import { isoWithOffset } from '../output/time.ts'
import type { User } from './users.ts'

export function fullName({ telegramFirstName, telegramLastName }: User): string {
  return [telegramFirstName, telegramLastName].filter(Boolean).join(' ')
}

/** A person in --json. */
export function toUserJson(user: User, timeZone: string) {
  return {
    id: user.id,
    telegramUserId: user.telegramUserId,
    username: user.telegramUsername,
    name: fullName(user),
    role: user.role,
    active: user.isActive,
    totalPosts: user.totalPosts,
    firstSeenAt: isoWithOffset(user.firstSeenAt, timeZone),
    lastSeenAt: isoWithOffset(user.lastSeenAt, timeZone),
  }
}
