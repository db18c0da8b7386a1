import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { persist } from '../db/connect.ts'
import { ExitCode, notConfigured } from '../errors.ts'
import { isoWithOffset } from '../output/time.ts'
import { accessFrom, type InstagramAccess, openGraph, requireAccess } from './access.ts'
import { GraphError } from './graph.ts'
import { describeHold, heldAccount, obeyLimit } from './hold.ts'
import { fixFor, storedFacts } from './inspect-token.ts'
import { judgeToken, type TokenFacts, type TokenJudgement } from './judge-token.ts'
import { inspectForRefresh, RefreshError, type RefreshState } from './refresh.ts'
import { NO_KEY, resealSecret, storeTokens, wantsReseal } from './store-token.ts'
import { keysOf, type ReadSecrets, readSecrets, TOKEN, USER_TOKEN } from './stored-secrets.ts'

interface Options {
  force?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Renews Instagram's token before it expires (less than 30 days left, at least
24 hours old) and stores the new one encrypted under STORYLINE_SECRET_KEY.
Meant for cron, once a day: silent when there is nothing to do. Tokens that lie
under an older key are sealed anew under the newest. The admin chat hears of it
only when publishing is at stake: the token is dead, its data access ends, or
renewing fails and fewer than 10 days are left.

Exit codes: 0 renewed or nothing to do, 1 renewing failed, 3 the token is dead,
4 not set up.

--json: {action, text, fix, health, daysLeft, expiresAt, resealed}; action:
refreshed, would_refresh, nothing, replaced or failed; a dry run adds dryRun
true.`,
  examples: [
    ['storyline refresh-token', 'renew it if it is time; daily from cron'],
    ['storyline refresh-token --dry-run', 'say whether it would be renewed, and why'],
    ['storyline refresh-token --force', 'renew it now, however many days are left'],
  ],
  needs: 'database',
  quietWhenWell: true,
  recorded: 'always',
  configure: (command) => {
    command
      .option('--force', 'renew although more than 30 days are left')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: (ctx, { options }) => refreshToken(ctx, options),
})

/** How long what Meta issued is still written down while the database is away. */
const PERSIST_SECONDS = 25

/** Cron runs it everywhere: where nothing publishes itself there is nothing to complain about. */
function notUsed({ out }: Context): ExitCode {
  const text = 'Instagram is not connected, and ENABLE_INSTAGRAM_API is off: nothing to renew'
  out.document({ action: 'nothing', text, fix: null, health: null, daysLeft: null, expiresAt: null, resealed: 0 })
  out.note(`${text}.`)
  return ExitCode.done
}

interface Outcome {
  action: 'refreshed' | 'would_refresh' | 'nothing' | 'replaced' | 'failed'
  /** What happened, for people. */
  text: string
  fix: string | null
  /** Of the token that publishes now. */
  facts: TokenFacts
  /** Whether Meta said so just now. */
  isVerified: boolean
}

async function refreshToken(ctx: Context, options: Options): Promise<ExitCode> {
  const dryRun = options.dryRun === true || ctx.settings.dryRunMode
  const secrets = await readSecrets(ctx)
  const found = accessFrom(ctx.settings, secrets)
  if (found.kind === 'incomplete' && !ctx.settings.enableInstagramApi) return notUsed(ctx)
  const { access, note } = requireAccess(found)
  requireSettings(ctx, access)
  const outcome = await refresh(ctx, { access, secrets, dryRun, force: options.force === true })
  const resealed = await reseal(ctx, dryRun)
  const judgement = judgeToken(outcome.facts)
  if (!dryRun) await tell(ctx, outcome, judgement)
  if (note) ctx.out.warn(`storyline: ${note}`)
  report(ctx, { outcome, judgement, resealed, dryRun, isAsked: dryRun || options.force === true })
  if (outcome.action === 'failed') return ExitCode.failed
  if (outcome.action === 'replaced') return ExitCode.done
  return judgement.health === 'dead' ? ExitCode.partly : ExitCode.done
}

/** A Page's token is looked at without a key: it never expires, so that nothing has to be stored. */
function requireSettings({ settings }: Context, access: InstagramAccess): void {
  const isPages = access.login === 'facebook'
  const missing = [
    isPages && access.appId === null ? 'APP_ID' : [],
    isPages && access.appSecret === null ? 'APP_SECRET' : [],
    !isPages && !settings.secretKey ? NO_KEY.name : [],
  ].flat()
  if (missing.length === 0) return
  const fix = isPages ? 'Set them: Meta tells only the app how a token stands (storyline help instagram).' : NO_KEY.fix
  throw notConfigured(`The token cannot be renewed; missing: ${missing.join(', ')}`, fix)
}

interface Request {
  access: InstagramAccess
  secrets: ReadSecrets
  dryRun: boolean
  force: boolean
}

async function refresh(ctx: Context, request: Request): Promise<Outcome> {
  const { access, secrets } = request
  const facts = storedFacts(access, ctx.now())
  const hold = await heldAccount(ctx, access.accountId)
  if (hold) return { action: 'nothing', text: describeHold(hold), fix: null, facts, isVerified: false }
  const graph = openGraph(access, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  try {
    const state = await inspectForRefresh(ctx, { graph, access, secrets })
    if (!('kind' in state)) return await renewIfDue(ctx, request, state)
    if (!request.dryRun) await obeyLimit(ctx, access.accountId, state.error)
    return { action: 'failed', text: state.reason, fix: state.fix, facts, isVerified: false }
  } finally {
    graph.close()
  }
}

async function renewIfDue(ctx: Context, { access, force, dryRun }: Request, state: RefreshState): Promise<Outcome> {
  const { facts } = state.posting
  const seen = { facts, isVerified: true }
  const about = state.renewable && judgeToken(state.renewable, { force })
  // A Page's token that died is made anew from a user's token that lives, whatever its age.
  const isMendable = !facts.isValid && about !== null && about.refresh !== 'impossible'
  if (about?.refresh !== 'due' && !isMendable) return { action: 'nothing', ...whyNot(facts, about), ...seen }
  const why = judgeToken(facts).text
  if (!ctx.settings.secretKey) throw notConfigured(`${why}. To renew it ${NO_KEY.name} is missing`, NO_KEY.fix)
  if (dryRun) return { action: 'would_refresh', text: `${why}. It would be renewed now`, fix: null, ...seen }
  try {
    const renewed = await state.renew()
    // What Meta issued must not be lost to a moment without database.
    const isStored = await persist(() => storeTokens(ctx.db, keysOf(ctx.settings), renewed.tokens), PERSIST_SECONDS)
    if (isStored)
      return { action: 'refreshed', text: judgeToken(renewed.facts).text, fix: null, ...seen, facts: renewed.facts }
    const text = 'Another token was stored meanwhile: that one stays'
    return { action: 'replaced', text, fix: null, facts, isVerified: false }
  } catch (error) {
    if (error instanceof RefreshError) return { action: 'failed', text: error.message, fix: error.fix, ...seen }
    if (!(error instanceof GraphError)) throw error
    await obeyLimit(ctx, access.accountId, error)
    return { action: 'failed', text: error.failure.reason, fix: fixFor(error.failure), ...seen }
  }
}

/** Why nothing is done. */
function whyNot(posting: TokenFacts, about: TokenJudgement | null): Pick<Outcome, 'text' | 'fix'> {
  const judged = judgeToken(posting)
  if (judged.health !== 'ok') return { text: judged.text, fix: judged.fix }
  if (about?.refresh === 'too_young') {
    const which = posting.expiresAt === 'never' ? "; the user's own token" : '; it'
    return { text: `${judged.text}${which} is renewed when it is 24 hours old, not before`, fix: null }
  }
  if (about?.refresh === 'impossible') {
    const fix = 'Run `storyline instagram connect` to have a living one again.'
    return { text: `${judged.text}, but the user's own token beside it is dead: reads have no second way`, fix }
  }
  return { text: `${judged.text}: nothing needs refreshing`, fix: null }
}

