import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, UserError } from '../errors.ts'
import { paint } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { type InstagramAccess, loadInstagramAccess, openGraph, requireAccess } from './access.ts'
import { describeHold, heldAccount, obeyLimit } from './hold.ts'
import { appCredentials, type Inspection, inspectToken, storedFacts } from './inspect-token.ts'
import { judgeToken, type TokenFacts, type TokenJudgement } from './judge-token.ts'

export default defineCommand({
  description: `Asks Meta about Instagram's token: whether it is valid, how long, and which
permission is missing. Changes nothing and never shows the token.

Exit codes: 0 valid (also with a warning), 1 Meta could not be asked,
3 dead or a permission is missing, 4 not set up.

--json: {health, text, fix, daysLeft, expiresAt, neverExpires,
dataAccessDaysLeft, dataAccessExpiresAt, missingPermissions, scopes, refresh,
login, accountId, username, origin, note}; health: ok, warning or dead;
expiresAt is null when it never expires or nobody knows.`,
  examples: [
    ['storyline check-token', 'is it valid, and for how long'],
    ['storyline check-token --json | jq .daysLeft', 'for a script that watches it'],
  ],
  needs: 'database',
  configure: () => {},
  run: checkToken,
})

async function checkToken(ctx: Context): Promise<ExitCode> {
  const { access, note } = requireAccess(await loadInstagramAccess(ctx))
  const hold = await heldAccount(ctx, access.accountId)
  const inspection: Inspection = hold
    ? { kind: 'known', facts: storedFacts(access, ctx.now()), me: null, type: null }
    : await ask(ctx, access)
  if (inspection.kind === 'unknown') {
    const { reason, fix } = inspection
    throw new UserError(`The token could not be checked: ${reason}`, { code: 'not_checked', fix })
  }
  const notes = [note, hold ? `Meta was not asked, only the stored dates were read. ${describeHold(hold)}` : null]
  const judgement = judgeToken(inspection.facts)
  report(ctx, { access, inspection, judgement, note: notes.filter((text) => text !== null).join('. ') || null })
  return judgement.health === 'dead' ? ExitCode.partly : ExitCode.done
}

async function ask(ctx: Context, access: InstagramAccess): Promise<Inspection> {
  const graph = openGraph(access, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  try {
    const inspection = await inspectToken(graph, access, ctx.now())
    if (inspection.kind === 'unknown') await obeyLimit(ctx, access.accountId, inspection.error)
    return inspection
  } finally {
    graph.close()
  }
}

interface Checked {
  access: InstagramAccess
  inspection: Extract<Inspection, { kind: 'known' }>
  judgement: TokenJudgement
  note: string | null
}

function report({ out, settings }: Context, { access, inspection, judgement, note }: Checked): void {
  const { facts, me } = inspection
  const { login, accountId, origin } = access
  const username = me?.username || access.username
  out.document({
    ...judgement,
    ...datesOf(facts, settings.timeZone),
    scopes: facts.scopes,
    login,
    accountId,
    username,
    origin,
    note,
  })
  const color = paint(out)
  const marks = { ok: color.green('✓'), warning: color.yellow('!'), dead: color.red('✗') }
  out.print(`${marks[judgement.health]} ${judgement.text}${judgement.fix ? `\n    ${judgement.fix}` : ''}`)
  out.print(`  account: ${username ? `@${username} (${accountId})` : accountId}, through the ${login} login`)
  out.print(`  token: ${origin === 'stored' ? 'stored, encrypted' : 'ACCESS_TOKEN of the environment'}`)
  if (facts.isValid) out.print(`  permissions: ${facts.scopes ? [...facts.scopes].join(', ') || 'none' : 'not known'}`)
  if (judgement.dataAccessDaysLeft !== null) out.print(`  data access: ${judgement.dataAccessDaysLeft} days left`)
  if (login === 'facebook' && facts.expiresAt === 'unknown' && appCredentials(access) === null) {
    out.print('  Set APP_ID and APP_SECRET: with them Meta says when the token expires.')
  }
  if (note) out.warn(`storyline: ${note}`)
}

function datesOf({ expiresAt, dataAccessExpiresAt }: TokenFacts, timeZone: string) {
  return {
    expiresAt: expiresAt instanceof Date ? isoWithOffset(expiresAt, timeZone) : null,
    neverExpires: expiresAt === 'never',
    dataAccessExpiresAt: dataAccessExpiresAt ? isoWithOffset(dataAccessExpiresAt, timeZone) : null,
  }
}
