import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeTelegram, startFakeTelegram } from './fake-telegram.ts'

/** The fake is tested with `fetch`, so that it is judged by something else than our own client. */
const CHAT = -1001
const ME = 5001
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let fake: FakeTelegram

beforeEach(async () => {
  const members = { [ME]: 'member' as const }
  fake = await startFakeTelegram({ chats: [{ id: CHAT, members }, { id: ME }], queryWindowSeconds: 15 })
})
afterEach(() => fake.close())

interface Answer {
  ok: boolean
  error_code?: number
  description?: string
  parameters?: Record<string, number>
  result?: unknown
}

const messageId = ({ result }: Answer) => Number((result as { message_id: number }).message_id)
const updates = ({ result }: Answer) => result as { update_id: number; callback_query?: unknown }[]

async function post(method: string, params: unknown, token = fake.token): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${fake.url}/bot${token}/${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(params),
  })
  return (await response.json()) as Answer
}

async function upload(method: string, params: Record<string, string>, bytes: Buffer, name = 'a.png'): Promise<Answer> {
  const form = new FormData()
  for (const [key, value] of Object.entries(params)) form.append(key, value)
  form.append(method === 'sendPhoto' ? 'photo' : 'document', new Blob([new Uint8Array(bytes)]), name)
  const response = await fetch(`${fake.url}/bot${fake.token}/${method}`, { method: 'POST', body: form })
  return (await response.json()) as Answer
}

const send = (params: object) => post('sendMessage', { chat_id: CHAT, text: 'hello', ...params })
const keyboard = (...buttons: unknown[]) => ({ reply_markup: { inline_keyboard: [buttons] } })
const html = (text: string) => ({ text, parse_mode: 'HTML' })

