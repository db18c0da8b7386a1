import { Argument } from 'commander'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, usageError } from '../errors.ts'
import { changeSetting } from './config-change.ts'
import { showChanges } from './config-changes.ts'
import { findSetting, unknownSetting } from './config-names.ts'
import { type Configuration, loadConfiguration } from './config-read.ts'
import { getSetting, showSettings } from './config-show.ts'

interface Options {
  dryRun?: boolean
}

/** How many words follow each action: the name, and for set the value. */
const WORDS = { list: 0, get: 1, set: 2, unset: 1, changes: 0 } as const
type Action = keyof typeof WORDS

export default defineCommand<Options>({
  description: `The settings: what counts, and where it comes from. A row of the table
\`config\` wins over the environment, that over .env, that over the default.

  list                every setting, its origin and what that overrides
  get <name>          one value, for a script
  set <name> <value>  store a posting setting in the database, for all machines
  unset <name>        remove it from there: environment, .env or default counts
  changes             who changed which setting in the database, newest first

A name is that of the environment (POSTS_PER_DAY) or the key in the table
(posting_frequency). Secrets and connections never stand in the database; of
them only whether they are set is shown. list, get and unset work although a
setting is wrong. Every change is recorded with who made it.

Exit codes: 0 done, 1 the database does not answer, 2 wrong name or value,
3 shown, but a value is wrong or the database could not be asked, 4 set or
unset do not know which database is meant, or its schema does not fit.

--json: list {home, settings: [setting], unknownKeys, database}, get a setting:
{name, configKey, secret, value, origin, overrides: [{origin, value}], wrong};
set and unset {name, configKey, from, to, changed}, a dry run adds dryRun;
changes {changes: [{at, configKey, from, to, by}]}.`,
  examples: [
    ['storyline config list', 'what counts, and why'],
    ['storyline config set POSTS_PER_DAY 5', 'five stories a day from now on, wherever commands run'],
    ['storyline config set posting_hours_start 08:30 --dry-run', 'only say what would change'],
    ['storyline config unset POSTS_PER_DAY', 'follow the environment, .env or default again'],
    ['storyline config get TIMEZONE', 'one value'],
    ['storyline config changes', 'why are there suddenly five stories a day?'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(WORDS)))
      .argument('[name]', 'which setting (get, set, unset)')
      .argument('[value]', 'its new value (set)')
      .option('--dry-run', 'with set and unset: only say what would change')
  },
  run: configCommand,
})

async function configCommand(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const [action, ...words] = args as [Action, ...string[]]
  requireWords(action, words)
  const [name = '', value = null] = words
  switch (action) {
    case 'list': {
      const configuration = await loadConfiguration(ctx)
      showSettings(ctx, configuration)
      return codeOf(configuration)
    }
    case 'get': {
      const found = findSetting(name)
      if (!found) throw unknownSetting(name)
      const configuration = await loadConfiguration(ctx)
      return getSetting(ctx, configuration, found)
    }
    case 'set':
    case 'unset':
      await changeSetting(ctx, { name, value, dryRun: options.dryRun === true })
      return ExitCode.done
    case 'changes':
      await showChanges(ctx)
      return ExitCode.done
    default:
      return action satisfies never
  }
}

function requireWords(action: Action, words: readonly string[]): void {
  const wanted = WORDS[action]
  if (words.length === wanted) return
  const form = ['', ' <name>', ' <name> <value>'][wanted] ?? ''
  throw usageError(
    words.length < wanted
      ? `config ${action} needs more: storyline config ${action}${form}`
      : `config ${action} takes less`,
    `The form is: storyline config ${action}${form}.`,
  )
}

function codeOf({ problems, database }: Configuration): ExitCode {
  return problems.length > 0 || !database.ok ? ExitCode.partly : ExitCode.done
}
