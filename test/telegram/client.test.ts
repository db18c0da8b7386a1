import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTelegramClient, type TelegramClient, type TelegramFile } from '../../src/telegram/client.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'

const CHAT = -1001
const CLIENT = fileURLToPath(new URL('../../src/telegram/client.ts', import.meta.url))
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const picture = (changes: Partial<TelegramFile> = {}): TelegramFile => ({
  field: 'document',
  fileName: 'a.png',
  contentType: 'image/png',
  bytes: PNG,
  ...changes,
})

let fake: FakeTelegram
let client: TelegramClient

beforeEach(async () => {
  fake = await startFakeTelegram({ chats: [{ id: CHAT, title: 'Team' }] })
  client = createTelegramClient({ token: fake.token, apiRoot: fake.url })
})

afterEach(async () => {
  client.close()
  await fake.close()
})

describe('a call', () => {
  it('returns the result that Telegram sends', async () => {
    const me = await client.call<{ id: number }>('getMe')
    expect(me.id).toBe(fake.botId)
    expect(fake.violations()).toEqual([])
  })

  it('leaves null and undefined members out at every level', async () => {
    const reply_markup = {
      inline_keyboard: [
        [{ text: 'Posted', callback_data: 'p:1', url: null }, null],
        [{ text: 'x', url: undefined, callback_data: 'x' }],
      ],
    }
    await client.call('sendMessage', {
      chat_id: CHAT,
      text: 'a',
      parse_mode: null,
      message_effect_id: undefined,
      reply_markup,
    })
    expect(fake.violations()).toEqual([])
    expect(fake.calls()[0]?.params).toEqual({
      chat_id: CHAT,
      text: 'a',
      reply_markup: {
        inline_keyboard: [[{ text: 'Posted', callback_data: 'p:1' }], [{ text: 'x', callback_data: 'x' }]],
      },
    })
  })

  it('refuses a number that JSON would turn into null, before anything is sent', async () => {
    expect(() => client.call('getChat', { chat_id: Number.NaN })).toThrow('chat_id')
    expect(fake.calls()).toEqual([])
  })

  it('carries any text unchanged', async () => {
    const words = 'Grüße 🎉\n"quoted" \\ <b> & 日本 e\u0301'
    await client.call('sendMessage', { chat_id: CHAT, text: words })
    expect(fake.messages(CHAT)[0]?.text).toBe(words)
  })

  it('keeps a path in front of the token', async () => {
    const prefixed = await startFakeTelegram({ pathPrefix: '/proxy/telegram' })
    for (const apiRoot of [prefixed.url, `${prefixed.url}/`]) {
      const through = createTelegramClient({ token: prefixed.token, apiRoot })
      await expect(through.call('getMe')).resolves.toMatchObject({ is_bot: true })
    }
    expect(prefixed.violations()).toEqual([])
    await prefixed.close()
  })

  it('works again after close', async () => {
    await client.call('getMe')
    client.close()
    await expect(client.call('getMe')).resolves.toMatchObject({ is_bot: true })
  })

  it('may take longer than usual when the caller says so', async () => {
    const hasty = createTelegramClient({ token: fake.token, apiRoot: fake.url, timeoutSeconds: 0.1 })
    await expect(hasty.call('getUpdates', { timeout: 1 }, { timeoutSeconds: 5 })).resolves.toEqual([])
  })
})

describe('connections', () => {
  it('are used again by the next call', async () => {
    let connections = 0
    const server = createServer((_request, response) => response.end('{"ok":true,"result":1}'))
    server.on('connection', () => connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const other = createTelegramClient({ token: fake.token, apiRoot: `http://127.0.0.1:${port}` })
    for (const method of ['getMe', 'getMe', 'getMe']) await other.call(method)
    expect(connections).toBe(1)
    other.close()
    server.close()
  })

  it('do not keep a finished process alive, and the import alone loads no HTTP', async () => {
    const bundle = await build({ entryPoints: [CLIENT], bundle: true, platform: 'node', format: 'esm', write: false })
    const script = `${bundle.outputFiles[0]?.text}
      const early = process.moduleLoadList.some((name) => / https?$/.test(name))
      const client = createTelegramClient({ token: '${fake.token}', apiRoot: '${fake.url}' })
      await client.call('getMe')
      console.log(JSON.stringify({ early, at: performance.now() }))
      process.on('exit', () => console.log(JSON.stringify({ at: performance.now() })))`
    const child = spawn(process.execPath, ['--input-type=module', '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(script)
    const lines = (await text(child.stdout))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0].early).toBe(false)
    expect(lines[1].at - lines[0].at).toBeLessThan(1000)
  })
})

describe('an upload', () => {
  it('brings the bytes, the parameters and a known length', async () => {
    const bytes = Buffer.concat([PNG, Buffer.from('\r\n--storyline-part-0-\r\nnot a boundary')])
    const caption = '<b>Größe</b> 🎉 & "x"'.replace('&', '&amp;')
    const reply_markup = { inline_keyboard: [[{ text: 'Skip', callback_data: 's:1', url: null }]] }
    await client.upload(
      'sendDocument',
      { chat_id: CHAT, caption, parse_mode: 'HTML', disable_notification: true, reply_markup },
      picture({ bytes }),
    )
    expect(fake.violations()).toEqual([])
    const [message] = fake.messages(CHAT)
    expect(message).toMatchObject({
      kind: 'document',
      text: 'Größe 🎉 & "x"',
      keyboard: [[{ text: 'Skip', callback_data: 's:1' }]],
    })
    expect(message?.file?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('sends a photo as a reply, with nested parameters as JSON text and nulls left out', async () => {
    const first = await client.upload<{ message_id: number }>('sendDocument', { chat_id: CHAT }, picture())
    const reply_parameters = { message_id: first.message_id, quote: null }
    await client.upload('sendPhoto', { chat_id: CHAT, caption: null, reply_parameters }, picture({ field: 'photo' }))
    expect(fake.violations()).toEqual([])
    expect(fake.messages(CHAT)[1]).toMatchObject({ kind: 'photo', text: '', replyTo: first.message_id })
  })

  it('is whole after many chunks', async () => {
    const bytes = Buffer.alloc(3_000_001, 'storyline')
    await client.upload('sendDocument', { chat_id: CHAT }, picture({ bytes }))
    expect(fake.messages(CHAT)[0]?.file?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['Sommer Größe é.jpg', 'Sommer-Große-e.jpg'.replace('ß', '-')],
    ['a"b\r\nc;d.png', 'a-b-c-d.png'],
    ['../../etc/passwd', 'etc-passwd'],
    ['日本語.jpeg', 'file.jpeg'],
    ['%2e%2e', '2e-2e'],
    ['', 'file'],
    [`${'x'.repeat(300)}.jpg`, `${'x'.repeat(60)}.jpg`],
  ])('sends the file name %j as %j', async (fileName, expected) => {
    await client.upload('sendDocument', { chat_id: CHAT }, picture({ fileName }))
    expect(fake.violations()).toEqual([])
    expect(fake.messages(CHAT)[0]?.file?.fileName).toBe(expected)
  })
})
