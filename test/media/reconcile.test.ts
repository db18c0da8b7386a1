import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KnownMedia, Reading, Rejection } from '../../src/media/library.ts'
import type { MediaChange } from '../../src/media/media-plan.ts'
import { FILE_MISSING, originalProblem, SAMPLE_RETIRED } from '../../src/media/problems.ts'
import { type LibraryFacts, reconcile } from '../../src/media/reconcile.ts'

const NOW_MS = Date.parse('2026-11-21T08:00:00Z')
const OLD_MS = NOW_MS - 86_400_000

function known(path: string, hash: string, changes: Partial<KnownMedia> = {}): KnownMedia {
  return {
    id: `id of ${path}`,
    path,
    hash,
    sizeBytes: 100,
    modifiedMs: OLD_MS,
    isActive: true,
    problem: null,
    isSample: false,
    category: path.split('/').length > 2 ? (path.split('/')[1] ?? null) : null,
    editedFields: [],
    title: null,
    linkUrl: null,
    caption: null,
    tags: [],
    requiresInteraction: false,
    customMetadata: null,
    ...changes,
  }
}

/** What lies on the disk: by path either unchanged, new bytes, or broken bytes. */
type Disk = Record<string, 'same' | { hash: string; modifiedMs?: number } | { broken: string; modifiedMs?: number }>

interface World extends Partial<Omit<LibraryFacts, 'state' | 'metadata'>> {
  items?: KnownMedia[]
  rejected?: Rejection[]
  disk?: Disk
}

function plan({ items = [], rejected = [], disk = {}, ...facts }: World) {
  const readings = new Map<string, Reading>()
  const files = Object.entries(disk).map(([path, content]) => {
    if (content === 'same') return { path, sizeBytes: 100, modifiedMs: OLD_MS }
    const file = { path, sizeBytes: 200, modifiedMs: content.modifiedMs ?? OLD_MS }
    const proof =
      'broken' in content
        ? ({ kind: 'broken', format: 'jpeg', reason: content.broken } as const)
        : ({
            kind: 'whole',
            format: 'jpeg',
            mimeType: 'image/jpeg',
            width: 1080,
            height: 1920,
            orientation: 1,
            animated: false,
            frames: 1,
          } as const)
    readings.set(path, { kind: 'read', file, hash: 'hash' in content ? content.hash : 'broken', proof })
    return file
  })
  const missing = new Set(items.map(({ path }) => path).filter((path) => !(path in disk)))
  return reconcile({
    state: { known: items, rejected },
    scope: '',
    scan: { files, jsonFiles: [], rejected: [], skipped: [], isInterrupted: false },
    readings,
    metadata: { directories: new Map(), sidecars: new Map(), invalid: new Set(), problems: [], doubts: [] },
    missing,
    sampleHashes: new Set(),
    nowMs: NOW_MS,
    isInterrupted: false,
    ...facts,
  })
}

/** `move b from a`, `update c`, … in the order of the plan. */
function told(world: World): string[] {
  return plan(world).changes.map((change) => {
    const from = change.kind === 'move' ? ` from ${change.from}` : ''
    const reset = change.kind !== 'add' && change.kind !== 'retire' && change.resetsCounters ? ' (reset)' : ''
    return `${change.kind} ${change.path}${from}${reset}`
  })
}

const a = known('a.jpg', 'A')
const b = known('b.jpg', 'B')
const c = known('c.jpg', 'C')

describe('what becomes of a file', () => {
  test.each<[string, World, string[]]>([
    ['a new one is added', { disk: { 'a.jpg': { hash: 'A' } } }, ['add a.jpg']],
    ['an unchanged one stays', { items: [a], disk: { 'a.jpg': 'same' } }, []],
    ['new bytes at its path start anew', { items: [a], disk: { 'a.jpg': { hash: 'X' } } }, ['update a.jpg (reset)']],
    ['a new mtime alone is only noted', { items: [a], disk: { 'a.jpg': { hash: 'A' } } }, ['touch a.jpg']],
    ['a missing one retires', { items: [a] }, ['retire a.jpg']],
    ['a missing one retires once', { items: [{ ...a, isActive: false, problem: FILE_MISSING }] }, []],
    [
      'it comes back',
      { items: [{ ...a, isActive: false, problem: FILE_MISSING }], disk: { 'a.jpg': 'same' } },
      ['update a.jpg'],
    ],
    [
      'it comes back after a delivery missed it',
      { items: [{ ...a, isActive: false, problem: originalProblem.missing('a.jpg') }], disk: { 'a.jpg': 'same' } },
      ['update a.jpg'],
    ],
    [
      'what cannot be decoded does not come back with the same bytes',
      {
        items: [{ ...a, isActive: false, problem: 'the picture cannot be decoded' }],
        disk: { 'a.jpg': { hash: 'A' } },
      },
      ['touch a.jpg'],
    ],
    [
      'what cannot be decoded comes back with other bytes',
      {
        items: [{ ...a, isActive: false, problem: 'the picture cannot be decoded' }],
        disk: { 'a.jpg': { hash: 'X' } },
      },
      ['update a.jpg (reset)'],
    ],
    ['one that broke retires', { items: [a], disk: { 'a.jpg': { broken: 'cut off' } } }, ['retire a.jpg']],
    [
      'one that is being copied stays as it is',
      { items: [a], disk: { 'a.jpg': { broken: 'cut off', modifiedMs: NOW_MS - 9_000 } } },
      [],
    ],
    [
      'one that broke and was repaired comes back',
      {
        items: [{ ...a, isActive: false, problem: 'damaged' }],
        rejected: [{ path: 'a.jpg', sizeBytes: 50, modifiedMs: 1, reason: 'damaged' }],
        disk: { 'a.jpg': { hash: 'A' } },
      },
      ['update a.jpg'],
    ],
  ])('%s', (_what, world, changes) => {
    expect(told(world)).toEqual(changes)
  })
})