describe('a wrong request is refused and remembered', () => {
  it.each([
    ['no text', { text: ' \n ' }, 'message text is empty'],
    ['no chat', { chat_id: undefined }, 'chat_id is empty'],
    ['a chat that is no number', { chat_id: 'abc' }, 'parameter "chat_id" must be an Integer'],
    ['a text that is too long', { text: 'x'.repeat(4097) }, 'message is too long'],
    ['half a character', { text: '\ud83d' }, 'strings must be encoded in UTF-8'],
    ['an unknown tag', html('a<br>b'), `can't parse entities: Unsupported start tag "br" at byte offset 1`],
    ['a bare <', html('ü 3 < 4'), `can't parse entities: Unsupported start tag "" at byte offset 5`],
    ['a tag left open', html('<b>a'), `can't parse entities: Can't find end tag corresponding to start tag "b"`],
    [
      'tags that cross',
      html('<b><i>a</b></i>'),
      `can't parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
    ],
    ['an end without a start', html('a</b>'), `can't parse entities: Unexpected end tag at byte offset 1`],
    [
      'a quote in an attribute',
      html('<a href="a"b">x</a>'),
      `can't parse entities: Empty attribute name in the tag "a" at byte offset 0`,
    ],
    [
      'a date format',
      html('<tg-time unix="1" format="x">a</tg-time>'),
      `can't parse entities: Invalid date format used`,
    ],
    ['65 bytes of data', keyboard({ text: 'a', callback_data: 'ä'.repeat(33) }), 'BUTTON_DATA_INVALID'],
    [
      'a button without action',
      keyboard({ text: 'a' }),
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      'a button without label',
      keyboard({ text: ' ', callback_data: 'a' }),
      'inline keyboard button text must be non-empty',
    ],
    [
      'an app link',
      keyboard({ text: 'a', url: 'instagram://camera' }),
      "inline keyboard button URL 'instagram://camera' is invalid: Wrong HTTP URL",
    ],
    [
      'a bare host',
      keyboard({ text: 'a', url: 'http://localhost' }),
      "inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL",
    ],
    [
      '257 characters to copy',
      keyboard({ text: 'a', copy_text: { text: 'x'.repeat(257) } }),
      'BUTTON_COPY_TEXT_INVALID',
    ],
    ['an unknown style', keyboard({ text: 'a', callback_data: 'a', style: 'pink' }), 'invalid button style specified'],
    ['a web app in a group', keyboard({ text: 'a', web_app: { url: 'https://a.bc' } }), 'BUTTON_TYPE_INVALID'],
    ['a reply to nothing', { reply_parameters: { message_id: 999 } }, 'message to be replied not found'],
    ['a reply that is no object', { reply_parameters: '{' }, "can't parse reply_parameters JSON object"],
  ])('%s', async (_name, params, description) => {
    expect(await send(params)).toEqual({ ok: false, error_code: 400, description: `Bad Request: ${description}` })
    expect(fake.violations()).toEqual([`#1 sendMessage: Bad Request: ${description}`])
    expect(fake.messages()).toEqual([])
  })

  it.each([
    ['an unknown parameter', { reply_to: 1 }, 'sendMessage has no parameter "reply_to"'],
    ['a literal null', { message_effect_id: null }, 'parameter "message_effect_id" is a literal null'],
    [
      'a null inside',
      keyboard({ text: 'a', callback_data: 'a', url: null }),
      'reply_markup.inline_keyboard.0.0.url is null; leave it out',
    ],
    [
      'two actions',
      keyboard({ text: 'a', callback_data: 'a', url: 'https://a.bc' }),
      'button "a" has several actions: url, callback_data',
    ],
    [
      'an unknown field',
      { reply_parameters: { message_id: 101, quiet: true } },
      'reply_parameters has no field "quiet"',
    ],
    ['UTF-16 units over the limit', { text: '🎉'.repeat(2049) }, '4098 UTF-16 units, longer than 4096'],
  ])('%s is only remembered, as Telegram would not say it', async (_name, params, violation) => {
    await send({})
    expect((await send(params)).ok).toBe(true)
    expect(fake.violations()).toEqual([`#2 sendMessage: ${violation}`])
  })

  it('an unknown method and a wrong token', async () => {
    expect(await post('sendStory', {})).toMatchObject({ error_code: 404, description: 'Not Found: method not found' })
    expect(await post('getMe', {}, '1:other')).toMatchObject({ error_code: 401 })
  })

  it('files: empty, no picture, too long, too large', async () => {
    const sizes = (width: number, height: number) => {
      const bytes = Buffer.from(PNG)
      bytes.writeUInt32BE(width, 16)
      bytes.writeUInt32BE(height, 20)
      return bytes
    }
    const chat = { chat_id: String(CHAT) }
    const tries: [Answer, string][] = [
      [await upload('sendDocument', chat, Buffer.alloc(0)), 'file must be non-empty'],
      [await upload('sendPhoto', chat, Buffer.from('hello, this is text')), 'IMAGE_PROCESS_FAILED'],
      [await upload('sendPhoto', chat, sizes(100, 2001)), 'PHOTO_INVALID_DIMENSIONS'],
      [await upload('sendPhoto', chat, sizes(5001, 5000)), 'PHOTO_INVALID_DIMENSIONS'],
      [await upload('sendPhoto', chat, Buffer.concat([PNG, Buffer.alloc(10 * 1024 * 1024)])), 'too big for a photo'],
      [await upload('sendPhoto', { ...chat, caption: 'x'.repeat(1025) }, PNG), 'message caption is too long'],
    ]
    for (const [answer, description] of tries) expect(answer.description).toContain(description)
    expect(fake.violations()).toHaveLength(tries.length)
    await upload('sendDocument', chat, PNG, 'a b.png')
    expect(fake.violations().at(-1)).toContain('file name "a b.png" is not safe')
  })
})

describe('the world may refuse a right request', () => {
  it.each([
    [{ botStatus: 'kicked' as const }, 403, 'Forbidden: bot was kicked from the supergroup chat'],
    [
      { botStatus: 'left' as const, type: 'channel' as const },
      403,
      'Forbidden: bot is not a member of the channel chat',
    ],
    [{ canPost: false, type: 'channel' as const }, 400, 'Bad Request: need administrator rights in the channel chat'],
    [{ migrateTo: -100777 }, 400, 'Bad Request: group chat was upgraded to a supergroup chat'],
  ])('%j', async (change, error_code, description) => {
    fake.setChat({ id: CHAT, type: 'supergroup', ...change })
    expect(await send({})).toMatchObject({ ok: false, error_code, description })
    expect(fake.violations()).toEqual([])
  })

  it('an unknown chat, a blocked one, the same edit, an edit of what is gone', async () => {
    fake.setChat({ id: ME, botStatus: 'kicked' })
    const edit = { chat_id: CHAT, message_id: messageId(await send(html('<b>a</b>'))) }
    expect(await send({ chat_id: -42 })).toMatchObject({ error_code: 400, description: 'Bad Request: chat not found' })
    expect(await send({ chat_id: ME })).toMatchObject({
      error_code: 403,
      description: 'Forbidden: bot was blocked by the user',
    })
    expect((await post('editMessageText', { ...edit, ...html('<b>a</b>') })).description).toContain(
      'message is not modified',
    )
    expect((await post('editMessageText', { ...edit, message_id: 7, text: 'b' })).description).toContain(
      'message to edit not found',
    )
    expect((await post('deleteMessage', edit)).result).toBe(true)
    expect((await post('deleteMessage', edit)).description).toContain('message to delete not found')
    expect(fake.violations()).toEqual([])
  })
})

describe('messages', () => {
  it('an edit without a keyboard removes it', async () => {
    const message_id = messageId(await send(keyboard({ text: 'Posted', callback_data: 'p:1' })))
    expect(fake.messages(CHAT)[0]?.keyboard).toHaveLength(1)
    await post('editMessageText', { chat_id: CHAT, message_id, text: 'done' })
    expect(fake.messages(CHAT)[0]).toMatchObject({ text: 'done', keyboard: [], edits: 1 })
  })

  it('show the text without tags, with entities in UTF-16 units', async () => {
    await send(html('  🎉 <b>Tom &amp; <a href="https://a.bc/?x=1&amp;y=2">Ann</a></b> &nbsp; '))
    expect(fake.messages(CHAT)[0]).toMatchObject({
      text: '🎉 Tom & Ann &nbsp;',
      entities: [
        { type: 'bold', offset: 3, length: 9 },
        { type: 'text_link', offset: 9, length: 3, url: 'https://a.bc/?x=1&y=2' },
      ],
    })
  })

  it('the same send twice is counted', async () => {
    await send({})
    await send({ text: 'other' })
    await send({})
    expect(fake.duplicateSends()).toEqual([[1, 3]])
  })

  it('a call during a 429 is noted', async () => {
    fake.fault({
      kind: 'error',
      error_code: 429,
      description: 'Too Many Requests: retry after 60',
      parameters: { retry_after: 60 },
    })
    await send({})
    await send({})
    await send({ chat_id: ME })
    expect(fake.earlyCalls()).toHaveLength(1)
  })
})

describe('updates', () => {
  const poll = (params: object = {}) => post('getUpdates', params)

  it('come again until they are confirmed', async () => {
    const first = fake.say({ chatId: CHAT, from: ME, text: '/pending@storyline_test_bot now' })
    const second = fake.say({ chatId: CHAT, from: ME, text: 'b' })
    expect(updates(await poll({ limit: 1 })).map((update) => update.update_id)).toEqual([first.updateId])
    expect((await poll()).result).toHaveLength(2)
    expect(updates(await poll({ offset: (first.updateId ?? 0) + 1 }))[0]).toMatchObject({
      update_id: second.updateId,
      message: { text: 'b' },
    })
    expect(updates(await poll({ offset: -1 }))).toHaveLength(1)
    expect((await poll({ offset: (second.updateId ?? 0) + 1 })).result).toEqual([])
  })

  it('a long poll ends when something comes', async () => {
    const waiting = poll({ timeout: 30 })
    await send({})
    fake.say({ chatId: ME, text: 'hi' })
    expect((await waiting).result).toHaveLength(1)
  })

  it('a second poller ends the first with 409', async () => {
    const first = poll({ timeout: 30 })
    await expect.poll(() => fake.calls('getUpdates').length).toBe(1)
    const second = poll({ timeout: 1 })
    expect(await first).toMatchObject({ error_code: 409 })
    expect((await second).ok).toBe(true)
    expect(fake.violations()).toEqual([expect.stringContaining('Conflict: terminated by other getUpdates')])
  })

  it('only come in the allowed types, until others are named', async () => {
    await poll({ allowed_updates: ['callback_query'] })
    expect(fake.say({ chatId: ME, text: 'hi' }).updateId).toBeUndefined()
    await poll({ allowed_updates: ['message', 'callback_query'] })
    expect(fake.say({ chatId: ME, text: 'hi' }).updateId).toBeDefined()
  })
})

describe('a press', () => {
  const card = async () => messageId(await send(keyboard({ text: '✅ Posted', callback_data: 'p:1' })))

  it('carries the data of the button and is answered once', async () => {
    const cardId = await card()
    const { queryId } = fake.press({ chatId: CHAT, messageId: cardId, button: 'Posted', from: ME })
    const [update] = updates(await post('getUpdates', {}))
    expect(update?.callback_query).toMatchObject({
      id: queryId,
      data: 'p:1',
      from: { id: ME },
      message: { message_id: cardId },
    })
    expect(fake.unansweredPresses()).toHaveLength(1)
    const answer = { callback_query_id: queryId, text: 'ok' }
    expect((await post('answerCallbackQuery', answer)).ok).toBe(true)
    expect(fake.unansweredPresses()).toEqual([])
    expect((await post('answerCallbackQuery', answer)).description).toContain('query is too old')
    expect(fake.violations()).toHaveLength(1)
  })

  it('that is too old cannot be answered, and after 150 s it never comes', async () => {
    const cardId = await card()
    const { queryId } = fake.press({ chatId: CHAT, messageId: cardId, data: 'old:1', from: ME, ageSeconds: 16 })
    expect(
      fake.press({ chatId: CHAT, messageId: cardId, data: 'old:1', from: ME, ageSeconds: 151 }).updateId,
    ).toBeUndefined()
    expect((await post('answerCallbackQuery', { callback_query_id: queryId })).description).toContain(
      'query is too old',
    )
    expect(fake.violations()).toEqual([])
  })
})

describe('faults and holds', () => {
  it('hit the calls they are meant for, as often as they say', async () => {
    fake.fault({
      kind: 'error',
      error_code: 500,
      description: 'x',
      method: 'sendMessage',
      chatId: CHAT,
      skip: 1,
      times: 2,
    })
    const codes = []
    for (const chat_id of [CHAT, ME, CHAT, CHAT, CHAT]) codes.push((await send({ chat_id })).error_code)
    expect(codes).toEqual([undefined, undefined, 500, 500, undefined])
  })

  it.each([
    ['before' as const, 0],
    ['after' as const, 1],
  ])('a call held %s its effect has left %i messages', async (when, count) => {
    const hold = fake.hold('sendMessage', when)
    const sending = send({})
    expect((await hold.reached).method).toBe('sendMessage')
    expect(fake.messages(CHAT)).toHaveLength(count)
    hold.release()
    expect((await sending).ok).toBe(true)
    expect(await fake.waitForCalls('sendMessage')).toMatchObject([{ state: 'answered', applied: true }])
  })

  it('a call that never comes is told with those that came', async () => {
    await send({})
    await expect(fake.waitForCalls('sendPhoto', 1, 0.05)).rejects.toThrow(
      '0 of 1 sendPhoto within 0.05 s; calls: sendMessage 200',
    )
  })
})
