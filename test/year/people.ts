import type { FakeTelegram } from '../support/fake-telegram.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import type { Pressed } from './evidence.ts'
import { drawLots, HOUR_MS, type Lot, MINUTE_MS } from './scenario.ts'

/** Presses a button and answers what the presser then read. */
export type Press = (facts: Parameters<FakeTelegram['press']>[0]) => Promise<string>

/** Ids of the people in the team's chat. */
export const MEMBERS = [501, 502, 503]

/** What somebody will do with a card, or the admin with a question. */
interface Intention {
  at: Date
  queueItemId: string
  verb: 'posted' | 'skip' | 'sent'
  from: number
}

/** A team that mostly posts, sometimes skips, sometimes forgets, and at times presses twice. */
export interface People {
  /** A card arrived. */
  seeCard(queueItemId: string, messageId: number, at: Date): void
  /** The admin is asked whether a message arrived. */
  seeQuestion(queueItemId: string, at: Date): void
  /** When the next of them wants to press. */
  nextAt(): Date | null
  /** Everybody who wanted to press by now does. */
  act(at: Date, press: Press): Promise<void>
  readonly pressed: readonly Pressed[]
}

export function gatherPeople(fake: FakeTelegram, seed: string): People {
  const lot = drawLots(`${seed} people`)
  const pressed: Pressed[] = []
  const cards = new Map<string, number>()
  let intentions: Intention[] = []
  const seeCard: People['seeCard'] = (queueItemId, messageId, at) => {
    cards.set(queueItemId, messageId)
    intentions.push(...reactions(lot, queueItemId, at))
  }
  const act = async ({ queueItemId, verb, from }: Intention, at: Date, press: Press) => {
    const data = `${verb}:${queueItemId}`
    const chatId = verb === 'sent' ? ADMIN : TEAM
    const messageId = verb === 'sent' ? findMessage(fake, ADMIN, data) : cards.get(queueItemId)
    if (messageId === undefined) throw new Error(`nobody sees a message with ${data}`)
    pressed.push({ queueItemId, told: await press({ chatId, messageId, data, from }) })
    const card = verb === 'sent' ? findMessage(fake, TEAM, `posted:${queueItemId}`) : undefined
    if (card !== undefined) seeCard(queueItemId, card, at)
  }
  return {
    pressed,
    seeCard,
    seeQuestion: (queueItemId, at) => {
      const answerAt = new Date(at.getTime() + lot.random() * 3 * HOUR_MS)
      intentions.push({ at: answerAt, queueItemId, verb: 'sent', from: ADMIN })
    },
    nextAt: () => intentions.reduce<Date | null>((next, { at }) => (next === null || at < next ? at : next), null),
    act: async (at, press) => {
      const ready = intentions.filter((one) => one.at <= at).sort((a, b) => a.at.getTime() - b.at.getTime())
      intentions = intentions.filter((one) => one.at > at)
      for (const one of ready) await act(one, at, press)
    },
  }
}

function reactions(lot: Lot, queueItemId: string, sentAt: Date): Intention[] {
  // Forgotten.
  if (lot.chance(0.08)) return []
  const soon = lot.chance(0.7) ? 90 : 30 * 60
  const at = new Date(sentAt.getTime() + (1 + lot.random() * soon) * MINUTE_MS)
  const first: Intention = { at, queueItemId, verb: lot.chance(0.15) ? 'skip' : 'posted', from: lot.oneOf(MEMBERS) }
  if (!lot.chance(0.1)) return [first]
  const again = { ...first, at: new Date(at.getTime() + lot.random() * 20 * MINUTE_MS), from: lot.oneOf(MEMBERS) }
  return [first, { ...again, verb: lot.oneOf(['posted', 'skip'] as const) }]
}

function findMessage(fake: FakeTelegram, chatId: number, data: string): number | undefined {
  const isAbout = ({ callback_data }: { callback_data?: string }) => callback_data === data
  return fake.messages(chatId).findLast(({ keyboard }) => keyboard.flat().some(isAbout))?.messageId
}
