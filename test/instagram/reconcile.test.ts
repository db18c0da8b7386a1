import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, decideReconcile, type ReconcileFacts, type Verdict } from '../../src/instagram/reconcile.ts'

const facts = (more: Partial<ReconcileFacts> = {}): ReconcileFacts => ({
  container: 'FINISHED',
  candidates: [],
  secondsSinceSent: 10,
  cleanReads: 0,
  sends: 1,
  containers: 1,
  containerAgeSeconds: 60,
  isStillWanted: true,
  isAsked: false,
  ...more,
})
const ours: Candidate = { id: '1', isAlike: true }
const unlike: Candidate = { id: '2', isAlike: false }
const unknown: Candidate = { id: '3', isAlike: null }
const quiet = { secondsSinceSent: 301, cleanReads: 1 }

describe('a publish call whose answer is no proof', () => {
  it.each<[string, Partial<ReconcileFacts>, string | null]>([
    ['the container is published, and one new story is there', { container: 'PUBLISHED', candidates: [unknown] }, '3'],
    [
      'among several new stories ours is the one that shows our picture',
      { container: 'PUBLISHED', candidates: [unlike, ours] },
      '1',
    ],
    [
      'a new story of somebody else is not taken for ours',
      { container: 'PUBLISHED', candidates: [unlike], secondsSinceSent: 181 },
      null,
    ],
    [
      'two that could be ours cannot be told apart',
      { container: 'PUBLISHED', candidates: [unknown, { ...unknown, id: '4' }] },
      null,
    ],
    ['the id that never shows is given up, the story is live', { container: 'PUBLISHED', secondsSinceSent: 181 }, null],
    [
      'it is live although /stories cannot be read',
      { container: 'PUBLISHED', candidates: null, secondsSinceSent: 181 },
      null,
    ],
    ['the picture is live although the status lags behind', { candidates: [ours] }, '1'],
    ['the picture is live although the container cannot be read', { container: null, candidates: [ours] }, '1'],
    ['the picture is live although its container is called spoilt', { container: 'ERROR', candidates: [ours] }, '1'],
    ['also after a person was asked', { isAsked: true, container: 'PUBLISHED', candidates: [ours] }, '1'],
  ])('%s: posted', (_name, given, mediaId) => {
    expect(decideReconcile(facts(given))).toEqual({ kind: 'posted', mediaId })
  })

  it.each<[string, Partial<ReconcileFacts>, boolean]>([
    ['nothing is there yet', {}, true],
    ['five minutes are not over', { secondsSinceSent: 299, cleanReads: 9 }, true],
    ['it was read only once', { ...quiet, cleanReads: 0 }, true],
    ['a spoilt container needs ten minutes', { ...quiet, container: 'ERROR' }, true],
    ['its id may still show', { container: 'PUBLISHED' }, false],
    ['the container cannot be read', { container: null, ...quiet }, false],
    ['the container says nothing that is known', { container: 'UNKNOWN', ...quiet }, false],
    ['/stories cannot be read', { candidates: null, ...quiet }, false],
    ['a new story could be ours', { candidates: [unknown] }, false],
    ['a person is asked', { isAsked: true, ...quiet }, false],
  ])('%s: wait', (_name, given, isClean) => {
    expect(decideReconcile(facts(given))).toMatchObject({ kind: 'wait', isClean })
  })

  it.each<[string, Partial<ReconcileFacts>, string]>([
    ['five quiet minutes, read twice: the same container again', quiet, 'resend'],
    ['a story of somebody else is no reason not to', { ...quiet, candidates: [unlike] }, 'resend'],
    ['still processing after all that time', { ...quiet, container: 'IN_PROGRESS' }, 'resend'],
    ['a spoilt container is replaced', { container: 'ERROR', secondsSinceSent: 601, cleanReads: 1 }, 'rebuild'],
    ['an expired one too', { container: 'EXPIRED', secondsSinceSent: 601, cleanReads: 1 }, 'rebuild'],
    ['the second call is the last', { ...quiet, sends: 2 }, 'ask'],
    ['it got too late', { ...quiet, isStillWanted: false }, 'ask'],
    ['the container is about to expire', { ...quiet, containerAgeSeconds: 23 * 3600 }, 'ask'],
    [
      'the third container was spoilt',
      { container: 'ERROR', secondsSinceSent: 601, cleanReads: 1, containers: 3 },
      'ask',
    ],
    ['a new story that cannot be compared', { ...quiet, candidates: [unknown] }, 'ask'],
    ['an hour of silence', { container: null, secondsSinceSent: 3601 }, 'ask'],
    ['after a day /stories shows nothing of it any more', { isAsked: true, secondsSinceSent: 86_401 }, 'stop'],
  ])('%s: %s', (_name, given, kind) => {
    expect(decideReconcile(facts(given)).kind).toBe(kind)
  })

  it('is read at 5, 15, 45, 120 and 300 seconds, then every minute', () => {
    const waits = [1, 5, 20, 100, 299, 400].map((secondsSinceSent) => {
      const verdict = decideReconcile(facts({ secondsSinceSent }))
      return verdict.kind === 'wait' ? verdict.seconds : null
    })
    expect(waits).toEqual([4, 10, 25, 20, 1, 60])
  })

  it('is never sent again unless everything says that it is not live, and never called posted without proof', () => {
    const candidate = fc.record({ id: fc.uuid(), isAlike: fc.option(fc.boolean()) })
    const any: fc.Arbitrary<ReconcileFacts> = fc.record({
      container: fc.option(fc.constantFrom('IN_PROGRESS', 'FINISHED', 'ERROR', 'EXPIRED', 'PUBLISHED', 'UNKNOWN')),
      candidates: fc.option(fc.array(candidate, { maxLength: 3 })),
      secondsSinceSent: fc.integer({ min: 0, max: 100_000 }),
      cleanReads: fc.nat({ max: 5 }),
      sends: fc.integer({ min: 1, max: 4 }),
      containers: fc.integer({ min: 1, max: 4 }),
      containerAgeSeconds: fc.integer({ min: 0, max: 90_000 }),
      isStillWanted: fc.boolean(),
      isAsked: fc.boolean(),
    })
    fc.assert(
      fc.property(any, (given) => {
        check(given, decideReconcile(given))
      }),
      { numRuns: 2000 },
    )
  })
})