/** Returns the names of what was sealed anew. */
async function reseal(ctx: Context, dryRun: boolean): Promise<string[]> {
  const keys = keysOf(ctx.settings)
  // Read again: a renewal may just have replaced them.
  const secrets = await readSecrets(ctx)
  const old = ([TOKEN, USER_TOKEN] as const).flatMap((name) => {
    const secret = name === TOKEN ? secrets.token : secrets.userToken
    return secret && wantsReseal(secret, keys) ? [{ name, secret }] : []
  })
  if (!dryRun) for (const { name, secret } of old) await resealSecret(ctx.db, keys, name, secret)
  return old.map(({ name }) => name)
}

/** As long as renewing works, or enough days are left for it, nobody is told (F5 of the lessons). */
async function tell(ctx: Context, outcome: Outcome, judgement: TokenJudgement): Promise<void> {
  const subject = AlertSubject.instagramToken
  // What Meta did not say now may be the very trouble that is told already.
  if (judgement.health === 'ok') {
    if (outcome.isVerified && outcome.action !== 'failed') await resolveAlert(ctx.db, subject)
    return
  }
  if (!outcome.isVerified && outcome.action !== 'failed') return
  const failed = outcome.action === 'failed' ? `. Renewing it failed: ${outcome.text}` : ''
  await openAlert(ctx.db, {
    subject,
    severity: judgement.health === 'dead' ? 'critical' : 'warning',
    summary: `${judgement.text}${failed}`,
    fix: judgement.fix ?? outcome.fix ?? 'Run `storyline check-token`.',
  })
}

interface Report {
  outcome: Outcome
  judgement: TokenJudgement
  resealed: readonly string[]
  dryRun: boolean
  /** Somebody wants to hear it although nothing happens. */
  isAsked: boolean
}

function report({ out, settings }: Context, { outcome, judgement, resealed, dryRun, isAsked }: Report): void {
  const { action, text, fix, facts } = outcome
  const { health, daysLeft } = judgement
  const expiresAt = facts.expiresAt instanceof Date ? isoWithOffset(facts.expiresAt, settings.timeZone) : null
  out.document({ action, text, fix, health, daysLeft, expiresAt, resealed, ...(dryRun ? { dryRun } : {}) })
  const line = `${dryRun ? '[dry run] ' : ''}${text}`
  if (action === 'failed') out.warn(`storyline: the token was not renewed: ${text}${fix ? `\n  ${fix}` : ''}`)
  else if (health !== 'ok' && action !== 'replaced') out.warn(`storyline: ${line}${fix ? `\n  ${fix}` : ''}`)
  else if (action === 'refreshed') out.print(`✓ Renewed. ${text}`)
  else if (isAsked || out.columns !== undefined) out.print(fix ? `${line}\n  ${fix}` : line)
  if (resealed.length > 0) {
    out.print(`${dryRun ? '[dry run] would seal' : '✓ Sealed'} anew under the newest key: ${resealed.join(', ')}`)
  }
}
