import { loadInstagramAccess, openGraph } from '../../instagram/access.ts'
import { checkApi, type Check as Line } from '../../instagram/api-checks.ts'
import { describeHold, heldAccount } from '../../instagram/hold.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { answerSeconds, bindGraph } from '../outside.ts'

export type ApiFacts =
  /** Nobody was asked: why, and whether that is trouble. */
  { kind: 'not_asked'; why: string; isTrouble: boolean } | { kind: 'asked'; lines: readonly Line[] }

/** The token, its permissions, the account and the quota, by live calls; nothing is published. */
export const instagramApi: Check<ApiFacts> = {
  name: 'instagram-api',
  title: 'Instagram API',
  needs: 'database',
  asksOutside: true,
  told: { alerts: ['instagram-blocked', 'instagram-token', 'instagram-limit'], checks: ['instagram'] },
  measure: async (bench) => {
    const { settings, signal } = bench
    if (!settings.enableInstagramApi) return notAsked('not enabled')
    if (settings.dryRunMode) return notAsked('not asked: DRY_RUN_MODE is true')
    const found = await loadInstagramAccess(bench)
    if (found.kind === 'incomplete') return notAsked('not asked: the account is not connected', true)
    const { access } = found
    const held = await heldAccount(bench, access.accountId)
    if (held) return notAsked(describeHold(held), true)
    const graph = bindGraph(openGraph(access, { timeoutSeconds: answerSeconds(settings) }), signal)
    try {
      return { kind: 'asked', lines: await checkApi(bench, graph, access) }
    } finally {
      graph.close()
    }
  },
  judge: (facts) => {
    if (facts.kind === 'not_asked') return facts.isTrouble ? warning(facts.why) : healthy(facts.why)
    const { lines } = facts
    const tell = (some: readonly Line[]) => some.map(({ name, detail }) => `${name}: ${detail}`).join('; ')
    const fixOf = (some: readonly Line[]) => some.find(({ fix }) => fix)?.fix ?? null
    // A used up quota mends itself: the stories wait.
    const bad = lines.filter(({ ok, name }) => !ok && name !== 'publishing quota')
    if (bad.length > 0) return unhealthy(tell(bad), fixOf(bad))
    const soon = lines.filter(({ ok, fix }) => !ok || fix !== undefined)
    return soon.length > 0 ? warning(tell(soon), fixOf(soon)) : healthy(tell(lines))
  },
}

const notAsked = (why: string, isTrouble = false): ApiFacts => ({ kind: 'not_asked', why, isTrouble })