describe('moves', () => {
  test.each<[string, World, string[]]>([
    [
      'same bytes elsewhere, the old place empty',
      { items: [a], disk: { 'z.jpg': { hash: 'A' } } },
      ['move z.jpg from a.jpg'],
    ],
    ['a copy is an item of its own', { items: [a], disk: { 'a.jpg': 'same', 'z.jpg': { hash: 'A' } } }, ['add z.jpg']],
    [
      'two pictures exchange their names',
      { items: [a, b], disk: { 'a.jpg': { hash: 'B' }, 'b.jpg': { hash: 'A' } } },
      ['move a.jpg from b.jpg', 'move b.jpg from a.jpg'],
    ],
    [
      'three in a circle',
      { items: [a, b, c], disk: { 'a.jpg': { hash: 'C' }, 'b.jpg': { hash: 'A' }, 'c.jpg': { hash: 'B' } } },
      ['move a.jpg from c.jpg', 'move b.jpg from a.jpg', 'move c.jpg from b.jpg'],
    ],
    [
      'a chain into an empty place',
      { items: [a, b], disk: { 'b.jpg': { hash: 'A' }, 'z.jpg': { hash: 'B' } } },
      ['move b.jpg from a.jpg', 'move z.jpg from b.jpg'],
    ],
    [
      'written over another picture, that path keeps its item',
      { items: [a, b], disk: { 'b.jpg': { hash: 'A' } } },
      ['update b.jpg (reset)', 'retire a.jpg'],
    ],
    [
      'two equal ones are paired by file name, then in order',
      {
        items: [known('old/x.jpg', 'A'), known('old/y.jpg', 'A'), known('old/q.jpg', 'A')],
        disk: { 'new/p.jpg': { hash: 'A' }, 'new/x.jpg': { hash: 'A' }, 'new/y.jpg': { hash: 'A' } },
      },
      ['move new/p.jpg from old/q.jpg', 'move new/x.jpg from old/x.jpg', 'move new/y.jpg from old/y.jpg'],
    ],
    [
      'one that was lost in an earlier run',
      { items: [{ ...a, isActive: false, problem: FILE_MISSING }], disk: { 'z.jpg': { hash: 'A' } } },
      ['move z.jpg from a.jpg'],
    ],
  ])('%s', (_what, world, changes) => {
    expect(told(world)).toEqual(changes)
  })

  test('whatever was moved, copied, lost or replaced, every path has one item and no item two paths', () => {
    const hashes = fc.constantFrom('A', 'B', 'C')
    const paths = fc.constantFrom('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg')
    const before = fc.uniqueArray(fc.record({ path: paths, hash: hashes, isActive: fc.boolean() }), {
      selector: ({ path }) => path,
    })
    const after = fc.dictionary(paths, fc.oneof(hashes, fc.constant('broken')), { noNullPrototype: true })
    fc.assert(fc.property(before, after, expectConsistent), { numRuns: 500 })
  })
})

interface Place {
  path: string
  hash: string
  isActive: boolean
}

function expectConsistent(before: Place[], after: Record<string, string>): void {
  const items = before.map(({ path, hash, isActive }) =>
    known(path, hash, { isActive, problem: isActive ? null : FILE_MISSING }),
  )
  const contentAt = (path: string, hash: string) =>
    items.some((item) => item.path === path && item.hash === hash) ? 'same' : { hash }
  const disk: Disk = Object.fromEntries(
    Object.entries(after).map(([path, hash]) => [
      path,
      hash === 'broken' ? { broken: 'cut off' } : contentAt(path, hash),
    ]),
  )
  const places = carryOut(items, plan({ items, disk }).changes)
  expect(new Set(places.map(({ path }) => path)).size).toBe(places.length)
  const active = places.filter(({ isActive }) => isActive).map(({ path, hash }) => [path, hash])
  expect(active.sort()).toEqual(
    Object.entries(after)
      .filter(([, hash]) => hash !== 'broken')
      .sort(),
  )
}

