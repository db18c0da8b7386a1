import { describe, expect, it } from 'vitest'
import {
  type ChatType,
  judgeAdminPress,
  judgeCardPress,
  judgeCommand,
  type KnownPerson,
  type MemberStatus,
  mayJoin,
} from '../../src/bot/authorise.ts'

const TEAM = -1001
const ADMIN = -1002
const ELSEWHERE = -1003
const TYPES: readonly ChatType[] = ['private', 'group', 'supergroup', 'channel']

const PEOPLE = {
  admin: { isActive: true, role: 'admin' },
  member: { isActive: true, role: 'member' },
  'deactivated admin': { isActive: false, role: 'admin' },
  'deactivated member': { isActive: false, role: 'member' },
  stranger: null,
} as const satisfies Record<string, KnownPerson>
type Who = keyof typeof PEOPLE
const EVERYBODY = Object.keys(PEOPLE) as Who[]

describe('who may press a card', () => {
  const TABLE: Record<Who, 'allowed' | 'ask_membership' | 'refused'> = {
    admin: 'allowed',
    member: 'allowed',
    'deactivated admin': 'refused',
    'deactivated member': 'refused',
    stranger: 'ask_membership',
  }
  describe.each(TYPES)('in a %s', (chatType) => {
    it.each(EVERYBODY)("%s in the item's chat", (who) => {
      const verdict = judgeCardPress({ chatId: TEAM, chatType, expectedChatId: TEAM }, PEOPLE[who])
      expect(verdict.kind).toBe(TABLE[who])
    })

    it.each(EVERYBODY)('%s in another chat: nobody', (who) => {
      const verdict = judgeCardPress({ chatId: ELSEWHERE, chatType, expectedChatId: TEAM }, PEOPLE[who])
      expect(verdict).toEqual({ kind: 'refused', answer: expect.stringContaining('another chat') })
    })

    it.each(EVERYBODY)('%s on a card of an item that was never sent: nobody', (who) => {
      const verdict = judgeCardPress({ chatId: TEAM, chatType, expectedChatId: null }, PEOPLE[who])
      expect(verdict.kind).toBe('refused')
    })
  })
})

describe('who may press a button of the admin chat', () => {
  const inPrivate: Record<Who, 'allowed' | 'refused'> = {
    admin: 'allowed',
    member: 'allowed',
    'deactivated admin': 'refused',
    'deactivated member': 'refused',
    stranger: 'allowed',
  }
  const inGroup: Record<Who, 'allowed' | 'refused'> = { ...inPrivate, member: 'refused', stranger: 'refused' }

  describe.each(TYPES)('in a %s', (chatType) => {
    it.each(EVERYBODY)('%s', (who) => {
      const verdict = judgeAdminPress({ chatId: ADMIN, chatType, expectedChatId: ADMIN }, PEOPLE[who])
      expect(verdict.kind).toBe((chatType === 'private' ? inPrivate : inGroup)[who])
    })

    it.each(EVERYBODY)('%s in another chat, or when there is no admin chat: nobody', (who) => {
      for (const expectedChatId of [ADMIN, null]) {
        const verdict = judgeAdminPress({ chatId: TEAM, chatType, expectedChatId }, PEOPLE[who])
        expect(verdict.kind).toBe('refused')
      }
    })
  })
})

describe('who becomes a member by pressing', () => {
  type Row = [status: MemberStatus, inGroup: boolean, inChannel: boolean, inChannelForAnyone: boolean]
  const TABLE: Row[] = [
    ['creator', true, true, true],
    ['administrator', true, true, true],
    ['member', true, false, true],
    ['left', false, false, false],
    ['kicked', false, false, false],
  ]
  it.each(TABLE)('%s: group %s, channel %s, channel with TEAM_JOIN=anyone %s', (status, group, channel, anyone) => {
    for (const chatType of ['group', 'supergroup'] as const) {
      for (const teamJoin of ['members', 'anyone'] as const) {
        expect(mayJoin({ chatType, teamJoin }, status, false)).toBe(group)
      }
    }
    expect(mayJoin({ chatType: 'channel', teamJoin: 'members' }, status, false)).toBe(channel)
    expect(mayJoin({ chatType: 'channel', teamJoin: 'anyone' }, status, false)).toBe(anyone)
  })

  it('somebody restricted counts as a member while they are in the chat', () => {
    const join = (chatType: ChatType, isMember: boolean, teamJoin: 'members' | 'anyone' = 'members') =>
      mayJoin({ chatType, teamJoin }, 'restricted', isMember)
    expect(join('supergroup', true)).toBe(true)
    expect(join('supergroup', false)).toBe(false)
    expect(join('channel', true)).toBe(false)
    expect(join('channel', true, 'anyone')).toBe(true)
    expect(join('channel', false, 'anyone')).toBe(false)
  })
})

describe('who may use a command', () => {
  const TABLE: Record<Who, { own: string; private: string; elsewhere: string }> = {
    admin: { own: 'allowed', private: 'allowed', elsewhere: 'ignored' },
    member: { own: 'allowed', private: 'allowed', elsewhere: 'ignored' },
    'deactivated admin': { own: 'refused', private: 'refused', elsewhere: 'ignored' },
    'deactivated member': { own: 'refused', private: 'refused', elsewhere: 'ignored' },
    stranger: { own: 'allowed', private: 'refused', elsewhere: 'ignored' },
  }
  it.each(EVERYBODY)('%s', (who) => {
    const ownChatIds = [TEAM, ADMIN]
    const verdict = (chatId: number, chatType: ChatType) =>
      judgeCommand({ chatId, chatType, ownChatIds }, PEOPLE[who]).kind
    for (const chatType of TYPES) {
      for (const own of ownChatIds) expect(verdict(own, chatType)).toBe(TABLE[who].own)
    }
    expect(verdict(ELSEWHERE, 'private')).toBe(TABLE[who].private)
    for (const chatType of ['group', 'supergroup', 'channel'] as const) {
      expect(verdict(ELSEWHERE, chatType)).toBe(TABLE[who].elsewhere)
    }
  })

  it('a private admin chat is a chat of ours, also for somebody who was never seen', () => {
    expect(judgeCommand({ chatId: 7, chatType: 'private', ownChatIds: [TEAM, 7] }, null)).toEqual({ kind: 'allowed' })
  })
})

it('every refusal says something, within the 200 characters of an answer', () => {
  const place = { chatId: TEAM, chatType: 'group', expectedChatId: ADMIN } as const
  const here = { ...place, expectedChatId: TEAM }
  const refusals = [
    judgeCardPress(place, null),
    judgeCardPress(here, PEOPLE['deactivated member']),
    judgeAdminPress(place, null),
    judgeAdminPress(here, PEOPLE['deactivated admin']),
    judgeAdminPress(here, PEOPLE.member),
    judgeCommand({ chatId: 9, chatType: 'private', ownChatIds: [] }, null),
  ]
  for (const refusal of refusals) {
    expect(refusal).toEqual({ kind: 'refused', answer: expect.stringMatching(/^.{10,200}$/) })
  }
})
