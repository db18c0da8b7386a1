import { defineCommand } from '../command.ts'
import { addUserOptions, type ChangeOptions, changeUser } from './change-user.ts'

export default defineCommand<ChangeOptions>({
  description: `Refuses presses and commands of somebody from now on. What they did before stays in the history.

--json: {telegramUserId, username, role, active, changed}; a dry run adds dryRun true.`,
  examples: [
    ['storyline deactivate-user --username john_doe', 'John left the team'],
    ['storyline deactivate-user --telegram-id 12345678', 'for people without a username'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: addUserOptions,
  run: async (ctx, { options }) => {
    const done = 'deactivated, presses are refused'
    await changeUser(ctx, options, { change: { isActive: false }, done })
    return undefined
  },
})
