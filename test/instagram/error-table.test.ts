import { describe, expect, it } from 'vitest'
import { classifyContainerError, classifyReply } from '../../src/instagram/classify.ts'
import { ERROR_TABLE } from '../../src/instagram/error-table.ts'
import type { GraphClass, GraphRefusal } from '../../src/instagram/graph.ts'

type Expected = [code: number, subcode: number | null, means: GraphClass, waitSeconds?: number]

/** instagram.md §3.2, row by row, as the table of Meta's documentation and other publishers' experience says it. */
const DOCUMENTED: readonly Expected[] = [
  [-1, 2207001, 'transient'],
  [-1, 2207032, 'transient'],
  [-1, 2207053, 'transient'],
  [-2, 2207003, 'transient'],
  [-2, 2207020, 'transient'],
  [1, null, 'transient'],
  [1, 2207057, 'content'],
  [2, null, 'transient'],
  [3, null, 'human'],
  [4, null, 'wait'],
  [4, 2207051, 'wait', 3600],
  [9, 2207042, 'wait'],
  [10, null, 'auth'],
  [10, 9053, 'bug'],
  [17, null, 'wait'],
  [24, 2207006, 'transient'],
  [24, 2207008, 'transient'],
  [25, 2207050, 'human'],
  [32, null, 'wait'],
  [100, null, 'bug'],
  [100, 33, 'ambiguous'],
  [100, 2207023, 'bug'],
  [100, 2207040, 'content'],
  [100, 2207018, 'content'],
  [100, 2207028, 'content'],
  [100, 2207035, 'content'],
  [100, 2207036, 'content'],
  [100, 2207037, 'content'],
  [102, null, 'auth'],
  [190, null, 'auth'],
  [190, 458, 'auth'],
  [190, 459, 'human'],
  [190, 460, 'auth'],
  [190, 463, 'auth'],
  [190, 464, 'human'],
  [190, 467, 'auth'],
  [190, 492, 'human'],
  [200, null, 'auth'],
  [299, null, 'auth'],
  [341, null, 'wait'],
  [352, 2207026, 'content'],
  [368, null, 'wait', 86_400],
  [506, null, 'content'],
  [613, null, 'wait'],
  [613, 1996, 'human'],
  [9004, 2207052, 'transient'],
  [9007, 2207027, 'transient'],
  [36000, 2207004, 'content'],
  [36001, 2207005, 'content'],
  [36003, 2207009, 'content'],
  [36004, 2207010, 'content'],
  [80001, null, 'wait'],
  [80002, null, 'wait'],
]

/** What stands in the `status` of a container with `status_code=ERROR`. */
const CONTAINER: readonly [subcode: number, means: GraphClass][] = [
  [2207076, 'transient'],
  [2207077, 'transient'],
  [2207082, 'transient'],
  [2207085, 'transient'],
  [2207053, 'transient'],
  [2207003, 'transient'],
  [2207052, 'transient'],
  [2207026, 'content'],
  [2207009, 'content'],
]

/** Rows without an error code of Meta's: of a text, of insights, of HTTP. */
const WITHOUT_CODE = ['null/2207076', 'null/2207077', 'null/2207082', 'null/2207085', 'null/2207086', '429/any']

function refusalOf(code: number, subcode: number | null | undefined, http = 400): GraphRefusal {
  const error = { message: 'm', code, ...(subcode === undefined ? {} : { error_subcode: subcode }) }
  const answer = classifyReply({ status: http, headers: {}, body: JSON.stringify({ error }) }, true, [])
  if (answer.ok || answer.failure.kind !== 'refused') throw new Error('expected a refusal')
  return answer.failure.refusal
}

