import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { isoWithOffset } from '../output/time.ts'
import { type Examined, overallHealth } from './check.ts'
import { CHECKS } from './checks/index.ts'
import { type OpenedDoor, openDoor } from './door.ts'
import { CHECK_SECONDS, examineAll } from './examine.ts'
import { printReport } from './report.ts'
import { type Told, tellAlerts } from './tell-alerts.ts'
import { describeTrouble } from './trouble.ts'
import { within } from './within.ts'

/** Longest time for telling: a database or a Telegram that hangs only now must not hang the command. */
const TELL_SECONDS = 30

interface Options {
  alertOnError?: boolean
  offline?: boolean
}

export default defineCommand<Options>({
  description: `Says whether stories go out and will go out: by what happened (the last tick, the
oldest due story, the last delivery), not by what runs. One row a check, each with
what to do. A check that could not be made counts as unhealthy.

Exit codes: 0 healthy or with warnings, 3 unhealthy, 4 the configuration cannot
be read.

--json: {status, at, checks: [{name, title, status, details, fix}], alerts};
status: healthy, warning or unhealthy; alerts: null, or with --alert-on-error
{opened, resolved, untold}.`,
  examples: [
    ['storyline check-health', 'look at everything, Telegram and Instagram included'],
    ['storyline check-health --alert-on-error', 'from cron: tell the admin chat what changed'],
    ['storyline check-health --offline --json | jq -r .status', 'only what this machine and the database know'],
  ],
  needs: 'settings',
  quietWhenWell: true,
  configure: (command) => {
    command
      .option('--alert-on-error', 'tell the admin chat what became unhealthy, and what is well again, once each')
      .option('--offline', 'leave out what asks Telegram, Instagram or a media host')
  },
  run: async (ctx, { options }) => {
    const { alertOnError = false, offline = false } = options
    const opened = await openDoor(ctx, { withinSeconds: CHECK_SECONDS })
    try {
      const checks = CHECKS.filter(({ asksOutside }) => !offline || !asksOutside)
      const examined = await examineAll(checks, { ctx, opened })
      const told = alertOnError ? await alert(ctx, opened, { examined, isOffline: offline }) : null
      report(ctx, opened, { examined, told })
      return isUnhealthy(examined) ? ExitCode.partly : ExitCode.done
    } finally {
      await opened.close()
    }
  },
})

function isUnhealthy(examined: readonly Examined[]): boolean {
  return overallHealth(examined.map(({ verdict }) => verdict)) === 'unhealthy'
}

/** Trouble with telling never hides what was found. */
async function alert(
  ctx: Context,
  { db, door, settings }: OpenedDoor,
  { examined, isOffline }: { examined: readonly Examined[]; isOffline: boolean },
): Promise<Told> {
  const untold = (why: string): Told => ({ opened: [], resolved: [], untold: isUnhealthy(examined) ? why : null })
  if (settings.dryRunMode) return untold('DRY_RUN_MODE is true')
  if (!db || door.kind !== 'open') return untold('alerts need the database')
  try {
    const { now, random, out, env, signal, beginRun } = ctx
    const telling = tellAlerts({ settings, db, now, random, out, env, signal, beginRun }, examined, { isOffline })
    const late = `it took more than ${TELL_SECONDS} s`
    return await within(AbortSignal.timeout(TELL_SECONDS * 1000), late, telling)
  } catch (error) {
    return { opened: [], resolved: [], untold: describeTrouble(error).reason }
  }
}

interface Found {
  examined: readonly Examined[]
  told: Told | null
}

function report({ out, now }: Context, { settings }: OpenedDoor, { examined, told }: Found): void {
  const status = overallHealth(examined.map(({ verdict }) => verdict))
  out.document({
    status,
    at: isoWithOffset(now(), settings.timeZone),
    checks: examined.map(({ check, verdict }) => ({ name: check.name, title: check.title, ...verdict })),
    alerts: told,
  })
  if (!out.json) printReport(out, status, examined)
  // The loud way when Telegram is not one (lessons E13): cron mails what stands here.
  if (told?.untold != null) {
    out.warn(`storyline: the admin chat could not be told: ${told.untold}`)
    for (const { check, verdict } of examined) {
      if (verdict.status === 'unhealthy') out.warn(`storyline: unhealthy: ${check.title}: ${verdict.details}`)
    }
  }
}
