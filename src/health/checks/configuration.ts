import { findOpenEnvFile } from '../../env-file-mode.ts'
import type { SettingProblem } from '../../settings.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'

export interface ConfigurationFacts {
  /** What the table `config` says wrongly: every command refuses to start with it. */
  problems: readonly SettingProblem[]
  /** Settings without which no story reaches the team. */
  missing: string[]
  hasAdminChat: boolean
  isDryRun: boolean
  /** What is wrong with who may read `.env`; null: nothing. */
  openEnvFile: string | null
}

/** Whether these settings let anything be posted at all (lessons I6, J8). */
export const configuration: Check<ConfigurationFacts> = {
  name: 'configuration',
  title: 'Settings',
  needs: 'settings',
  measure: ({ settings, configProblems }) => ({
    problems: configProblems,
    missing: [
      ...(settings.telegramBotToken ? [] : ['TELEGRAM_BOT_TOKEN']),
      ...(settings.telegramChannelId ? [] : ['TELEGRAM_CHANNEL_ID']),
    ],
    hasAdminChat: settings.adminTelegramChatId !== undefined,
    isDryRun: settings.dryRunMode,
    openEnvFile: findOpenEnvFile(settings.home),
  }),
  judge: ({ problems, missing, hasAdminChat, isDryRun, openEnvFile }) => {
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
    if (isDryRun) return warning('DRY_RUN_MODE is true: nothing is sent', 'Set DRY_RUN_MODE=false to go live.')
    if (!hasAdminChat) {
      return warning('ADMIN_TELEGRAM_CHAT_ID is not set: nobody is told of trouble', 'Set it to the chat of an admin.')
    }
    if (openEnvFile !== null) return warning(openEnvFile)
    return healthy('all that is needed to post is set')
  },
}
