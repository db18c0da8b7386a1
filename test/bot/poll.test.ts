import type { Update } from 'telegraf/types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pollUpdates } from '../../src/bot/poll.ts'
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'

const CHAT = 5

let fake: FakeTelegram
let client: TelegramClient
let controller: AbortController

beforeEach(async () => {
  fake = await startFakeTelegram({ chats: [{ id: CHAT }] })
  client = createTelegramClient({ token: fake.token, apiRoot: fake.url })
  controller = new AbortController()
})
afterEach(async () => {
  controller.abort()
  client.close()
  await fake.close()
})

function poll(handle: (update: Update) => Promise<void>) {
  const { signal } = controller
  return pollUpdates({ client, signal, handle, onAlive: () => {}, warn: () => {}, note: () => {} })
}

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('an update is confirmed only after its effect is committed, and handed out once', async () => {
  const handled: number[] = []
  let finish = () => {}
  const polling = poll(async (update) => {
    handled.push(update.update_id)
    if (handled.length === 1) await new Promise<void>((resolve) => (finish = resolve))
  })
  fake.say({ chatId: CHAT, from: CHAT, text: 'slow' })
  await until(() => handled.length === 1)
  fake.say({ chatId: CHAT, from: CHAT, text: 'quick' })
  await until(() => handled.length === 2)
  expect(fake.pendingUpdates()).toHaveLength(2)
  finish()
  await until(() => fake.pendingUpdates().length === 0)
  expect(handled).toHaveLength(2)
  controller.abort()
  expect(await polling).toEqual({ kind: 'stopped' })
})

test('update numbers that begin again lower, as after a quiet week, are handled', async () => {
  const handled: string[] = []
  const answer = (updates: object[]) =>
    fake.fault({ kind: 'http', status: 200, body: JSON.stringify({ ok: true, result: updates }), method: 'getUpdates' })
  const message = (update_id: number, text: string) => ({ update_id, message: { message_id: 1, date: 1, text } })
  answer([message(900, 'before')])
  answer([message(17, 'after')])
  void poll(
    async (update) => void handled.push('message' in update && 'text' in update.message ? update.message.text : ''),
  )
  await until(() => handled.length === 2)
  expect(handled).toEqual(['before', 'after'])
})
