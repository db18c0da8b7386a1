/** Subjects, so that who opens and who resolves agree. */
export const AlertSubject = {
  telegramBlocked: 'telegram-blocked',
  missed: 'missed',
  unanswered: 'unanswered',
  failed: (queueItemId: string) => `failed:${queueItemId}`,
  unconfirmed: (queueItemId: string) => `unconfirmed:${queueItemId}`,
} as const
