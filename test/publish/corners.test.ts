import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openAlert, resolveAlert } from '../../src/alerts/alerts.ts'
import { sendNotices } from '../../src/alerts/send-notices.ts'
import { applyPress } from '../../src/bot/press.ts'
import { alerts, postingHistory, postingQueue, telegramCards, users } from '../../src/db/schema.ts'
import { settle } from '../../src/history/settle.ts'
import { claimDue } from '../../src/publish/claim.ts'
import { runTick } from '../../src/publish/tick.ts'
import { createTelegramClient } from '../../src/telegram/client.ts'
import { editDueCards } from '../../src/telegram/edit-cards.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const team = useTeam([
  { id: TEAM, members: { 501: 'member' } },
  { id: ADMIN, members: { [ADMIN]: 'member' } },
])

/** Interleavings that once went wrong, or nearly did. */

const SARAH = { id: 501, username: 'sarah', first_name: 'Sarah' }
const IN_TEAM = { id: TEAM, type: 'supergroup' } as const
const IN_ADMIN = { id: ADMIN, type: 'private' } as const

const client = () => createTelegramClient({ token: team.fake.token, apiRoot: team.fake.url, timeoutSeconds: 10 })
const press = (update: Pick<Parameters<typeof applyPress>[1], 'updateId' | 'data' | 'from' | 'chat' | 'messageId'>) =>
  applyPress({ ctx: team.context(), client: client(), inBackground: () => {} }, update)
const cardMessage = () => team.fake.messages(TEAM).find(({ kind }) => kind === 'photo')
const leaseOver = () => team.db.update(alerts).set({ noticeLeaseUntil: null })
const settleAsPosted = (queueItemId: string) =>
  settle(team.db, {
    queueItemId,
    settings: team.context().settings,
    decide: () => ({ status: 'posted', reason: null, actor: { kind: 'operator', displayName: 'operator' } }),
  })

test('a missed story is told although another one goes out in the same tick, and "resolved" comes after it', async () => {
  await team.library.plan('late.jpg', { minutesAgo: 300 })
  await team.library.plan('due.jpg', { minutesAgo: 5 })
  await runTick(team.context())
  expect(team.adminTexts()).toEqual([expect.stringContaining('late.jpg')])
  await team.library.plan('next.jpg', { minutesAgo: 5 })
  await runTick(team.context())
  expect(team.adminTexts()).toEqual([expect.anything(), expect.stringContaining('Resolved')])
})

test('names of missed stories stay in the message until somebody was told', async () => {
  await team.library.plan('one.jpg', { minutesAgo: 300 })
  team.fake.fault({ kind: 'error', error_code: 500, description: 'down', method: 'sendMessage' })
  await runTick(team.context())
  await leaseOver()
  await team.library.plan('two.jpg', { minutesAgo: 300 })
  await runTick(team.context())
  expect(team.adminTexts()).toEqual([expect.stringMatching(/one\.jpg[\s\S]*two\.jpg/)])
})

test('overlapping ticks that miss different stories tell all of them', async () => {
  for (let index = 0; index < 6; index += 1) await team.library.plan(`m${index}.jpg`, { minutesAgo: 300 })
  await Promise.all([runTick(team.context()), runTick(team.context()), runTick(team.context())])
  await leaseOver()
  await runTick(team.context())
  for (let index = 0; index < 6; index += 1) expect(team.adminTexts().join('\n')).toContain(`m${index}.jpg`)
})