describe('the error table', () => {
  it.each(DOCUMENTED)('%i / %s is %s', (code, subcode, means, waitSeconds = undefined) => {
    // Never by the HTTP status: Meta sends permanent errors as 500 and throttles as 400.
    for (const http of [400, 403, 500]) {
      expect(refusalOf(code, subcode, http)).toMatchObject({
        http,
        code,
        class: means,
        waitSeconds: waitSeconds ?? null,
      })
    }
    expect(refusalOf(code, subcode ?? undefined)).toMatchObject({ subcode, class: means })
  })

  it.each(CONTAINER)('a container that failed with %i is %s', (subcode, means) => {
    const trouble = classifyContainerError(`Error: Media upload has failed with error code ${subcode}`)
    expect(trouble).toMatchObject({ subcode, class: means })
  })

  it('proves that nothing was published with 9007/2207027 alone', () => {
    const proofs = DOCUMENTED.filter(([code, subcode]) => refusalOf(code, subcode).provesNotPublished)
    expect(proofs.map(([code, subcode]) => `${code}/${subcode}`)).toEqual(['9007/2207027'])
    for (const [code, subcode] of [
      [9007, null],
      [9007, 2207001],
      [4, 2207027],
      [-1, 2207027],
    ] as const) {
      expect(refusalOf(code, subcode)).toMatchObject({ code, subcode, provesNotPublished: false })
    }
  })

  it('has no row that is not checked here', () => {
    const checked = new Set([
      ...DOCUMENTED.map(([code, subcode]) => `${code}/${subcode}`),
      ...DOCUMENTED.filter(([, subcode]) => subcode === null).map(([code]) => `${code}/any`),
      '200,299/any',
      ...WITHOUT_CODE,
    ])
    expect(ERROR_TABLE.map(({ code, subcode }) => `${code}/${subcode}`).filter((row) => !checked.has(row))).toEqual([])
  })

  it('knows every pair once, and every subcode of Instagram once', () => {
    const pairs = ERROR_TABLE.map(({ code, subcode }) => `${code}/${subcode}`)
    expect(new Set(pairs).size).toBe(pairs.length)
    const subcodes = ERROR_TABLE.map(({ subcode }) => subcode).filter((subcode) => Number(subcode) > 2_000_000)
    expect(new Set(subcodes).size).toBe(subcodes.length)
  })

  it('says to people what to do, in one line that fits on a card', () => {
    for (const { fix } of ERROR_TABLE) expect(fix).toMatch(/^[A-Z].{15,200}$/)
  })
})

describe('what the table does not list', () => {
  const UNLISTED: readonly Expected[] = [
    // The range.
    [201, null, 'auth'],
    [230, 1234, 'auth'],
    [199, null, 'ambiguous'],
    [300, null, 'ambiguous'],
    // An unknown subcode of a known code is as good as the code says …
    [190, 999, 'auth'],
    [4, 2446079, 'wait'],
    [80002, 2446079, 'wait'],
    // … but not every code says enough.
    [100, 2446001, 'ambiguous'],
    [9, null, 'ambiguous'],
    [-1, null, 'ambiguous'],
    [36003, null, 'ambiguous'],
    // Subcodes of Instagram say the same with every code.
    [1, 2207009, 'content'],
    [100, 2207050, 'human'],
    [1, 2207051, 'wait', 3600],
    [2, 2207042, 'wait'],
    // The small ones do not.
    [5000, 459, 'ambiguous'],
    [100, 459, 'ambiguous'],
    // Nothing known.
    [0, null, 'ambiguous'],
    [12345, null, 'ambiguous'],
    [12345, 2209999, 'ambiguous'],
  ]

  it.each(UNLISTED)('%i / %s is %s', (code, subcode, means, waitSeconds = undefined) => {
    expect(refusalOf(code, subcode)).toMatchObject({
      code,
      subcode,
      class: means,
      waitSeconds: waitSeconds ?? null,
      fix: expect.stringMatching(/^[A-Z]/),
    })
  })

  it.each([
    ['', null],
    ['Error: Media download has failed. The media URI does not meet our requirements.', null],
    ['Error: Media upload has failed with error code 2209999', 2209999],
    ['Error: request 12207082 failed', null],
    ['Error: request 22070821 failed', null],
  ])('a container that failed with %j is ambiguous', (status, subcode) => {
    expect(classifyContainerError(status)).toMatchObject({ subcode, class: 'ambiguous' })
  })
})