/** The library after a plan, as the database would have it. */
function carryOut(items: readonly KnownMedia[], changes: readonly MediaChange[]): Place[] {
  const places = new Map<string, Place>(items.map((item) => [item.id, { ...item }]))
  for (const change of changes) {
    const { path } = change
    if (change.kind === 'add') {
      places.set(path, { path, hash: change.content.hash, isActive: true })
      continue
    }
    const place = places.get(change.id)
    if (!place) throw new Error(`no item ${change.id}`)
    if (change.kind === 'retire') place.isActive = false
    else {
      place.path = path
      place.hash = change.content?.hash ?? place.hash
      place.isActive = change.activity?.isActive ?? place.isActive
    }
  }
  return [...places.values()]
}

describe('rejections', () => {
  const remembered = { path: 'x.jpg', sizeBytes: 200, modifiedMs: OLD_MS, reason: 'cut off; copy or export it again' }

  test('are new once', () => {
    const disk: Disk = { 'x.jpg': { broken: 'cut off' } }
    expect(plan({ disk }).newProblems).toEqual([remembered])
    const again = plan({ disk, rejected: [remembered] })
    expect(again.newProblems).toEqual([])
    expect(again.rejected).toEqual([remembered])
  })

  test('are forgotten when the file is good or gone', () => {
    expect(plan({ disk: { 'x.jpg': { hash: 'X' } }, rejected: [remembered] }).forgotten).toEqual(['x.jpg'])
    expect(plan({ rejected: [remembered], missing: new Set(['x.jpg']) }).forgotten).toEqual(['x.jpg'])
    expect(plan({ rejected: [remembered], missing: new Set(['x.jpg']), scope: 'elsewhere' }).forgotten).toEqual([])
  })
})

describe('the rest of the rules', () => {
  test('edited fields are not changed by metadata files, the others are', () => {
    const item = known('a.jpg', 'A', { title: 'by hand', caption: 'by hand', editedFields: ['title'] })
    const [change] = plan({ items: [item], disk: { 'a.jpg': 'same' } }).changes
    expect(change).toMatchObject({
      kind: 'update',
      description: { title: 'by hand', caption: null },
      resetsCounters: false,
    })
  })

  test('a broken metadata file takes nothing away', () => {
    const item = known('a.jpg', 'A', { title: 'from the file', requiresInteraction: true })
    const metadata = {
      directories: new Map(),
      sidecars: new Map(),
      invalid: new Set(['metadata.json']),
      problems: [],
      doubts: [],
    }
    const facts = { items: [item], disk: { 'a.jpg': 'same' } as Disk, metadata }
    expect(plan(facts as World).changes).toEqual([])
  })

  test('only the scanned folder can be retired', () => {
    const items = [known('stories/a/x.jpg', 'A'), known('stories/ab/y.jpg', 'B')]
    expect(told({ items, scope: 'stories/a' })).toEqual(['retire stories/a/x.jpg'])
  })

  test('an interrupted scan retires nothing, moves nothing and retires no samples', () => {
    const sample = known('s.jpg', 'S', { isSample: true, tags: ['sample'] })
    const disk: Disk = { 'z.jpg': { hash: 'B' }, 'n.jpg': { hash: 'N' }, 's.jpg': 'same' }
    expect(told({ items: [a, b, sample], disk, isInterrupted: true })).toEqual(['add n.jpg'])
  })

  test('equal bytes at two active paths are reported', () => {
    const gone = known('gone.jpg', 'A', { isActive: false, problem: FILE_MISSING })
    const { duplicates } = plan({
      items: [a, gone],
      disk: { 'a.jpg': 'same', 'z.jpg': { hash: 'Z' }, 'y.jpg': { hash: 'Z' } },
    })
    expect(duplicates).toEqual([{ hash: 'Z', paths: ['y.jpg', 'z.jpg'] }])
  })

  test('samples are active alone and retire beside an own picture', () => {
    const sample = known('s.jpg', 'S', { isSample: true, tags: ['sample'] })
    const sampleHashes = new Set(['S', 'T'])
    expect(told({ items: [sample], disk: { 's.jpg': 'same', 't.jpg': { hash: 'T' } }, sampleHashes })).toEqual([
      'add t.jpg',
    ])
    const { changes } = plan({
      items: [sample],
      disk: { 's.jpg': 'same', 't.jpg': { hash: 'T' }, 'own.jpg': { hash: 'O' } },
      sampleHashes,
    })
    expect(changes).toMatchObject([
      {
        kind: 'add',
        path: 't.jpg',
        activity: { isActive: false, problem: SAMPLE_RETIRED },
        description: { tags: ['sample'] },
      },
      { kind: 'add', path: 'own.jpg', activity: { isActive: true }, description: { isSample: false, tags: [] } },
      { kind: 'retire', path: 's.jpg', why: SAMPLE_RETIRED },
    ])
  })

  test('a sample stays a sample when its list is lost', () => {
    const sample = known('s.jpg', 'S', { isSample: true, tags: ['sample'] })
    expect(plan({ items: [sample], disk: { 's.jpg': 'same' } }).changes).toEqual([])
  })
})
