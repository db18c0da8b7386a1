import { join } from 'node:path'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, usageError } from '../errors.ts'
import { canAsk } from '../output/ask-person.ts'
import { packageRoot } from '../package-root.ts'
import { readSettings, resolveSettings, type SettingSources, settingsError } from '../settings.ts'
import { type Asker, TERMINAL } from './asker.ts'
import { changeEnvFile, requireWritableHome } from './env-file.ts'
import { type Answer, ASKED, askEverything } from './init-questions.ts'

interface Options {
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Asks for what is needed to go live and writes it to .env: bot token and chats,
each tried with live calls that send nothing, time zone, posting hours, posts a
day. Everything else in .env stays, comments too; the file is readable by its
owner only. Enter keeps the present value; may be run as often as you like.
Interrupted, it has written nothing.

Exit codes: 0 written, or nothing to change, 2 there is no terminal to ask at,
4 another setting is wrong, 130 interrupted.

--json: {file, changes: [{name, from, to}], written}; a secret is only "set"; a
dry run adds dryRun true.`,
  examples: [
    ['storyline init', 'answer the questions, then `storyline test-telegram`'],
    ['storyline init --dry-run', 'try token and chats, write nothing'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command.option('--dry-run', 'only say what would be written')
  },
  run: (ctx, { options }) => runInit(ctx, canAsk() ? TERMINAL : null, options.dryRun === true),
})

/** `asker` null: nobody is there. */
export async function runInit(ctx: Context, asker: Asker | null, dryRun: boolean): Promise<ExitCode> {
  // Read here, because the wizard must also run to mend what is wrong in .env.
  const sources = readSettings(ctx.env, packageRoot)
  const file = join(sources.home, '.env')
  if (asker === null) throw nobodyThere(file)
  const { settings, problems } = resolveSettings(sources)
  const others = problems.filter(({ name }) => !ASKED.includes(name.replace(/_FILE$/, '')))
  if (others.length > 0) throw settingsError(others)
  if (!dryRun) await requireWritableHome(sources.home)

  const answers = await askEverything({ asker, out: ctx.out, settings, sources })
  const changes = decideChanges(answers, sources.envFile)
  if (!ctx.out.json) printChanges(ctx, { changes, file, dryRun })
  const written = !dryRun && changes.length > 0 && (await asker.yesNo(`Write this to ${file}?`, true))
  if (written) await changeEnvFile(sources.home, new Map(changes.map(({ name, to }) => [name, to ?? ''])))
  const shown = changes.map(({ name, from, to, secret }) =>
    secret ? { name, from: isSet(from), to: isSet(to) } : { name, from, to },
  )
  ctx.out.document({ file, changes: shown, written, ...(dryRun ? { dryRun } : {}) })
  if (written) ctx.out.print(`✓ Written to ${file}, which only its owner can read.`)
  else if (!dryRun && changes.length > 0) ctx.out.print('Nothing was written.')
  warnOfStronger(ctx, changes, sources)
  if (written) ctx.out.note(NEXT)
  return ExitCode.done
}

const NEXT = `Next:
  storyline test-telegram       token, chats and rights, once more
  storyline index-media         your pictures become the library
  storyline create-schedule     the coming days are planned
  storyline install-cron        cron does the rest; \`storyline install-service\` keeps the bot running`

function nobodyThere(file: string) {
  return usageError(
    '`storyline init` asks questions, but there is no terminal to answer at',
    `Put these into ${file} (chmod 600), or into the environment: ${ASKED.join(', ')}. \`storyline help environment\` explains them.`,
  )
}

interface Change extends Answer {
  /** What `.env` says now; null: nothing. */
  from: string | null
}

/** Only what differs from the file: an answer that is the default is a decision too, and is written down. */
function decideChanges(answers: readonly Answer[], envFile: SettingSources['envFile']): Change[] {
  return answers
    .map((answer) => ({ ...answer, from: envFile[answer.name]?.trim() || null }))
    .filter(({ from, to }) => from !== to)
}

function printChanges(
  { out }: Context,
  { changes, file, dryRun }: { changes: Change[]; file: string; dryRun: boolean },
) {
  if (changes.length === 0) out.print(`${file} says all that already.`)
  else out.print(dryRun ? `[dry run] ${file} would change:` : `${file} is to change:`)
  for (const { name, from, to, secret } of changes) {
    const was = from === null ? '' : ` (was ${secret ? 'another one' : from})`
    out.print(`  ${name.padEnd(24)} ${to === null ? 'not set' : secret ? 'set, not shown' : to}${was}`)
  }
}

/** What the environment says wins over the file, so that the answer would have no effect. */
function warnOfStronger({ out }: Context, changes: readonly Change[], { env }: SettingSources): void {
  for (const { name } of changes) {
    const stronger = [name, `${name}_FILE`].find((variable) => env[variable]?.trim())
    if (stronger) out.warn(`storyline: ${stronger} is set in the environment, which wins over .env`)
  }
}

const isSet = (value: string | null) => (value === null ? null : 'set')
