import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applyAdminCommand } from '../../src/bot/admin-commands.ts'
import { judgeAdminCommand } from '../../src/bot/authorise.ts'
import type { AdminCommand } from '../../src/bot/menu.ts'
import { mediaPostingLocks, pauses, postingHistory, postingQueue, users } from '../../src/db/schema.ts'
import { settle } from '../../src/history/settle.ts'
import { runTick } from '../../src/publish/tick.ts'
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.ts'
import { type Running, startStoryline } from '../support/cli.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const GROUP = -1004
const BOSS = { id: 601, username: 'boss', first_name: 'Boss' }
const SARAH = { id: 501, username: 'sarah', first_name: 'Sarah' }
const team = useTeam([{ id: TEAM }, { id: ADMIN, members: { [ADMIN]: 'member' } }, { id: GROUP }, { id: SARAH.id }])

let client: TelegramClient
let updateId: number
beforeEach(async () => {
  updateId = 100
  client = createTelegramClient({ token: team.fake.token, apiRoot: team.fake.url })
  await team.db.insert(users).values([
    { telegramUserId: BOSS.id, telegramUsername: 'boss', role: 'admin' },
    { telegramUserId: SARAH.id, telegramUsername: 'sarah' },
  ])
})
afterEach(() => client.close())

interface Said {
  fromId?: number | null
  chatId?: number
  updateId?: number
  env?: Record<string, string>
}

/** What the bot answers to `/command text`, by default in the admin's private chat. */
async function say(command: AdminCommand, text = '', said: Said = {}) {
  const { chatId = ADMIN, fromId = ADMIN, env } = said
  updateId += 1
  // The bot's clock, beside the database's.
  const ctx = { ...team.context(env), now: () => new Date() }
  return applyAdminCommand({ ctx, client, inBackground: () => {} }, command, {
    ...{ updateId: said.updateId ?? updateId, command, text, fromId },
    chat: { id: chatId, type: chatId < 0 ? 'supergroup' : 'private' },
    messageId: 1,
    threadId: null,
  })
}

const openPauses = () => team.db.select().from(pauses)
const post = (queueItemId: string) =>
  settle(team.db, {
    queueItemId,
    settings: team.context().settings,
    decide: () => ({ status: 'posted', reason: null, actor: { kind: 'operator', displayName: 'operator' } }),
  })

describe('who may send an admin command', () => {
  const IN_GROUP = { ADMIN_TELEGRAM_CHAT_ID: String(GROUP) }

  test.each([
    ['a member in the team chat', { chatId: TEAM, fromId: SARAH.id }, /admin chat only/],
    ['an admin in the team chat', { chatId: TEAM, fromId: BOSS.id }, /admin chat only/],
    ['an admin in private', { chatId: BOSS.id, fromId: BOSS.id }, /admin chat only/],
    ['a stranger in private', { chatId: 666, fromId: 666 }, /only talk to the team/],
    ['a member in an admin group', { chatId: GROUP, fromId: SARAH.id, env: IN_GROUP }, /Only admins.*promote-user/],
    ['a stranger in an admin group', { chatId: GROUP, fromId: 666, env: IN_GROUP }, /Only admins/],
    ['an anonymous post', { chatId: GROUP, fromId: null, env: IN_GROUP }, /Only admins/],
  ] as const)('not %s', async (_, said, answer) => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    for (const command of ['pause', 'resume', 'health'] as const) {
      expect((await say(command, '', said))?.text).toMatch(answer)
    }
    for (const command of ['reject', 'undo'] as const) {
      expect((await say(command, String(item.storyNumber), said))?.text).toMatch(answer)
    }
    expect([await openPauses(), await team.db.$count(postingHistory)]).toEqual([[], 0])
  })

  test('an admin in an admin group, by name; anyone in a private admin chat', async () => {
    expect((await say('pause', 'holidays', { chatId: GROUP, fromId: BOSS.id, env: IN_GROUP }))?.text).toContain('@boss')
    expect(await openPauses()).toMatchObject([{ pausedBy: '@boss', reason: 'holidays' }])
    expect((await say('resume'))?.text).toContain('Posting goes on')
    expect(await openPauses()).toMatchObject([{ resumedBy: 'admin', resumedHow: 'replan' }])
  })

  test('not somebody who was switched off, not without an admin chat, and other chats hear nothing', async () => {
    await team.db.update(users).set({ isActive: false })
    expect((await say('pause', '', { chatId: GROUP, fromId: BOSS.id, env: IN_GROUP }))?.text).toContain('switched off')
    expect(await say('pause', '', { chatId: -1009, fromId: BOSS.id })).toBeNull()
    const place = { chatId: TEAM, chatType: 'supergroup', ownChatIds: [TEAM], adminChatId: null } as const
    expect(judgeAdminCommand(place, { isActive: true, role: 'admin' })).toMatchObject({
      kind: 'refused',
      answer: expect.stringContaining('ADMIN_TELEGRAM_CHAT_ID'),
    })
    expect(await openPauses()).toEqual([])
  })
})

