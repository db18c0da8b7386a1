import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyReply, containerSubcode } from '../../src/instagram/classify.ts'
import type { GraphFailure, GraphRefusal } from '../../src/instagram/graph.ts'

const TOKEN = 'EAAGm0PX4ZCpsBAtest|with_odd-chars'
const APP_SECRET = '0123456789abcdef0123456789abcdef'

interface Case {
  status?: number
  headers?: IncomingHttpHeaders
  handedOver?: boolean
  secrets?: readonly string[]
}

function judge(body: unknown, { status = 400, headers = {}, handedOver = true, secrets = [] }: Case = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return classifyReply({ status, headers, body: text }, handedOver, secrets)
}

function failureOf(body: unknown, options?: Case): GraphFailure {
  const answer = judge(body, options)
  if (answer.ok) throw new Error('expected a failure')
  return answer.failure
}

function refusalOf(error: Record<string, unknown>, options?: Case): GraphRefusal {
  const failure = failureOf({ error }, options)
  if (failure.kind !== 'refused') throw new Error(`expected a refusal, got ${failure.kind}`)
  return failure.refusal
}

const regain = (minutes: number): IncomingHttpHeaders => ({
  'x-business-use-case-usage': JSON.stringify({
    '178': [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: minutes }],
  }),
})

describe('an answer that can be used', () => {
  it.each([
    [200, '{"id":"17841405793187219"}', { id: '17841405793187219' }],
    [200, '{"id":17841405793187219}', { id: '17841405793187219' }],
    [201, '{"data":[]}', { data: [] }],
    [200, '{}', {}],
  ])('%i %s', (status, body, value) => {
    expect(judge(body, { status })).toEqual({ ok: true, value })
  })
})

describe('an answer that cannot', () => {
  const UNUSABLE: [name: string, status: number, body: string][] = [
    ['a page', 200, '<!DOCTYPE html><html></html>'],
    ['a page with 502', 502, '<html>Bad Gateway</html>'],
    ['nothing', 200, ''],
    ['nothing with 500', 500, ''],
    ['half of it', 200, '{"id":"1784140'],
    ['a list', 200, '[{"id":"1"}]'],
    ['a text', 200, '"17841405793187219"'],
    ['a number', 200, '17841405793187219'],
    ['null', 200, 'null'],
    ['true', 200, 'true'],
    ['5xx without an error', 503, '{"id":"1"}'],
    ['4xx without an error', 404, '{"message":"not found"}'],
    ['a redirect', 302, '{}'],
    ['no status at all', 0, '{}'],
    ['an error without a code', 400, '{"error":{"message":"m"}}'],
    ['an error with a code that is none', 400, '{"error":{"message":"m","code":"x"}}'],
    ['an error that is a text', 200, '{"error":"invalid_request","id":"1"}'],
    ['an error that is null', 200, '{"error":null}'],
  ]

  it.each(UNUSABLE)('%s says nothing about what happened', (_name, status, body) => {
    const reason = `The answer was not one of Meta's (HTTP ${status})`
    expect(failureOf(body, { status })).toEqual({ kind: 'unanswered', reason })
  })

  it.each(UNUSABLE)('%s, before the request was complete: nothing happened', (_name, status, body) => {
    expect(failureOf(body, { status, handedOver: false })).toMatchObject({ kind: 'not_sent' })
  })
})

describe("Meta's error object", () => {
  it('is kept as it is, with what it means', () => {
    const error = {
      message: 'Media ID is not available',
      type: 'OAuthException',
      code: 9007,
      error_subcode: 2207027,
      is_transient: false,
      error_user_msg: 'המדיה אינה מוכנה',
      fbtrace_id: 'AaBb-1_2',
    }
    expect(failureOf({ error })).toEqual({
      kind: 'refused',
      reason: 'Meta refused: Media ID is not available (9007/2207027)',
      refusal: {
        http: 400,
        code: 9007,
        subcode: 2207027,
        message: 'Media ID is not available',
        fbtraceId: 'AaBb-1_2',
        class: 'transient',
        fix: expect.stringContaining('not ready'),
        provesNotPublished: true,
        waitSeconds: null,
      },
    })
  })

  it('counts whatever the HTTP status is, and even before the request was complete', () => {
    for (const status of [200, 400, 401, 403, 500, 503]) {
      expect(refusalOf({ code: 190, message: 'm' }, { status })).toMatchObject({ http: status, class: 'auth' })
    }
    expect(refusalOf({ code: 190, message: 'm' }, { handedOver: false })).toMatchObject({ class: 'auth' })
  })

  it('needs no message, subcode or trace', () => {
    expect(refusalOf({ code: 2, message: 7, error_subcode: null, fbtrace_id: {} })).toMatchObject({
      message: 'no message',
      subcode: null,
      fbtraceId: null,
    })
    expect(failureOf({ error: { code: 2 } })).toMatchObject({ reason: 'Meta refused: no message (2)' })
  })

  it('is not judged by its text', () => {
    const message = 'Application request limit reached, code 190, 36003, 2207009'
    expect(refusalOf({ code: 12345, message })).toMatchObject({ class: 'ambiguous' })
  })
})

