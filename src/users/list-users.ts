import { desc } from 'drizzle-orm'
import { defineCommand } from '../command.ts'
import { users } from '../db/schema.ts'
import { displayName } from '../history/outcome.ts'
import { formatTable } from '../output/table.ts'
import { formatRelative } from '../output/time.ts'
import { fullName, toUserJson } from './describe-user.ts'

export default defineCommand({
  description: `Lists the people that Storyline knows: everybody who pressed a button under a card.

--json: {users: [{id, telegramUserId, username, name, role, active, totalPosts, firstSeenAt, lastSeenAt}]}.`,
  examples: [
    ['storyline list-users', 'who is on the team, with posts and when they were last seen'],
    ['storyline list-users --json | jq -r ".users[] | select(.active) | .username"', 'active usernames for a script'],
  ],
  needs: 'database',
  configure: () => {},
  run: async (ctx) => {
    const people = await ctx.db.select().from(users).orderBy(desc(users.totalPosts), users.firstSeenAt)
    ctx.out.document({ users: people.map((user) => toUserJson(user, ctx.settings.timeZone)) })
    if (people.length === 0) {
      ctx.out.print('Nobody yet. People become known when they press a button under a card.')
      return undefined
    }
    const rows = people.map((user) => [
      displayName(user),
      fullName(user),
      user.isActive ? user.role : `${user.role}, deactivated`,
      user.totalPosts === 1 ? '1 post' : `${user.totalPosts} posts`,
      formatRelative(user.lastSeenAt, ctx.now()),
      String(user.telegramUserId),
    ])
    ctx.out.print(formatTable(ctx.out, ['Username', 'Name', 'Role', 'Posts', 'Last seen', 'Telegram id'], rows))
    const active = people.filter((user) => user.isActive).length
    const admins = people.filter((user) => user.role === 'admin').length
    ctx.out.print(`Total: ${people.length} | Active: ${active} | Admins: ${admins}`)
    return undefined
  },
})
