import type { HistoryStatus } from '../db/schema.ts'
import { fileNameOf } from '../media/library.ts'
import { printable } from '../media/printable.ts'
import { isoWithOffset } from '../output/time.ts'
import { type Action, type ActionsFor, VERBS, type Verb } from './action.ts'
import type { Entry, PictureFacts, Planned, Settled, Snapshot, Waiting } from './snapshot.ts'

/** An action as it is when nothing more is said of it. */
type Draft = Pick<Action, 'command'> & Partial<Omit<Action, 'verb' | 'label' | 'command'>>
type Drafts = Partial<Record<Verb, Draft>>

/** Every verb that fits what is selected, in the order of VERBS: the commands that would not refuse it. */
export const actionsFor: ActionsFor = (selected, snapshot) => {
  const drafts: Drafts = { ...draftsFor(selected, snapshot), ...draftsAlways(snapshot.paused !== null) }
  return VERBS.flatMap((verb): Action[] => {
    const draft = drafts[verb]
    return draft ? [{ verb, label: verb, args: [], options: {}, question: null, asks: null, ...draft }] : []
  })
}

function draftsAlways(isPaused: boolean): Drafts {
  const reason = {
    prompt: 'Pause; why? (may stay empty, Esc does not pause)',
    option: 'reason',
    preset: '',
    isRequired: false,
  }
  // The way is given: the command would ask for it, and nobody could answer behind the screen.
  const resume: Draft = {
    command: 'resume',
    options: { replan: true },
    question: 'Go on posting? Overdue stories get the next free slots.',
  }
  const resumeAndSend: Draft = {
    command: 'resume',
    options: { send: true },
    question: 'Go on posting? Overdue stories go out now, a few with every tick.',
  }
  return {
    ...(isPaused ? { resume, 'resume and send': resumeAndSend } : { pause: { command: 'pause', asks: reason } }),
    'run tick': {
      command: 'process-queue',
      question: 'Run a tick now? It sends what is due, and ends what is too late.',
    },
    'check health': { command: 'check-health' },
  }
}

function draftsFor(selected: Entry | null, { timeZone, paused }: Snapshot): Drafts {
  switch (selected?.kind) {
    case 'planned':
      return draftsForPlanned(selected, { timeZone, isPaused: paused !== null })
    case 'waiting':
      return selected.status === 'unconfirmed' ? draftsForDoubt(selected) : draftsForCard(selected)
    case 'settled':
      return draftsForSettled(selected)
    case 'problem':
    case 'check':
    case undefined:
      return {}
    default:
      return selected satisfies never
  }
}

function draftsForPlanned(story: Planned, { timeZone, isPaused }: { timeZone: string; isPaused: boolean }): Drafts {
  const hold = holdPicture(story)
  // A run has it: what it does cannot be called back.
  if (story.status === 'processing') return { hold }
  const postNow: Draft = {
    command: 'reschedule',
    args: [story.id],
    options: { now: true },
    question: isPaused
      ? `Make ${nameOf(story)} due now? Posting is paused: it goes out with "resume and send".`
      : `Send ${nameOf(story)} with the next tick?`,
  }
  const preset = isoWithOffset(story.scheduledFor, timeZone).slice(0, 16).replace('T', ' ')
  const asks = { prompt: 'New time (14:30 or 2026-11-22 14:30)', option: 'at', preset, isRequired: true }
  return {
    // Samples are never sent.
    ...(story.isSample ? {} : { 'post now': postNow }),
    're-plan': { command: 'reschedule', args: [story.id], asks },
    ...{ hold, skip: skip(story), cancel: cancel(story) },
  }
}

function draftsForCard(story: Waiting): Drafts {
  return {
    'confirm posted': confirm(story, { posted: true }, `Record ${nameOf(story)} as posted?`),
    ...{ skip: skip(story), cancel: cancel(story), hold: holdPicture(story) },
  }
}

function draftsForDoubt(story: Waiting): Drafts {
  const name = nameOf(story)
  // Of a story that publishes itself there is no message that could have arrived.
  const sent = confirm(story, { sent: true }, `Is the message of ${name} in Telegram? It is not sent again.`)
  return {
    'confirm posted': confirm(story, { posted: true }, `Is ${name} live? It is recorded as posted.`),
    'confirm not posted': confirm(story, { notPosted: true }, `Did ${name} never arrive? It is sent again.`),
    ...(story.channel === 'instagram' ? {} : { 'confirm sent': sent }),
    hold: holdPicture(story),
  }
}

function draftsForSettled(story: Settled): Drafts {
  const undo: Draft = {
    command: 'undo',
    args: [story.id],
    question: `Undo "${story.status}" of ${nameOf(story)}? The story is open again.`,
  }
  return {
    hold: holdPicture(story),
    ...(RETRIED.includes(story.status) ? { retry: retry(story) } : {}),
    ...(canUndo(story) ? { undo } : {}),
  }
}

function retry(story: Settled): Draft {
  return { command: 'retry', args: [story.id], question: `Queue the picture of ${nameOf(story)} once more, due now?` }
}

const RETRIED: readonly HistoryStatus[] = ['failed', 'missed', 'cancelled']
/** By a person: what Storyline itself published is live. */
const UNDONE: readonly HistoryStatus[] = ['posted', 'skipped', 'rejected', 'cancelled']

function canUndo({ status, by }: Settled): boolean {
  return UNDONE.includes(status) && (status !== 'posted' || by !== null)
}

function skip(story: Planned | Waiting): Draft {
  return { command: 'skip', args: [story.id], question: `Skip ${nameOf(story)}? Its picture rests for a while.` }
}

function cancel(story: Planned | Waiting): Draft {
  return { command: 'cancel', args: [story.id], question: `Cancel ${nameOf(story)}? Its picture stays free.` }
}

function confirm(story: Waiting, options: Action['options'], question: string): Draft {
  return { command: 'confirm', args: [story.id], options, question }
}

function holdPicture({ mediaItemId, file }: PictureFacts): Draft {
  const prompt = 'Hold the picture until (2026-12-24, empty: for ever)'
  return {
    command: 'lock-media',
    args: [mediaItemId],
    question: `Hold ${baseName(file)} back? Without a date for ever; what is planned stays.`,
    asks: { prompt, option: 'until', preset: '', isRequired: false },
  }
}

const baseName = (file: string) => printable(fileNameOf(file))

/** `#47 mug.jpg`. */
function nameOf({ storyNumber, file }: Planned | Waiting | Settled): string {
  const name = baseName(file)
  return storyNumber === null ? name : `#${storyNumber} ${name}`
}
