import { printable } from '../../media/printable.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { explainAll, isStuck, TICK_LATE_SECONDS, type Waiting, type WaitReason } from '../explain-wait.ts'
import { counted, duration } from '../words.ts'

export interface OverdueFacts {
  /** Oldest first. */
  waiting: Waiting[]
  /** All of them, also those that are not listed. */
  count: number
}

const FIXES: Readonly<Record<WaitReason['kind'], string | null>> = {
  paused: 'Run `storyline resume` when posting may go on.',
  dry_run: 'Set DRY_RUN_MODE=false to go live.',
  sending: null,
  retry: null,
  not_set_up: 'Set TELEGRAM_BOT_TOKEN and TELEGRAM_CHANNEL_ID.',
  blocked: 'Run `storyline test-telegram` or `storyline test-api`: they name what is missing.',
  limit: null,
  no_tick: 'Run `storyline process-queue --dry-run` to see what a tick would do, and `storyline install-cron`.',
  next_tick: null,
  unknown: 'Run `storyline process-queue` in a terminal: it says what stops it.',
}

/** Stories past their time, and why they wait (lessons 14). */
export const overdue: Check<OverdueFacts> = {
  name: 'overdue',
  title: 'Due stories',
  needs: 'database',
  told: {
    alerts: ['telegram-blocked', 'instagram-blocked', 'hosting-blocked'],
    checks: ['configuration', 'last-tick', 'telegram'],
  },
  measure: async (bench) => {
    const { overdue: items, overdueCount: count, wait } = await bench.queue()
    return { waiting: explainAll(items, wait), count }
  },
  judge: ({ waiting, count }) => {
    const shown = waiting.find(isStuck) ?? waiting[0]
    if (!shown) return healthy('nothing is overdue')
    const { item, reason } = shown
    const name = `#${item.storyNumber} ${printable(item.file)}`
    const details = `${counted(count, 'story', 'stories')} waiting; ${name} since ${duration(item.lateSeconds)}: ${reason.text}`
    if (isStuck(shown)) return unhealthy(details, FIXES[reason.kind])
    return item.lateSeconds > TICK_LATE_SECONDS ? warning(details, FIXES[reason.kind]) : healthy(details)
  },
}