function check(given: ReconcileFacts, verdict: Verdict): void {
  if (verdict.kind === 'resend' || verdict.kind === 'rebuild') checkRepetition(given, verdict.kind)
  if (verdict.kind === 'posted') checkProof(given, verdict.mediaId)
  if (verdict.kind === 'wait') expect(verdict.seconds).toBeGreaterThan(0)
  if (given.isAsked) expect(['posted', 'wait', 'stop']).toContain(verdict.kind)
}

function checkRepetition(given: ReconcileFacts, kind: 'resend' | 'rebuild'): void {
  const { candidates, container, secondsSinceSent, cleanReads, sends, isStillWanted, isAsked } = given
  expect(candidates?.every(({ isAlike }) => isAlike === false)).toBe(true)
  expect(['IN_PROGRESS', 'FINISHED', 'ERROR', 'EXPIRED']).toContain(container)
  expect(secondsSinceSent).toBeGreaterThanOrEqual(kind === 'resend' ? 300 : 600)
  expect([cleanReads >= 1, sends < 2, isStillWanted, isAsked]).toEqual([true, true, true, false])
}

function checkProof({ container, candidates }: ReconcileFacts, mediaId: string | null): void {
  expect(container === 'PUBLISHED' || candidates?.some(({ isAlike }) => isAlike === true)).toBe(true)
  const ids = candidates?.filter(({ isAlike }) => isAlike !== false).map(({ id }) => id) ?? []
  if (mediaId !== null) expect(ids).toContain(mediaId)
}
