import { type AlertFacts, AlertSubject } from '../alerts/alerts.ts'

/** What the admin chat is told about trouble with the queue: pure texts, one per kind of trouble. */

interface Named {
  id: string
  storyNumber: number | null
}

export function blockedAlert({ reason, fix }: { reason: string; fix: string }): AlertFacts {
  return {
    subject: AlertSubject.telegramBlocked,
    severity: 'critical',
    summary: `No story can be sent to the team's chat: ${reason}`,
    fix,
  }
}

export function failedAlert(item: Named, file: string, reason: string): AlertFacts {
  return {
    subject: AlertSubject.failed(item.id),
    severity: 'critical',
    summary: `Story #${item.storyNumber} (${file}) failed: ${reason}`,
    fix: `When the cause is mended: storyline retry ${item.id.slice(0, 8)}`,
  }
}

export function unconfirmedAlert(item: Named, reason: string): AlertFacts {
  return {
    subject: AlertSubject.unconfirmed(item.id),
    severity: 'warning',
    summary: `Was story #${item.storyNumber} sent? ${reason}.`,
    fix: `Look into the team's chat, then press a button here or run: storyline confirm ${item.id.slice(0, 8)} --sent`,
    queueItemId: item.id,
  }
}

/** Longest list of names in one message. */
const MAX_NAMES = 20

function listNames(stories: readonly { storyNumber: number | null; file: string }[]): string {
  const names = stories.slice(0, MAX_NAMES).map(({ storyNumber, file }) => `#${storyNumber} ${file}`)
  const more = stories.length > MAX_NAMES ? [`and ${stories.length - MAX_NAMES} more`] : []
  return [...names, ...more].join('\n')
}

/** Stories that were never sent because it got too late for them, by name. */
export function missedAlert(stories: readonly { storyNumber: number | null; file: string }[]): AlertFacts {
  const count = stories.length === 1 ? 'A story was' : `${stories.length} stories were`
  return {
    subject: AlertSubject.missed,
    severity: 'warning',
    summary: `${count} missed, too late to send:\n${listNames(stories)}`,
    fix: 'The pictures are free again; `storyline history --status missed` lists them, `storyline retry` queues one.',
    isEvent: true,
  }
}

/** Cards that nobody pressed in time, by name. */
export function unansweredAlert(stories: readonly { storyNumber: number | null; file: string }[]): AlertFacts {
  const count = stories.length === 1 ? 'A card' : `${stories.length} cards`
  return {
    subject: AlertSubject.unanswered,
    severity: 'warning',
    summary: `${count} got no answer from the team:\n${listNames(stories)}`,
    fix: 'Nobody pressed Mark Posted or Skip in time. The pictures are free again.',
    isEvent: true,
  }
}