test('a card that nobody knew of gets its final text when it is pressed after the story was settled', async () => {
  const { item } = await team.library.plan('a.jpg')
  team.fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  await runTick(team.context())
  await settleAsPosted(item.id)
  const messageId = cardMessage()?.messageId ?? 0
  const answer = await press({ updateId: 1, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  expect(answer.text).toContain('Already marked posted by operator')
  await editDueCards(team.context(), client(), { limit: 5, queueItemId: item.id })
  expect(cardMessage()).toMatchObject({ keyboard: [], text: expect.stringContaining('✅ POSTED') })
})

test('a re-delivered "Send again" is not given to a later question about the same story', async () => {
  const { item } = await team.library.plan('a.jpg')
  team.fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto', times: 2 })
  await runTick(team.context())
  const again = { updateId: 42, data: `again:${item.id}`, from: { id: ADMIN }, chat: IN_ADMIN, messageId: 1 }
  await press(again)
  await runTick(team.context())
  expect(await team.db.select().from(postingQueue)).toMatchObject([{ status: 'unconfirmed' }])
  await press(again)
  expect(await team.db.select().from(postingQueue)).toMatchObject([{ status: 'unconfirmed' }])
})

test('a card that could not be edited for hours is mended when Telegram is back', async () => {
  const { item } = await team.library.plan('a.jpg')
  await runTick(team.context())
  await settleAsPosted(item.id)
  team.fake.fault({ kind: 'error', error_code: 500, description: 'down', method: 'editMessageCaption', times: 30 })
  const dueNow = () => team.db.update(telegramCards).set({ editDueAt: sql`now()` }).where(sql`edit_due_at is not null`)
  for (let round = 0; round < 30; round += 1) {
    await dueNow()
    await editDueCards(team.context(), client(), { limit: 1 })
  }
  await dueNow()
  await runTick(team.context())
  expect(cardMessage()?.keyboard).toEqual([])
})

test('a claim takes exactly one story, also when the planner has no idea of the table', async () => {
  await team.library.plan('first.jpg', { minutesAgo: 50 })
  await team.db.execute(sql`analyze posting_queue`)
  await team.db.execute(sql`analyze media_items`)
  for (let index = 0; index < 12; index += 1) await team.library.plan(`m${index}.jpg`, { minutesAgo: 40 - index })
  await claimDue(team.db, {
    leaseOwner: 'x',
    leaseSeconds: 100,
    except: [],
    lanes: ['telegram'],
    enableInstagramApi: false,
  })
  const claimed = await team.db.select().from(postingQueue).where(sql`status = 'processing'`)
  expect(claimed).toHaveLength(1)
})

test('a story that keeps killing its run does not block the others', async () => {
  await team.library.plan('poison.jpg', { minutesAgo: 60, item: { attempt: 7 } })
  const { item } = await team.library.plan('good.jpg', { minutesAgo: 5 })
  const claim = await claimDue(team.db, {
    leaseOwner: 'x',
    leaseSeconds: 100,
    except: [],
    lanes: ['telegram'],
    enableInstagramApi: false,
  })
  expect(claim?.item.id).toBe(item.id)
})

test('what was resolved while its alert was on the way is told as resolved too', async () => {
  await openAlert(team.db, { subject: 's', severity: 'critical', summary: 'broken' })
  const hold = team.fake.hold('sendMessage')
  const sending = sendNotices(team.context(), client())
  await hold.reached
  await resolveAlert(team.db, 's')
  hold.release()
  await sending
  await sendNotices(team.context(), client())
  expect(team.adminTexts()).toEqual([expect.stringContaining('broken'), expect.stringContaining('Resolved')])
})

test('a question that is on its way while the card is pressed loses its buttons', async () => {
  const { item } = await team.library.plan('a.jpg')
  team.fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  const hold = team.fake.hold('sendMessage')
  const ticking = runTick(team.context())
  await hold.reached
  const messageId = cardMessage()?.messageId ?? 0
  await press({ updateId: 1, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  hold.release()
  await ticking
  await runTick(team.context())
  expect(team.fake.messages(ADMIN).filter(({ keyboard }) => keyboard.length > 0)).toEqual([])
})

test('an alert is not given up because the admin chat could not be looked up', async () => {
  await openAlert(team.db, { subject: 's', severity: 'critical', summary: 'broken' })
  team.fake.fault({ kind: 'drop', when: 'after', method: 'getChat' })
  await sendNotices(team.context({ ADMIN_TELEGRAM_CHAT_ID: '@admins_here' }), client())
  expect(await team.db.select().from(alerts)).toMatchObject([{ notice: 'open', noticeAttempts: 0 }])
})

test('an alert that may have arrived is repeated once, not for ever', async () => {
  await openAlert(team.db, { subject: 's', severity: 'critical', summary: 'broken' })
  team.fake.fault({ kind: 'drop', when: 'after', method: 'sendMessage', times: 5 })
  for (let round = 0; round < 4; round += 1) {
    await sendNotices(team.context(), client())
    await leaseOver()
  }
  expect(team.adminTexts()).toHaveLength(2)
})

test('a tick that was told to stop begins no more repairs and notices', async () => {
  for (let index = 0; index < 5; index += 1) {
    await openAlert(team.db, { subject: `s${index}`, severity: 'critical', summary: `broken ${index}` })
  }
  const controller = new AbortController()
  const hold = team.fake.hold('sendMessage')
  const ticking = runTick(team.context({}, controller.signal))
  await hold.reached
  controller.abort()
  hold.release()
  await ticking
  expect(team.fake.calls('sendMessage')).toHaveLength(1)
})

test('somebody who is deactivated while Telegram is asked who it is cannot press', async () => {
  const { item } = await team.library.plan('a.jpg')
  await runTick(team.context())
  const hold = team.fake.hold('getChatMember')
  const messageId = cardMessage()?.messageId ?? 0
  const pressing = press({ updateId: 5, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  await hold.reached
  await team.db.insert(users).values({ telegramUserId: SARAH.id, isActive: false })
  hold.release()
  expect((await pressing).text).toContain('switched off')
  expect(await team.db.select().from(postingHistory)).toEqual([])
})
