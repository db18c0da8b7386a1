import { Option } from 'commander'
import { defineCommand } from '../command.ts'
import { addUserOptions, type ChangeOptions, changeUser } from './change-user.ts'

interface Options extends ChangeOptions {
  role: 'admin' | 'member'
}

export default defineCommand<Options>({
  description: `Changes somebody's role. Admins may use the admin buttons in a group; the first admin is made with this command.

--json: {telegramUserId, username, role, active, changed}; a dry run adds dryRun true.`,
  examples: [
    ['storyline promote-user --username sarah_m', 'make @sarah_m an admin'],
    ['storyline promote-user --telegram-id 12345678 --role member', 'take the role away again'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    addUserOptions(command)
    command.addOption(new Option('--role <role>', 'the new role').choices(['admin', 'member']).default('admin'))
  },
  run: async (ctx, { options }) => {
    await changeUser(ctx, options, { change: { role: options.role }, done: options.role })
    return undefined
  },
})
