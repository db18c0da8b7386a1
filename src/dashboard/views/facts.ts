import { shortId } from '../../db/ids.ts'
import { fileNameOf } from '../../media/library.ts'
import type { Fact, Item } from '../lists.ts'
import { lockWords } from '../lists.ts'
import type { Entry, PictureFacts, Planned, Settled, Waiting } from '../snapshot.ts'
import { dayAndClock, lasting, shortRelative } from '../times.ts'
import { categoryName } from './library.ts'
import { channelText, endedMark, HEALTH_MARKS, plannedState, storyName, waitingMark, whoAndHowFast } from './marks.ts'

/** Everything that is known of one item, as label and value. Pure. */

type FactLine = readonly [label: string, value: string]

interface Clock {
  now: Date
  timeZone: string
}

export interface Described {
  title: string
  facts: FactLine[]
  /** Of the picture that can be drawn. */
  path: string | null
}

export function describeItem({ entry, fact }: Item, clock: Clock): Described {
  if (entry !== null) return { title: titleOf(entry), facts: present(factsOf(entry, clock)), path: pathOf(entry) }
  if (fact !== null) return { ...describeFact(fact), path: null }
  return { title: '', facts: [], path: null }
}

const present = (facts: readonly (FactLine | null)[]): FactLine[] =>
  facts.filter((fact): fact is FactLine => fact !== null && fact[1] !== '')

export const pathOf = (entry: Entry): string | null => (entry.kind === 'check' ? null : entry.path)

function titleOf(entry: Entry): string {
  switch (entry.kind) {
    case 'check':
      return entry.title
    case 'problem':
      return fileNameOf(entry.file)
    default:
      return `${storyName(entry.storyNumber)} ${fileNameOf(entry.file)}`.trim()
  }
}

function factsOf(entry: Entry, clock: Clock): (FactLine | null)[] {
  switch (entry.kind) {
    case 'planned':
      return [...plannedFacts(entry, clock), ...pictureFacts(entry), ...namesOf(entry)]
    case 'waiting':
      return [...waitingFacts(entry, clock), ...pictureFacts(entry), ...namesOf(entry)]
    case 'settled':
      return [...settledFacts(entry, clock), ...pictureFacts(entry), ...namesOf(entry)]
    case 'problem':
      return [
        ['Problem', entry.problem],
        ['File', entry.file],
      ]
    case 'check':
      return [
        ['Status', HEALTH_MARKS[entry.status].text],
        ['Found', entry.details],
        ['To do', entry.fix ?? 'nothing'],
        ['Check', entry.name],
      ]
    default:
      return entry satisfies never
  }
}

const moment = (at: Date, { now, timeZone }: Clock) => `${dayAndClock(at, timeZone)} (${shortRelative(at, now)})`
const maybe = (label: string, value: string | null): FactLine | null => (value === null ? null : [label, value])

function pictureFacts(picture: PictureFacts): (FactLine | null)[] {
  return [
    maybe('Title', picture.title),
    ['File', picture.file],
    maybe('Link', picture.linkUrl),
    ['Tags', picture.tags.join(', ')],
    maybe('Category', picture.category),
  ]
}

/** What other commands call it. */
function namesOf({ slot, ...entry }: Planned | Waiting | Settled): (FactLine | null)[] {
  const id = entry.kind === 'settled' ? (entry.queueItemId ?? entry.id) : entry.id
  return [maybe('Slot', slot), ['Id', shortId(id)]]
}

function plannedFacts(entry: Planned, clock: Clock): (FactLine | null)[] {
  const tries = entry.attempt === 0 ? null : `${entry.attempt} so far`
  const state = plannedState(entry)?.text ?? null
  return [
    ['Planned', moment(entry.scheduledFor, clock)],
    ['Channel', channelText(entry.channel, false)],
    maybe('State', state === entry.waitsFor ? null : state),
    maybe('Waits for', entry.waitsFor),
    entry.nextRetryAt && ['Next try', moment(entry.nextRetryAt, clock)],
    maybe('Tries', tries),
    maybe('Last error', entry.lastError),
    entry.isSample ? ['Sample', 'shipped with Storyline: never sent'] : null,
  ]
}

function waitingFacts(entry: Waiting, clock: Clock): (FactLine | null)[] {
  return [
    ['State', waitingMark(entry).text],
    ['Since', `${dayAndClock(entry.since, clock.timeZone)} (for ${lasting(entry.since, clock.now)})`],
    ['Expires', entry.missedAt === null ? 'never: somebody has to say what happened' : moment(entry.missedAt, clock)],
    maybe('Waits for', entry.waitsFor),
    maybe('Last error', entry.lastError),
    ['Planned', moment(entry.scheduledFor, clock)],
    ['Channel', channelText(entry.channel, false)],
  ]
}

function settledFacts(entry: Settled, clock: Clock): (FactLine | null)[] {
  return [
    ['Ended', `${endedMark(entry.status).text}, ${moment(entry.endedAt, clock)}`],
    ['By', whoAndHowFast(entry)],
    maybe('Reason', entry.reason),
    entry.scheduledFor && ['Planned', moment(entry.scheduledFor, clock)],
    maybe('Channel', entry.channel),
    maybe('Link there', entry.permalink),
  ]
}

function describeFact(fact: Fact): { title: string; facts: FactLine[] } {
  switch (fact.kind) {
    case 'category': {
      const { category, active, free, planned } = fact.category
      return {
        title: categoryName(category),
        facts: [
          ['Pictures', String(active)],
          ['Free', `${free}: may be chosen now`],
          ['Planned', String(planned)],
          ['Not now', `${Math.max(0, active - free - planned)}: posted lately, skipped or held`],
        ],
      }
    }
    case 'lock':
      return {
        title: `Locked: ${lockWords(fact.lock.reason)}`,
        facts: [
          ['Pictures', String(fact.lock.count)],
          ['More', 'storyline list-media --state locked names them'],
        ],
      }
    default:
      return fact satisfies never
  }
}
