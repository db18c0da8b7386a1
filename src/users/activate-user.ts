import { defineCommand } from '../command.ts'
import { addUserOptions, type ChangeOptions, changeUser } from './change-user.ts'

export default defineCommand<ChangeOptions>({
  description: `Accepts presses and commands of somebody again.

--json: {telegramUserId, username, role, active, changed}; a dry run adds dryRun true.`,
  examples: [
    ['storyline activate-user --username john_doe', 'John is back'],
    ['storyline activate-user --telegram-id 12345678', 'for people without a username'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: addUserOptions,
  run: async (ctx, { options }) => {
    await changeUser(ctx, options, { change: { isActive: true }, done: 'active, presses are accepted' })
    return undefined
  },
})
