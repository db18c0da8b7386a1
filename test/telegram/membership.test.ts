import { describe, expect, it } from 'vitest'
import { judgeMembership, type MemberFacts } from '../../src/telegram/membership.ts'

const GROUP: MemberFacts['chat'] = { id: -1001, type: 'supergroup', title: 'Team' }
const CHANNEL: MemberFacts['chat'] = { id: -1002, type: 'channel', title: 'Stories' }
const PRIVATE: MemberFacts['chat'] = { id: 7, type: 'private' }
const ALL_SEND = { can_send_messages: true, can_send_photos: true, can_send_documents: true }
const ALL_ADMIN = { can_post_messages: true, can_edit_messages: true, can_delete_messages: true }

type Case = [what: string, chat: MemberFacts['chat'], member: MemberFacts['member'], missing: string | null]

const CASES: Case[] = [
  ['a member of a group', GROUP, { status: 'member' }, null],
  ['a member of a basic group', { ...GROUP, type: 'group' }, { status: 'member' }, null],
  ['an administrator of a group', GROUP, { status: 'administrator' }, null],
  ['restricted, but with every right that counts', GROUP, { status: 'restricted', ...ALL_SEND }, null],
  [
    'restricted to texts',
    GROUP,
    { status: 'restricted', can_send_messages: true },
    'can_send_photos, can_send_documents',
  ],
  [
    'restricted without photos',
    GROUP,
    { status: 'restricted', ...ALL_SEND, can_send_photos: false },
    'can_send_photos',
  ],
  ['restricted, and gone', GROUP, { status: 'restricted', ...ALL_SEND, is_member: false }, 'membership'],
  [
    'a member of a group that forbids files to all',
    { ...GROUP, permissions: { ...ALL_SEND, can_send_documents: false } },
    { status: 'member' },
    'can_send_documents',
  ],
  [
    'an administrator there',
    { ...GROUP, permissions: { ...ALL_SEND, can_send_documents: false } },
    { status: 'administrator' },
    null,
  ],
  ['left', GROUP, { status: 'left' }, 'membership'],
  ['kicked', CHANNEL, { status: 'kicked' }, 'membership'],
  ['an administrator of a channel with all rights', CHANNEL, { status: 'administrator', ...ALL_ADMIN }, null],
  ['the creator of a channel', CHANNEL, { status: 'creator' }, null],
  [
    'an administrator who may not post',
    CHANNEL,
    { status: 'administrator', ...ALL_ADMIN, can_post_messages: false },
    'can_post_messages',
  ],
  [
    'an administrator who may only post',
    CHANNEL,
    { status: 'administrator', can_post_messages: true },
    'can_edit_messages, can_delete_messages',
  ],
  ['a reader of a channel', CHANNEL, { status: 'member' }, 'administrator rights'],
  ['restricted in a channel', CHANNEL, { status: 'restricted' }, 'administrator rights'],
  ['a private chat', PRIVATE, { status: 'member' }, null],
  ['a private chat that was left', PRIVATE, { status: 'left' }, 'membership'],
]

describe('judgeMembership', () => {
  it.each(CASES)('%s', (_, chat, member, missing) => {
    const checks = judgeMembership('team chat', { chat, member })
    expect(checks).toHaveLength(1)
    const [check] = checks
    expect(check?.ok).toBe(missing === null)
    if (missing !== null) expect(check?.detail).toContain(`the bot lacks ${missing}`)
    // A fix for everything that is wrong, and only then.
    expect(check?.fix !== undefined).toBe(missing !== null)
  })

  it('names the chat, its kind and its id', () => {
    expect(judgeMembership('team chat', { chat: CHANNEL, member: { status: 'creator' } })).toEqual([
      { name: 'team chat', ok: true, detail: 'channel "Stories" (-1002): the bot may post and edit there' },
    ])
    expect(judgeMembership('admin chat', { chat: PRIVATE, member: { status: 'member' } })[0]?.detail).toMatch(
      /^private \(7\):/,
    )
  })

  it('says what to do in a channel and what in a group', () => {
    const fixIn = (chat: MemberFacts['chat']) => judgeMembership('x', { chat, member: { status: 'left' } })[0]?.fix
    expect(fixIn(CHANNEL)).toContain('administrator')
    expect(fixIn(GROUP)).toContain('Add the bot to the group')
  })

  it('warns of a chat that forbids saving, even where all rights are there', () => {
    const checks = judgeMembership('team chat', {
      chat: { ...GROUP, has_protected_content: true },
      member: { status: 'administrator' },
    })
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['team chat', true],
      ['team chat content', false],
    ])
    expect(checks[1]?.fix).toContain('Restrict saving content')
  })
})
