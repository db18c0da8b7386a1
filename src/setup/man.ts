import { defineCommand } from '../command.ts'
import { COMMANDS } from '../commands.ts'
import { KNOWN_SCHEMA } from '../db/schema-version.ts'
import { ExitCode, usageError } from '../errors.ts'
import { SETTINGS, type Setting } from '../settings-list.ts'
import { version } from '../version.ts'
import { didYouMean } from './did-you-mean.ts'
import { SETTING_HELP } from './help-topics.ts'
import type { Manual } from './man-page.ts'

export default defineCommand({
  description: `Prints the manual as roff, made from the commands as they are: all of it, or the
page of one command.

--json: {page}`,
  examples: [
    ['storyline man | man -l -', 'read it'],
    ['storyline man list-queue | man -l -', 'one command'],
    ['storyline man | sudo tee /usr/local/share/man/man1/storyline.1 > /dev/null', '`man storyline` from now on'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command.argument('[command]', 'only this command')
  },
  run: async (ctx, { args }) => {
    const page = await write(args[0])
    ctx.out.document({ page })
    ctx.out.print(page)
    return undefined
  },
})

async function write(name: string | undefined): Promise<string> {
  const { loadCommandModels } = await import('./help-model.ts')
  const { renderCommandManual, renderManual } = await import('./man-page.ts')
  const manual = { ...FRAME, commands: await loadCommandModels() }
  if (name === undefined) return renderManual(manual)
  const command = manual.commands.find((one) => one.name === name)
  if (command) return renderCommandManual(command, manual)
  const meant = didYouMean(
    name,
    COMMANDS.map((entry) => entry.name),
  )
  throw usageError(
    `There is no command "${name}"`,
    meant === null ? '`storyline --help` lists the commands.' : `Did you mean ${meant}?`,
  )
}

const FRAME: Omit<Manual, 'commands'> = {
  version,
  date: new Date(KNOWN_SCHEMA).toISOString().slice(0, 10),
  description: 'Instagram Story scheduler for a small team',
  settings: Object.values<Setting<unknown>>(SETTINGS).map((setting) => ({
    name: setting.name,
    fallback: setting.fallback ?? null,
    meaning: SETTING_HELP[setting.name] ?? '',
  })),
  files: [
    ['$STORYLINE_HOME', 'the folder of the installation; default: where storyline was installed'],
    ['$STORYLINE_HOME/.env', 'settings, one NAME=value a line'],
    ['$STORYLINE_HOME/media/', 'the pictures (MEDIA_BASE_PATH)'],
    ['$STORYLINE_HOME/backups/', 'backups (BACKUP_DIR)'],
    ['$STORYLINE_HOME/.storyline/', 'the embedded database'],
  ],
  exitCodes: [
    [ExitCode.done, 'done, or nothing to do'],
    [ExitCode.failed, 'failed'],
    [ExitCode.usage, 'wrong usage: unknown command or option, bad value'],
    [ExitCode.partly, 'partly: some items failed, or something is unhealthy'],
    [ExitCode.notConfigured, 'not configured: a setting is missing or wrong, or the schema does not fit'],
    [ExitCode.interrupted, 'interrupted (Ctrl-C)'],
    [ExitCode.terminated, 'terminated (SIGTERM)'],
  ],
}