describe('how long to wait', () => {
  it.each([4, 17, 32, 341, 613, 80001, 80002])('%i: what the header says', (code) => {
    expect(refusalOf({ code }, { headers: regain(19) }).waitSeconds).toBe(1140)
    expect(refusalOf({ code }, { headers: regain(0) }).waitSeconds).toBeNull()
    expect(refusalOf({ code }, { headers: {} }).waitSeconds).toBeNull()
    expect(refusalOf({ code }, { headers: { 'retry-after': '30' } }).waitSeconds).toBe(30)
  })

  it('4/2207051: an hour at least', () => {
    const error = { code: 4, error_subcode: 2207051 }
    expect(refusalOf(error).waitSeconds).toBe(3600)
    expect(refusalOf(error, { headers: regain(19) }).waitSeconds).toBe(3600)
    expect(refusalOf(error, { headers: regain(90) }).waitSeconds).toBe(5400)
  })

  it.each([
    [{ code: 368 }, 86_400],
    [{ code: 9, error_subcode: 2207042 }, null],
    [{ code: 190 }, null],
    [{ code: 2 }, null],
    [{ code: 12345 }, null],
  ])('%j: the header is about something else', (error, seconds) => {
    expect(refusalOf(error, { headers: regain(19) }).waitSeconds).toBe(seconds)
  })
})

describe('HTTP 429', () => {
  it.each(['', '<html>slow down</html>', '{}', '{"error":"slow"}'])(
    'without an error object (%j) is a limit',
    (body) => {
      const headers = { 'retry-after': '120' }
      expect(failureOf(body, { status: 429, headers })).toMatchObject({
        kind: 'refused',
        refusal: { http: 429, code: 429, subcode: null, class: 'wait', waitSeconds: 120, provesNotPublished: false },
      })
      expect(failureOf(body, { status: 429 })).toMatchObject({ refusal: { waitSeconds: null } })
      for (const unusable of ['Fri, 31 Dec 1999 23:59:59 GMT', '0', '-5', 'Infinity', '']) {
        const failure = failureOf(body, { status: 429, headers: { 'retry-after': unusable } })
        expect(failure).toMatchObject({ refusal: { waitSeconds: null } })
      }
    },
  )
})

describe('a message', () => {
  const messageOf = (message: string, secrets: readonly string[] = [TOKEN, APP_SECRET]) =>
    refusalOf({ code: 190, message }, { secrets }).message

  it('is one line of at most 300 characters', () => {
    expect(messageOf('  a\n b\r\n\tc\u0000\u001b[31md\u202e\u2028e  ')).toBe('a b c [31md e')
    expect(messageOf('x'.repeat(5000))).toBe('x'.repeat(300))
    expect(messageOf(`${'x'.repeat(299)}🎉`).isWellFormed()).toBe(true)
  })

  it.each([
    ['plain', TOKEN],
    ['URL-encoded', encodeURIComponent(TOKEN)],
    ['URL-encoded in lower case', encodeURIComponent(TOKEN).toLowerCase()],
    ['URL-encoded twice', encodeURIComponent(encodeURIComponent(TOKEN))],
    ['an app secret', APP_SECRET],
    ['an app secret in upper case', APP_SECRET.toUpperCase()],
  ])('carries no secret: %s', (_name, secret) => {
    expect(messageOf(`Malformed access token ${secret}, sorry`)).toBe('Malformed access token <hidden>, sorry')
  })

  it('carries no half of an app token, and no piece that looks like a token', () => {
    expect(messageOf(`wrong ${APP_SECRET}.`, [`1234567|${APP_SECRET}`])).toBe('wrong <hidden>.')
    expect(messageOf('token EAAGm0PX4ZCpsBAxxxx0000 and IGAAabcdefghijklmnop0123', [])).toBe(
      'token <hidden> and <hidden>',
    )
  })

  it('is cut after the secrets are gone, so that none is left in half', () => {
    for (let before = 250; before <= 300; before++) {
      const shown = messageOf(`${'x'.repeat(before)} ${APP_SECRET}`)
      expect(shown).not.toContain(APP_SECRET.slice(0, 4))
    }
  })

  it('keeps no rest of a secret that begins with another one', () => {
    expect(messageOf('a tokenABC-page b', ['tokenABC', 'tokenABC-page'])).toBe('a <hidden> b')
  })

  it('is not harmed by secrets that are empty', () => {
    expect(messageOf('as it was', ['', '|'])).toBe('as it was')
  })

  it('hides any secret wherever it stands, and so does the trace', () => {
    const secret = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 }).filter((text) => !/\s/.test(text))
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 20 }), (hidden, before) => {
        const message = `${before} ${hidden} ${encodeURIComponent(hidden)} end`
        const failure = failureOf({ error: { code: 1, message, fbtrace_id: hidden } }, { secrets: [hidden] })
        // What is left of a secret like `<hidden>` itself is no secret.
        fc.pre(!'<hidden> <hidden>'.includes(hidden) && !before.includes(hidden))
        expect(JSON.stringify(failure)).not.toContain(JSON.stringify(hidden).slice(1, -1))
      }),
    )
  })
})

describe('containerSubcode', () => {
  it.each([
    ['Error: Media upload has failed with error code 2207082', 2207082],
    ['Error: 2207052: the media could not be fetched', 2207052],
    ['2207001', 2207001],
    ['Finished: Media has been uploaded and it is ready to be published.', null],
    ['In progress: Media is still being processed.', null],
    ['Error: container 17841405793187219', null],
    ['', null],
  ])('%j: %s', (status, subcode) => {
    expect(containerSubcode(status)).toBe(subcode)
  })
})
