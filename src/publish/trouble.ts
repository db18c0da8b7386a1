import type { AlertFacts, EventFacts } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Closed, Closure } from './channels/channel.ts'

/** What the admin chat is told about trouble with the queue: pure texts, one per kind of trouble. */

interface Named {
  id: string
  storyNumber: number | null
}

const CLOSED: Readonly<Record<Closed, string>> = {
  telegram: "No story can be sent to the team's chat",
  instagram: 'Nothing is published automatically on Instagram',
  hosting: 'Nothing is published automatically on Instagram, because the media host does not work',
}

/** Told once while it lasts. */
export function closureAlert(closure: Closure): AlertFacts {
  const { what, reason } = closure
  if (closure.kind === 'blocked') {
    const summary = `${CLOSED[what]}: ${reason}`
    return { subject: AlertSubject.blocked(what), severity: 'critical', summary, fix: closure.fix }
  }
  return {
    subject: AlertSubject.instagramLimit,
    severity: 'warning',
    summary: `Automatic publishing waits: ${reason}`,
    fix: `${closure.fix ? `${closure.fix} ` : ''}It goes on by itself; a story that would get too late goes to the team instead.`,
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
  const short = item.id.slice(0, 8)
  return {
    subject: AlertSubject.unconfirmed(item.id),
    severity: 'warning',
    summary: `Was story #${item.storyNumber} sent? ${reason}.`,
    fix: `Look into the team's chat, then press a button here or run: storyline confirm ${short} --sent`,
    queueItemId: item.id,
  }
}

/** Reading Instagram did not tell: somebody has to look at the account. */
export function liveQuestion(item: Named, reason: string): AlertFacts {
  const short = item.id.slice(0, 8)
  return {
    subject: AlertSubject.unconfirmed(item.id),
    severity: 'warning',
    summary: `Is story #${item.storyNumber} live on Instagram? ${reason}.`,
    fix: `Look at the account's stories, then press a button here or run: storyline confirm ${short} --posted or --not-posted`,
    queueItemId: item.id,
  }
}

/** Pictures that should be gone from their public address. */
export function leftBehindAlert(provider: string, reason: string): AlertFacts {
  return {
    subject: AlertSubject.hostedLeft,
    severity: 'warning',
    summary: `A picture that is no longer needed cannot be deleted from ${provider}: ${reason}`,
    fix: 'Check the settings of that host, or delete what lies under storyline/ there by hand. It is tried again every few hours.',
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
