import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { openHost } from '../hosting/open-host.ts'
import { paint } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { type AccessResult, describeIncomplete, loadInstagramAccess, openGraph } from './access.ts'
import { type Check, checkApi } from './api-checks.ts'
import { checkHost } from './check-host.ts'
import { heldAccount } from './hold.ts'

export default defineCommand({
  description: `Checks automatic publishing with live calls, without publishing anything: the
token and its days, the permissions, the account and its type, the publishing
quota, and the media host (a tiny picture is uploaded, fetched and deleted).
Every line that fails says how to mend it. While Meta asks for a pause, or with
DRY_RUN_MODE, nothing is called.

Exit codes: 0 all is well, 3 something is wrong, 4 a setting is missing.

--json: {ok, checks: [{name, ok, detail, fix}]}.`,
  examples: [
    ['storyline test-api', 'after `storyline instagram connect`, before ENABLE_INSTAGRAM_API=true'],
    ['storyline test-api --json | jq ".checks[] | select(.ok | not)"', 'only what is wrong'],
  ],
  needs: 'database',
  configure: () => {},
  run: testApi,
})

async function testApi(ctx: Context): Promise<ExitCode> {
  const access = await loadInstagramAccess(ctx)
  const host = await openHost(ctx.settings)
  const missing = [
    ...(access.kind === 'incomplete'
      ? [{ name: 'connection', ok: false, detail: describeIncomplete(access), fix: access.fix }]
      : []),
    ...(host.kind === 'incomplete' ? [hostIncomplete(ctx, host.missing)] : []),
  ]
  if (ctx.settings.dryRunMode) return reportDryRun(ctx, missing)
  const held = access.kind === 'ready' ? await checkHold(ctx, access.access.accountId) : null
  const calls = held ? [held] : await callAll(ctx, access, host)
  report(ctx, [...missing, ...calls, ...advise(ctx, access)])
  if (missing.length > 0) return ExitCode.notConfigured
  return calls.every(({ ok }) => ok) ? ExitCode.done : ExitCode.partly
}

function hostIncomplete({ settings }: Context, missing: readonly string[]): Check {
  const detail = `${settings.mediaHost} is not set up: ${missing.join(', ')} missing`
  return { name: 'media host', ok: false, detail, fix: '`storyline help instagram` shows where to get them.' }
}

async function checkHold(ctx: Context, accountId: string): Promise<Check | null> {
  const hold = await heldAccount(ctx, accountId)
  if (!hold) return null
  const until = isoWithOffset(new Date(ctx.now().getTime() + hold.seconds * 1000), ctx.settings.timeZone)
  const detail = `Meta wants no calls until ${until}: ${hold.reason}`
  return { name: 'limit', ok: false, detail, fix: 'Nothing was called. Try again after that.' }
}

async function callAll(
  ctx: Context,
  access: AccessResult,
  host: Awaited<ReturnType<typeof openHost>>,
): Promise<Check[]> {
  const checks: Check[] = []
  if (access.kind === 'ready') {
    const graph = openGraph(access.access, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
    try {
      checks.push(...(await checkApi(ctx, graph, access.access)))
    } finally {
      graph.close()
    }
  }
  if (host.kind === 'ready') checks.push(await checkHost(ctx, host.host))
  return checks
}

/** What is no failure today but will be one. */
function advise({ settings }: Context, access: AccessResult): Check[] {
  const note = access.kind === 'ready' ? access.note : null
  const key: Check[] = settings.secretKey
    ? []
    : [
        {
          name: 'refresh',
          ok: true,
          detail: 'STORYLINE_SECRET_KEY is not set: a renewed token cannot be stored',
          fix: 'Make one with `openssl rand -base64 32` before the token expires.',
        },
      ]
  return note === null ? key : [...key, { name: 'stored token', ok: true, detail: note }]
}

function report({ out, settings }: Context, checks: readonly Check[]): void {
  const ok = checks.every((check) => check.ok)
  out.document({ ok, checks })
  const color = paint(out)
  for (const { name, ok, detail, fix } of checks) {
    out.print(`${ok ? color.green('✓') : color.red('✗')} ${name}: ${detail}${fix ? `\n    ${fix}` : ''}`)
  }
  if (ok && !settings.enableInstagramApi) out.note('All is well. ENABLE_INSTAGRAM_API=true switches it on.')
}

function reportDryRun({ out }: Context, missing: readonly Check[]): ExitCode {
  out.document({ ok: missing.length === 0, checks: missing, dryRun: true })
  for (const { name, detail, fix } of missing) out.print(`✗ ${name}: ${detail}\n    ${fix}`)
  out.print('[dry run] DRY_RUN_MODE is on: nothing was called, neither Meta nor the media host')
  return missing.length > 0 ? ExitCode.notConfigured : ExitCode.done
}
