import { Argument, Option } from 'commander'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { usageError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { configuredDatabaseUrl, readSettings, resolveSettings } from '../settings.ts'
import type { Candidate } from './completion-candidates.ts'
import { ASKED, type Asked } from './completion-words.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

interface Options {
  /** What the scripts ask for when the key is pressed. */
  complete?: string
  prefix?: string
}

/** Whoever pressed the key does not wait longer. */
const PATIENCE_MS = 400

export default defineCommand<Options>({
  description: `Prints a script that completes commands, options, their values, story numbers,
pictures, tags, categories, people, backups, settings and topics with the
Tab key.

  bash   echo 'eval "$(storyline completion bash)"' >> ~/.bashrc
  zsh    echo 'eval "$(storyline completion zsh)"' >> ~/.zshrc   (after compinit)
  fish   storyline completion fish > ~/.config/fish/completions/storyline.fish

Print it again after an update. Without a database that answers at once only
what the script itself knows is completed.

--json: {shell, script}`,
  examples: [
    ['eval "$(storyline completion bash)"', 'in this shell, now'],
    ['storyline completion fish > ~/.config/fish/completions/storyline.fish', 'in every fish from now on'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command
      .addArgument(new Argument('[shell]', 'which shell').choices(SHELLS))
      .addOption(new Option('--complete <what>').hideHelp())
      .addOption(new Option('--prefix <text>').hideHelp())
  },
  run: async (ctx, { options, args }) => {
    if (options.complete !== undefined) {
      for (const { value, description } of await answer(ctx, options.complete, options.prefix ?? ''))
        ctx.out.print(`${value}\t${description}`)
      return undefined
    }
    const shell = args[0] as Shell | undefined
    if (shell === undefined) throw usageError('No shell was named', `Run \`storyline completion ${SHELLS.join('|')}\`.`)
    const script = await writeScript(shell)
    ctx.out.document({ shell, script })
    ctx.out.print(script)
    return undefined
  },
})

async function writeScript(shell: Shell): Promise<string> {
  const { loadCommandModels } = await import('./help-model.ts')
  const { SCRIPTS } = await import('./completion-scripts.ts')
  return SCRIPTS[shell](await loadCommandModels()).trimEnd()
}

/** Nothing rather than an error: nobody wants to read one in the middle of a line. */
async function answer(ctx: Context, asked: string, typed: string): Promise<Candidate[]> {
  try {
    const found = ASKED.includes(asked as Asked) ? await find(ctx, asked as Asked, typed) : []
    // One a line, and not what a terminal would obey.
    return found
      .filter(({ value }) => !/\p{Cc}/u.test(value))
      .map(({ value, description }) => ({
        value,
        description: description.replace(/\p{Cc}/gu, ' '),
      }))
  } catch {
    return []
  }
}

async function find({ env }: Context, asked: Asked, typed: string): Promise<Candidate[]> {
  const { settings } = resolveSettings(readSettings(env, packageRoot))
  const { findBackupNames, findCandidates } = await import('./completion-candidates.ts')
  if (asked === 'backups') return findBackupNames(settings, typed)
  const { readEmbeddedUrl } = await import('../db/embedded/url.ts')
  // An embedded server that is down stays down.
  const url = configuredDatabaseUrl(settings) ?? readEmbeddedUrl(settings.home)
  if (url === undefined) return []
  const { openImpatiently } = await import('./completion-database.ts')
  const { db, close } = openImpatiently(url, PATIENCE_MS)
  const found = findCandidates(db, asked, typed)
  // What comes after our patience ended must not end the process.
  found.catch(() => {})
  const timer = new AbortController()
  try {
    return await Promise.race([found, patience(timer.signal)])
  } finally {
    timer.abort()
    await close()
  }
}

async function patience(signal: AbortSignal): Promise<never> {
  const { setTimeout: sleep } = await import('node:timers/promises')
  await sleep(PATIENCE_MS, undefined, { signal })
  throw new Error('the database did not answer in time')
}