describe('/pause and /resume', () => {
  test('pausing twice says who was first; resuming without a pause says so', async () => {
    expect((await say('pause', 'stock <taking>'))?.text).toContain('stock &lt;taking&gt;')
    expect((await say('pause', 'again'))?.text).toMatch(/paused before\. Paused by admin .*stock/)
    await say('resume')
    expect((await say('resume'))?.text).toBe('Posting is not paused.')
  })

  test('delivered again, they change nothing', async () => {
    await say('pause', '', { updateId: 7 })
    await say('resume', '', { updateId: 8 })
    expect((await say('pause', '', { updateId: 7 }))?.text).toContain('carried out before')
    expect(await team.db.$count(pauses, sql`resumed_at is null`)).toBe(0)
    await say('pause')
    await say('resume', '', { updateId: 8 })
    expect(await team.db.$count(pauses, sql`resumed_at is null`)).toBe(1)
  })

  test('what is overdue gets new times, and the answer names them', async () => {
    for (const n of [1, 2]) await team.library.plan(`${n}.jpg`, { minutesAgo: 100 * n })
    await say('pause')
    const told = await say('resume')
    expect(told?.text).toMatch(/2 stories got the next free slots:\n• #2 2\.jpg – .+\n• #1 1\.jpg – /)
    expect((await runTick(team.context())).report).toMatchObject({ claimed: 0, missed: [] })
  })
})

describe('/reject and /undo', () => {
  test('reject and take it back, by number and by name', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    const rejected = await say('reject', '1 wrong\nlogo', { fromId: BOSS.id })
    expect(rejected).toMatchObject({ text: expect.stringContaining('Rejected #1 a.jpg'), editItem: item.id })
    expect(await team.db.select().from(postingHistory)).toMatchObject([
      { status: 'rejected', reason: 'wrong logo', settledBy: '@boss' },
    ])
    expect(await team.db.select().from(mediaPostingLocks)).toMatchObject([{ lockedUntil: null }])
    expect((await say('reject', '#1'))?.text).toContain('rejected before')

    const undone = await say('undo', '#1', { fromId: BOSS.id })
    expect(undone).toMatchObject({ text: expect.stringContaining('#1 a.jpg is no longer rejected'), editItem: item.id })
    expect(await team.db.$count(mediaPostingLocks)).toBe(0)
    expect((await say('undo', '1'))?.text).toMatch(/undone before on .* by @boss/)
    expect(await team.db.$count(postingQueue)).toBe(1)
  })

  test('an undo that is delivered again does not undo what came after it', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    await post(item.id)
    await say('undo', '1', { updateId: 9 })
    await post(item.id)
    expect((await say('undo', '1', { updateId: 9 }))?.text).toContain('carried out before')
    expect(await team.db.$count(postingQueue)).toBe(0)
  })

  test('one that fails may be sent again under the same update', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    expect((await say('undo', '1', { updateId: 9 }))?.text).toContain('still open')
    await post(item.id)
    expect((await say('undo', '1', { updateId: 9 }))?.text).toContain('Undone')
  })

  test('a story that would be missed at once is sent with "now"', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: 500 })
    await post(item.id)
    expect((await say('undo', '1'))?.text).toContain('👉 To send it with the next tick: /undo 1 now')
    expect((await say('undo', '1 now'))?.text).toContain('the next tick sends it')
  })

  test.each([
    ['undo', ''],
    ['undo', '47'],
    ['reject', 'cat.jpg'],
    ['reject', '99 no such story'],
  ] as const)('/%s %s: says what is wrong', async (command, text) => {
    expect((await say(command, text))?.text).toMatch(/Which story\?|No story/)
  })
})

test('/health is one short summary', async () => {
  await team.library.plan('late.jpg', { minutesAgo: 60 })
  await team.library.plan('next.jpg', { minutesAgo: -60 })
  const text = (await say('health'))?.text ?? ''
  expect(text).toMatch(/🚨 <b>Stuck: 1 story of 1 overdue<\/b>\n• #1: process-queue has never run/)
  expect(text).toMatch(/Queue: 2 pending\nNext: #2 stories\/next\.jpg/)
})

describe('the bot itself', () => {
  let bot: Running | undefined
  afterEach(async () => {
    bot?.child.kill('SIGKILL')
    await bot?.done
  })

  async function until(isSo: () => boolean | Promise<boolean>) {
    const end = performance.now() + 40_000
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error('the condition never came true')
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }

  test('shows admin commands in the admin chat alone, and /undo gives a card its buttons back at once', async () => {
    const { item } = await team.library.plan('a.jpg')
    await runTick(team.context())
    await post(item.id)
    await runTick(team.context())
    const card = () => team.fake.messages(TEAM).find(({ kind }) => kind === 'photo')
    expect(card()?.keyboard).toEqual([])
    bot = startStoryline(['bot'], { env: team.env() })
    await until(() => team.fake.calls('getUpdates').length > 0)
    const menus = team.fake.calls('setMyCommands').map(({ params }) => {
      const commands = params.commands as { command: string }[]
      return [params.scope, commands.some(({ command }) => command === 'undo')]
    })
    expect(menus).toEqual([
      [undefined, false],
      [{ type: 'chat', chat_id: ADMIN }, true],
    ])
    team.fake.say({ chatId: TEAM, from: SARAH, text: '/undo 1' })
    await team.fake.waitForCalls('sendMessage', 1)
    expect(team.fake.messages(TEAM).at(-1)?.text).toContain('admin chat only')
    team.fake.say({ chatId: ADMIN, from: ADMIN, text: '/undo 1' })
    await until(() => card()?.keyboard.length === 1)
    await team.fake.waitForCalls('sendMessage', 2)
    expect(team.adminTexts().at(-1)).toContain('Undone: #1 a.jpg is no longer posted')
    expect(team.fake.violations()).toEqual([])
  }, 90_000)

  test('an admin chat that is not there costs only its menu', async () => {
    team.fake.fault({
      ...{ kind: 'error', error_code: 400, description: 'Bad Request: chat not found', method: 'setMyCommands' },
      match: ({ params }) => params.scope !== undefined,
      times: 9,
    })
    bot = startStoryline(['bot'], { env: team.env({ ADMIN_TELEGRAM_CHAT_ID: '4242' }) })
    await until(() => team.fake.calls('getUpdates').length > 0)
    expect(bot.child.exitCode).toBeNull()
    expect(bot.stderr()).toContain('the admin chat has no menu')
  }, 60_000)
})
