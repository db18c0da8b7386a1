import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeReply, type RefusedWhat } from '../../src/telegram/failure.ts'
import { redactToken } from '../../src/telegram/redact.ts'

const TOKEN = '1234567890:AAtest-Token_with-35-characters-000'
const SECRET = 'AAtest-Token_with-35-characters-000'

function judge(
  answer: unknown,
  { status = 400, handedOver = true, retryAfter = undefined as string | undefined } = {},
) {
  const judged = judgeReply(
    { status, headers: { 'retry-after': retryAfter }, body: JSON.stringify(answer) },
    handedOver,
    TOKEN,
  )
  if (judged.ok) throw new Error('expected a failure')
  return judged.failure
}

describe('what a refusal means', () => {
  const REFUSALS: [errorCode: number, description: string, what: RefusedWhat][] = [
    [400, 'Bad Request: chat not found', 'chat_not_found'],
    [400, 'Bad Request: message is not modified: specified new message content and reply markup are …', 'not_modified'],
    [400, 'Bad Request: message to edit not found', 'message_gone'],
    [400, "Bad Request: message can't be edited", 'message_gone'],
    [400, 'Bad Request: message to delete not found', 'message_gone'],
    [400, "Bad Request: message can't be deleted for everyone", 'message_gone'],
    [400, 'Bad Request: query is too old and response timeout expired or query ID is invalid', 'query_too_old'],
    [400, 'Bad Request: QUERY_ID_INVALID', 'query_too_old'],
    [400, `Bad Request: can't parse entities: Unsupported start tag "br" at byte offset 3`, 'parse_error'],
    [400, 'Bad Request: need administrator rights in the channel chat', 'forbidden'],
    [400, 'Bad Request: not enough rights to send photos to the chat', 'forbidden'],
    [400, 'Bad Request: CHAT_WRITE_FORBIDDEN', 'forbidden'],
    [400, 'Bad Request: message to be replied not found', 'bad_request'],
    [400, 'Bad Request: the text says chat not found', 'bad_request'],
    [400, 'bad request: Chat Not Found', 'chat_not_found'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden: bot was blocked by the user', 'forbidden'],
    [404, 'Not Found', 'not_found'],
    [409, 'Conflict', 'conflict'],
    [413, 'Request Entity Too Large', 'too_large'],
    [418, 'Something new', 'bad_request'],
  ]
  it.each(REFUSALS)('%i %j is %s', (error_code, description, what) => {
    expect(judge({ ok: false, error_code, description })).toMatchObject({
      kind: 'refused',
      errorCode: error_code,
      what,
    })
  })

  it('a description that is missing or long stays readable', () => {
    expect(judge({ ok: false, error_code: 400 })).toMatchObject({ description: 'no description' })
    const long = judge({ ok: false, error_code: 400, description: 'x'.repeat(5000) })
    expect(long).toMatchObject({ description: 'x'.repeat(300) })
  })
})

describe('how long a 429 asks to wait', () => {
  it.each([
    ['the parameter', { retry_after: 17 }, '3', 17],
    ['the header without the parameter', undefined, '3', 3],
    ['half a minute when nobody says', undefined, undefined, 30],
    ['half a minute when it is nonsense', { retry_after: 'soon' }, undefined, 30],
  ])('%s', (_name, parameters, retryAfter, retryAfterSeconds) => {
    expect(judge({ ok: false, error_code: 429, parameters }, { retryAfter })).toMatchObject({
      kind: 'flood',
      retryAfterSeconds,
    })
  })
})

describe('a reply that is not Telegram’s', () => {
  it.each([
    null,
    [],
    'text',
    7,
    {},
    { ok: false },
    { ok: true },
    { ok: false, error_code: '400' },
    { ok: 'yes', result: 1 },
  ])('%j is ambiguous after a complete request and harmless before', (answer) => {
    expect(judge(answer)).toMatchObject({ kind: 'ambiguous' })
    expect(judge(answer, { handedOver: false })).toMatchObject({ kind: 'not_sent' })
  })

  it('says ok in a page that is an error: nobody knows', () => {
    expect(judge({ ok: true, result: 1 }, { status: 502 })).toMatchObject({ kind: 'ambiguous' })
  })

  it('a result may be false', () => {
    expect(judgeReply({ status: 200, headers: {}, body: '{"ok":true,"result":false}' }, true, TOKEN)).toEqual({
      ok: true,
      result: false,
    })
  })
})

describe('the token', () => {
  it('is hidden in a description, also where the description is cut', () => {
    for (const lead of [0, 260, 280, 299]) {
      const failure = judge({ ok: false, error_code: 404, description: `${' '.repeat(lead)}/bot${TOKEN}/getMe` })
      expect(JSON.stringify(failure)).not.toContain(SECRET.slice(0, 8))
    }
  })

  it('is hidden however much of it is percent-encoded, even twice', () => {
    const spellings = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: TOKEN.length, maxLength: TOKEN.length })
    fc.assert(
      fc.property(spellings, fc.string(), fc.string(), (spelling, before, after) => {
        const spelled = [...TOKEN].map((char, at) => encoded(char, spelling[at] ?? 0)).join('')
        const redacted = redactToken(`${before}/bot${spelled}/${after}`, TOKEN)
        expect(redacted).toBe(`${before}/bot<bot token>/${after}`)
      }),
    )
  })

  it('is hidden without its bot id too', () => {
    expect(redactToken(`secret ${SECRET} and ${TOKEN}`, TOKEN)).toBe('secret <bot token> and <bot token>')
  })

  it('that is empty or short hides nothing else', () => {
    expect(redactToken('nothing to hide', '')).toBe('nothing to hide')
    expect(redactToken('a 1:a', '1:a')).toBe('a <bot token>')
  })
})

function encoded(char: string, times: number): string {
  const hex = char.charCodeAt(0).toString(16).toUpperCase()
  return times === 0 ? char : times === 1 ? `%${hex}` : `%25${hex}`
}
