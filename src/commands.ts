import type { CommandDefinition } from './command.ts'

export interface CommandEntry {
  name: string
  summary: string
  group: 'Start' | 'Library' | 'Schedule' | 'Posting' | 'People' | 'Watching' | 'Backups' | 'Plumbing'
  load(): Promise<{ default: CommandDefinition<never> }>
}

/** Every command, in the order of the help; each is imported only when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'quickstart',
    summary: 'see the whole thing work on this machine, with sample stories',
    group: 'Start',
    load: () => import('./setup/quickstart.ts'),
  },
  {
    name: 'init',
    summary: 'answer a few questions, checked live, and write .env',
    group: 'Start',
    load: () => import('./setup/init.ts'),
  },
  {
    name: 'help',
    summary: 'explain a topic or a command',
    group: 'Start',
    load: () => import('./setup/help.ts'),
  },
  {
    name: 'index-media',
    summary: 'scan the media folder into the library',
    group: 'Library',
    load: () => import('./media/index-media.ts'),
  },
  {
    name: 'list-media',
    summary: 'list the library, filtered',
    group: 'Library',
    load: () => import('./media/list-media.ts'),
  },
  {
    name: 'show-media',
    summary: 'show everything about one picture',
    group: 'Library',
    load: () => import('./media/show-media.ts'),
  },
  {
    name: 'edit-media',
    summary: 'change title, link, caption, tags or interaction',
    group: 'Library',
    load: () => import('./media/edit-media.ts'),
  },
  {
    name: 'lock-media',
    summary: 'keep a picture from being chosen: a hold, or until a date',
    group: 'Library',
    load: () => import('./media/lock-media.ts'),
  },
  {
    name: 'unlock-media',
    summary: 'remove locks from a picture',
    group: 'Library',
    load: () => import('./media/unlock-media.ts'),
  },
  {
    name: 'create-schedule',
    summary: 'fill the free slots of the coming days',
    group: 'Schedule',
    load: () => import('./schedule/create-schedule.ts'),
  },
  {
    name: 'list-queue',
    summary: 'show what is planned, waiting or stuck, and why',
    group: 'Schedule',
    load: () => import('./schedule/list-queue.ts'),
  },
  {
    name: 'history',
    summary: 'show what happened to past stories',
    group: 'Schedule',
    load: () => import('./history/history.ts'),
  },
  {
    name: 'add-to-queue',
    summary: 'plan one picture by hand',
    group: 'Schedule',
    load: () => import('./schedule/add-to-queue.ts'),
  },
  {
    name: 'reschedule',
    summary: 'move a planned story to another time',
    group: 'Schedule',
    load: () => import('./schedule/reschedule.ts'),
  },
  {
    name: 'cancel',
    summary: 'take a story out of the queue; the picture stays free',
    group: 'Schedule',
    load: () => import('./schedule/cancel.ts'),
  },
  {
    name: 'skip',
    summary: 'not this story now: its picture rests for a while',
    group: 'Schedule',
    load: () => import('./schedule/skip.ts'),
  },
  {
    name: 'reject',
    summary: 'never this picture again',
    group: 'Schedule',
    load: () => import('./schedule/reject.ts'),
  },
  {
    name: 'undo',
    summary: 'take back a wrong posted, skipped, rejected, cancelled or missed',
    group: 'Schedule',
    load: () => import('./history/undo.ts'),
  },
  {
    name: 'retry',
    summary: 'queue a failed or missed story again',
    group: 'Schedule',
    load: () => import('./schedule/retry.ts'),
  },
  {
    name: 'confirm',
    summary: 'say what happened to an unconfirmed story, or that one was posted',
    group: 'Schedule',
    load: () => import('./schedule/confirm.ts'),
  },
  {
    name: 'pause',
    summary: 'stop posting until resume',
    group: 'Posting',
    load: () => import('./schedule/pause.ts'),
  },
  {
    name: 'resume',
    summary: 'go on posting; overdue stories get new times',
    group: 'Posting',
    load: () => import('./schedule/resume.ts'),
  },
  {
    name: 'process-queue',
    summary: 'one tick: send what is due (cron runs it every 5 minutes)',
    group: 'Posting',
    load: () => import('./publish/process-queue.ts'),
  },
  {
    name: 'bot',
    summary: 'listen to the buttons and commands in Telegram',
    group: 'Posting',
    load: () => import('./bot/bot.ts'),
  },
  {
    name: 'test-telegram',
    summary: 'check token, chat and rights with live calls',
    group: 'Posting',
    load: () => import('./telegram/test-telegram.ts'),
  },
  {
    name: 'instagram',
    summary: 'connect the Instagram account',
    group: 'Posting',
    load: () => import('./instagram/instagram-command.ts'),
  },
  {
    name: 'test-api',
    summary: 'check automatic publishing with live calls',
    group: 'Posting',
    load: () => import('./instagram/test-api.ts'),
  },
  {
    name: 'check-token',
    summary: "is Instagram's token valid, and for how long",
    group: 'Posting',
    load: () => import('./instagram/check-token.ts'),
  },
  {
    name: 'refresh-token',
    summary: "renew Instagram's token in time (cron runs it daily)",
    group: 'Posting',
    load: () => import('./instagram/refresh-token.ts'),
  },
  {
    name: 'list-users',
    summary: 'list the people who pressed buttons',
    group: 'People',
    load: () => import('./users/list-users.ts'),
  },
  {
    name: 'user-stats',
    summary: 'what one person posted, when and how fast',
    group: 'People',
    load: () => import('./users/user-stats.ts'),
  },
  {
    name: 'promote-user',
    summary: 'make somebody admin or member',
    group: 'People',
    load: () => import('./users/promote-user.ts'),
  },
  {
    name: 'deactivate-user',
    summary: "refuse somebody's presses from now on",
    group: 'People',
    load: () => import('./users/deactivate-user.ts'),
  },
  {
    name: 'activate-user',
    summary: "accept somebody's presses again",
    group: 'People',
    load: () => import('./users/activate-user.ts'),
  },
  {
    name: 'dashboard',
    summary: 'what happens next, what waits for whom, is anything wrong: live on a terminal',
    group: 'Watching',
    load: () => import('./dashboard/dashboard.ts'),
  },
  {
    name: 'check-health',
    summary: 'is everything well, and if not, what to do',
    group: 'Watching',
    load: () => import('./health/check-health.ts'),
  },
  {
    name: 'monitor-queue',
    summary: 'is the queue moving, and what is it waiting for',
    group: 'Watching',
    load: () => import('./health/monitor-queue.ts'),
  },
  {
    name: 'list-service-runs',
    summary: 'what ran, when, how long and with which result',
    group: 'Watching',
    load: () => import('./runs/list-service-runs.ts'),
  },
  {
    name: 'backup',
    summary: 'write database, media and settings to BACKUP_DIR',
    group: 'Backups',
    load: () => import('./backup/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'bring a backup back',
    group: 'Backups',
    load: () => import('./backup/restore.ts'),
  },
  {
    name: 'verify-backups',
    summary: 'restore the newest backup on trial',
    group: 'Backups',
    load: () => import('./backup/verify-backups.ts'),
  },
  {
    name: 'config',
    summary: 'show every setting and where it comes from; change posting settings',
    group: 'Plumbing',
    load: () => import('./setup/config-command.ts'),
  },
  {
    name: 'install-cron',
    summary: 'write the jobs into your crontab',
    group: 'Plumbing',
    load: () => import('./setup/install-cron.ts'),
  },
  {
    name: 'install-service',
    summary: 'print or write systemd units',
    group: 'Plumbing',
    load: () => import('./setup/install-service.ts'),
  },
  {
    name: 'db',
    summary: 'start, stop, migrate and inspect the database',
    group: 'Plumbing',
    load: () => import('./db/db-command.ts'),
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands, ids and names with Tab',
    group: 'Plumbing',
    load: () => import('./setup/completion.ts'),
  },
  {
    name: 'man',
    summary: 'print the manual page',
    group: 'Plumbing',
    load: () => import('./setup/man.ts'),
  },
  {
    name: 'version',
    summary: 'print version, Node and schema',
    group: 'Plumbing',
    load: () => import('./setup/version-command.ts'),
  },
]
