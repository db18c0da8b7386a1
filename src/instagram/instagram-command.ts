import { Argument } from 'commander'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { isoWithOffset } from '../output/time.ts'
import { type Connection, connect, storeConnection } from './connect.ts'
import { readPastedToken, requireConnectSettings } from './paste-token.ts'

interface Options {
  account?: string
  tokenFile?: string
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Connects the Instagram account that stories are published to.

  connect  takes a short-lived token (asked for without showing it; without a
           terminal from stdin), makes a long-lived one of it, lets you choose
           the account, and stores both encrypted under STORYLINE_SECRET_KEY

\`storyline help instagram\` shows how to get there. A token is never an
argument: those stand in the history of the shell.

Exit codes: 0 stored, 1 refused, 2 an account has to be chosen, 4 a setting is
missing.

--json: {login, accountId, username, pageId, pageName, scopes, expiresAt,
stored, notes}; a dry run adds dryRun true.`,
  examples: [
    ['storyline instagram connect', 'paste the token when asked'],
    ['storyline instagram connect --account my_shop < token.txt', 'from a script, choosing the account'],
    ['storyline instagram connect --token-file token.txt --dry-run', 'show what would be stored'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command
      .addArgument(new Argument('<action>', 'what to do').choices(['connect']))
      .option('--account <id or username>', 'which account, when the token reaches several')
      .option('--token-file <path>', 'read the token from this file')
      .option('--dry-run', 'show what would be stored, store nothing')
  },
  run: (ctx, { options }) => runConnect(ctx, options),
})

async function runConnect(ctx: Context, options: Options): Promise<ExitCode> {
  const dryRun = options.dryRun === true || ctx.settings.dryRunMode
  requireConnectSettings(ctx)
  const pasted = await readPastedToken(ctx, options)
  const connection = await connect(ctx, pasted, options.account ?? null)
  if (!dryRun) await storeConnection(ctx, connection)
  report(ctx, connection, dryRun)
  return ExitCode.done
}

function report({ out, settings }: Context, connection: Connection, dryRun: boolean): void {
  const { details, expiresAt, tokens } = connection
  const notes = [...connection.notes, ...warnings(settings.instagramAccountId, details.accountId)]
  const { accountId, username = null, pageId = null, pageName = null, scopes = null, login } = details
  out.document({
    login,
    accountId,
    username,
    pageId,
    pageName,
    scopes,
    expiresAt: expiresAt ? isoWithOffset(expiresAt, settings.timeZone) : null,
    stored: dryRun ? [] : tokens.map(({ name }) => name),
    notes,
    ...(dryRun ? { dryRun } : {}),
  })
  for (const note of notes) out.note(note)
  const account = username ? `@${username} (${accountId})` : accountId
  const page = pageName ? ` through the Page "${pageName}"` : ''
  out.print(`${dryRun ? '[dry run] would be connected' : '✓ Connected'}: ${account}${page}`)
  for (const { name, expiresAt: end } of tokens) {
    const until = end ? `expires ${isoWithOffset(end, settings.timeZone)}` : 'does not expire, or Meta did not say when'
    out.print(`  ${name}: ${dryRun ? 'would be stored' : 'stored'}, encrypted; ${until}`)
  }
  if (dryRun) return
  out.print('Next: `storyline test-api` checks everything; then set ENABLE_INSTAGRAM_API=true.')
  out.print('`storyline refresh-token`, daily from cron, renews the token in time.')
}

function warnings(configured: string | undefined, accountId: string): string[] {
  if (configured === undefined || configured === accountId) return []
  return [`INSTAGRAM_ACCOUNT_ID is ${configured} and wins over ${accountId}: change it or take it out of the settings.`]
}
