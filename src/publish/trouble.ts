import type { AlertFacts, EventFacts } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'

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

/** A story that was never sent because it got too late for it, by name. */
export function missedEvent({ storyNumber, file }: { storyNumber: number | null; file: string }): EventFacts {
  return {
    subject: AlertSubject.missed,
    severity: 'warning',
    title: 'Missed, too late to send:',
    line: `#${storyNumber} ${file}`,
    fix: 'The pictures are free again; `storyline history --status missed` lists them, `storyline retry` queues one.',
  }
}

/** A card that nobody pressed in time, by name. */
export function unansweredEvent({ storyNumber, file }: { storyNumber: number | null; file: string }): EventFacts {
  return {
    subject: AlertSubject.unanswered,
    severity: 'warning',
    title: 'Cards that got no answer from the team:',
    line: `#${storyNumber} ${file}`,
    fix: 'Nobody pressed Mark Posted or Skip in time. The pictures are free again.',
  }
}
