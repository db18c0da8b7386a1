/** Subjects, so that who opens and who resolves agree. */
export const AlertSubject = {
  blocked: (what: string) => `${what}-blocked`,
  telegramBlocked: 'telegram-blocked',
  hostedLeft: 'hosted-files',
  instagramLimit: 'instagram-limit',
  instagramToken: 'instagram-token',
  missed: 'missed',
  unanswered: 'unanswered',
  failed: (queueItemId: string) => `failed:${queueItemId}`,
  unconfirmed: (queueItemId: string) => `unconfirmed:${queueItemId}`,
  /** No new backup, or one that lacks something. */
  backup: 'backup',
  /** A backup that could not be restored on trial. */
  damagedBackup: 'backup-damaged',
  /** Of `check-health`, by the name of the check. */
  health: (check: string) => `health:${check}`,
} as const
