import { type AccessResult, describeIncomplete, loadInstagramAccess } from '../../instagram/access.ts'
import { storedFacts } from '../../instagram/inspect-token.ts'
import { judgeToken, type TokenJudgement } from '../../instagram/judge-token.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'

export type InstagramFacts =
  | { kind: 'off' }
  | Extract<AccessResult, { kind: 'incomplete' }>
  | { kind: 'ready'; account: string; note: string | null; token: TokenJudgement }

/** Whether the account is connected, and how long the token lasts by what is stored; nobody is asked. */
export const instagram: Check<InstagramFacts> = {
  name: 'instagram',
  title: 'Instagram',
  needs: 'database',
  told: { alerts: ['instagram-blocked', 'instagram-token'] },
  measure: async (bench) => {
    if (!bench.settings.enableInstagramApi) return { kind: 'off' }
    const found = await loadInstagramAccess(bench)
    if (found.kind === 'incomplete') return found
    const { access, note } = found
    const token = judgeToken(storedFacts(access, bench.now()))
    return { kind: 'ready', account: access.username ? `@${access.username}` : access.accountId, note, token }
  },
  judge: (facts) => {
    if (facts.kind === 'off') return healthy('not enabled: every story goes to the team')
    if (facts.kind === 'incomplete') return unhealthy(describeIncomplete(facts), facts.fix)
    const { account, note, token } = facts
    const days = token.daysLeft === null ? '' : `, the token lasts ${token.daysLeft} days`
    if (token.health === 'dead') return unhealthy(token.text, token.fix)
    if (token.health === 'warning') return warning(token.text, token.fix)
    return note === null ? healthy(`${account} is connected${days}`) : warning(note)
  },
}
