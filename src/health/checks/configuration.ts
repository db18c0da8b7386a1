import { parseCategoryMix } from '../../schedule/category-mix.ts'
import { planSlots } from '../../schedule/slots.ts'
import type { SettingProblem, Settings } from '../../settings.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'

export interface ConfigurationFacts {
  /** What the table `config` says wrongly: every command refuses to start with it. */
  problems: readonly SettingProblem[]
  /** Settings without which no story reaches the team. */
  missing: string[]
  /** Why nothing can be planned; null: it can. */
  unplannable: string | null
  hasAdminChat: boolean
  isDryRun: boolean
}

/** Whether these settings let anything be posted at all (lessons I6, J8). */
export const configuration: Check<ConfigurationFacts> = {
  name: 'configuration',
  title: 'Settings',
  needs: 'settings',
  measure: ({ settings, now, configProblems }) => ({
    problems: configProblems,
    missing: [
      ...(settings.telegramBotToken ? [] : ['TELEGRAM_BOT_TOKEN']),
      ...(settings.telegramChannelId ? [] : ['TELEGRAM_CHANNEL_ID']),
    ],
    unplannable: whyUnplannable(settings, now()),
    hasAdminChat: settings.adminTelegramChatId !== undefined,
    isDryRun: settings.dryRunMode,
  }),
  judge: ({ problems, missing, unplannable, hasAdminChat, isDryRun }) => {
    if (problems.length > 0) {
      const wrong = problems.map(({ name, value, rule }) => `${name} is "${value}", expected ${rule}`)
      return unhealthy(
        `no command starts, the table config is wrong: ${wrong.join('; ')}`,
        'Correct it: storyline config set',
      )
    }
    if (missing.length > 0) {
      const fix = 'Put it into .env; `storyline help telegram` shows how to get it.'
      return unhealthy(`nothing can be sent: ${missing.join(' and ')} not set`, fix)
    }
    if (unplannable !== null) return unhealthy(`nothing can be planned: ${unplannable}`, 'Correct it in .env.')
    if (isDryRun) return warning('DRY_RUN_MODE is true: nothing is sent', 'Set DRY_RUN_MODE=false to go live.')
    if (!hasAdminChat) {
      return warning('ADMIN_TELEGRAM_CHAT_ID is not set: nobody is told of trouble', 'Set it to the chat of an admin.')
    }
    return healthy('all that is needed to post is set')
  },
}

/** Pure. */
export function whyUnplannable(settings: Settings, now: Date): string | null {
  const { categoryMix, timeZone, postsPerDay, postingStartMinutes, postingEndMinutes } = settings
  const mix = categoryMix === undefined ? null : parseCategoryMix(categoryMix)
  if (mix?.kind === 'error') return `CATEGORY_MIX is "${categoryMix}": ${mix.reason}`
  const slots = planSlots({
    ...{ now, timeZone, postsPerDay, days: 3, jitterMinutes: 0, random: () => 0, taken: [] },
    windowStartMinutes: postingStartMinutes,
    windowEndMinutes: postingEndMinutes,
  })
  return slots.length > 0 ? null : 'the posting window (POSTING_HOURS_START to POSTING_HOURS_END) has no slot'
}
