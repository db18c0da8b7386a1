import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../../src/dashboard/line.ts'
import type { Live, Snapshot } from '../../../src/dashboard/snapshot.ts'
import type { Size, State } from '../../../src/dashboard/state.ts'
import {
  apply,
  BUSY,
  check,
  connected,
  EMPTY,
  frameOf,
  LARGE,
  NOW,
  planned,
  press,
  SMALL,
  settled,
  snapshot,
  stateOf,
  waiting,
} from './fixtures.ts'

const minutesAgo = (count: number) => new Date(NOW.getTime() - count * 60_000)
const LONG = `${'a-very-long-name-'.repeat(12)}end.jpg`
const ODD = 'Ünïcode 日本語の写真 ☕ 👩‍👩‍👧 © ™ \u001b[31mred\u001b[0m\r\n\u202egpj.jpg'

const UNWELL = snapshot({
  health: {
    status: 'unhealthy',
    lastTickAt: null,
    lastPollAt: null,
    checks: [
      check('database', 'healthy', 'answers'),
      check('backups', 'warning', 'there is none', 'storyline backup'),
      check('telegram', 'unhealthy', 'the token is refused', 'storyline init'),
    ],
  },
})
const PAUSED = snapshot({ paused: { by: '@sarah', reason: 'holidays', since: minutesAgo(90) }, isDryRun: true })
const STRANGE = snapshot({
  paused: { by: ODD, reason: ODD, since: NOW },
  next: {
    entries: [planned(47, 12, { name: ODD, lastError: ODD, waitsFor: ODD }), planned(48, 90, { name: LONG })],
    total: 2,
  },
  waiting: { entries: [waiting(46, 20, { file: ODD })], total: 1 },
  recent: { entries: [settled(44, 60, { by: ODD, file: LONG })], total: 1 },
})
const LOST: Live = { kind: 'lost', since: minutesAgo(3), reason: 'connection refused', last: snapshot() }
const LOST_BEFORE: Live = { kind: 'lost', since: NOW, reason: `it does not answer ${ODD}`, last: null }
const RESULT = { isDone: true, lines: Array.from({ length: 20 }, (_, i) => `line ${i} of what it said`) }

/** Every state that the screen can be in, by what it is. */
const STATES: Readonly<Record<string, (size: Size) => State>> = {
  opening: (size) => stateOf({ kind: 'opening' }, size),
  'as always': (size) => stateOf(connected(snapshot()), size),
  empty: (size) => stateOf(connected(EMPTY), size),
  busy: (size) => press(stateOf(connected(BUSY), size), 'G'),
  unhealthy: (size) => stateOf(connected(UNWELL), size),
  'paused, dry run': (size) => stateOf(connected(PAUSED), size),
  'strange names': (size) => stateOf(connected(STRANGE), size),
  'strange names, details': (size) => press(stateOf(connected(STRANGE), size), 'enter'),
  'database lost': (size) => stateOf(LOST, size),
  'database never there': (size) => stateOf(LOST_BEFORE, size),
  waiting: (size) => press(stateOf(undefined, size), '2'),
  recent: (size) => press(stateOf(undefined, size), '3'),
  library: (size) => press(stateOf(undefined, size), '4'),
  health: (size) => press(stateOf(connected(UNWELL), size), '5'),
  'filter being typed': (size) => press(stateOf(undefined, size), '/', ...'mug'),
  'filter without a hit': (size) => press(stateOf(undefined, size), '/', ...'zebra', 'enter'),
  help: (size) => press(stateOf(undefined, size), '?'),
  details: (size) => press(stateOf(undefined, size), 'enter'),
  question: (size) => press(stateOf(undefined, size), 's'),
  'text line': (size) => press(stateOf(undefined, size), 'r', ...' and a very long text that does not fit '.repeat(4)),
  running: (size) => press(stateOf(undefined, size), 's', 'y'),
  result: (size) => apply(press(stateOf(undefined, size), 's', 'y'), { type: 'finished', result: RESULT }),
  'whole result': (size) => press(apply(stateOf(undefined, size), { type: 'finished', result: RESULT }), 'm'),
  week: (size) => apply(press(stateOf(undefined, size), 'w'), { type: 'week', week: { days: [] } }),
}

const SIZES: readonly Size[] = [
  { columns: 60, rows: 16 },
  SMALL,
  { columns: 109, rows: 30 },
  { columns: 110, rows: 24 },
  LARGE,
  { columns: 250, rows: 70 },
]

describe('every state fits every terminal', () => {
  const cases = Object.keys(STATES).flatMap((name) =>
    SIZES.map((size) => [name, `${size.columns}×${size.rows}`, size] as const),
  )

  it.each(cases)('%s at %s', (name, _, size) => {
    const lines = frameOf(STATES[name]?.(size) as State)
    expect(lines.length).toBe(size.rows - 1)
    expect(lines.filter((line) => columnsOf(line) > size.columns)).toEqual([])
    // Frames stand straight.
    const body = lines.filter((line) => /^[│├╭╰]/u.test(line))
    expect(body.length).toBeGreaterThan(5)
    expect(body.filter((line) => !/[│┤╮╯]$/u.test(line) || columnsOf(line) !== size.columns)).toEqual([])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach the terminal
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u)
  })
})

const read = (state: State) => frameOf(state).join('\n')
const at = (size: Size, given?: Snapshot) => stateOf(given && connected(given), size)

describe('what a person reads', () => {
  it('first: how things are, when it was looked at last, and what happens next', () => {
    const lines = frameOf(at(SMALL))
    expect(lines[0]).toMatch(/^ Storyline {2}✓ OK +last tick 2 min ago · live · Sat Nov 21 15:00 Europe\/Berlin$/)
    expect(lines[1]).toMatch(/^╭─\[1 Next\] 3 stories, next in 12 min ─+ 1\/3 ──╮$/)
    expect(lines[2]).toMatch(/^│▸Today {7}15:12 {2}#47 {5}mug\.jpg +◇ telegram +in 12 min │$/)
    expect(lines[3]).toMatch(/^│ {13}18:00 {2}#48 {5}picture-48\.jpg +◇ telegram +in 3 h 00 │$/)
    expect(lines[4]).toMatch(/^│ Tomorrow {4}17:00 {2}#49 {5}picture-49\.jpg +◆ instagram +in 26 h │$/)
  })

  it('who waits for whom, and until when', () => {
    const text = read(at(SMALL))
    expect(text).toMatch(/─ 2 Waiting {2}1 with the team, 1 in doubt ─/)
    expect(text).toMatch(/│ ● with team +#46 +picture-46\.jpg +for 3 h 05 +expires in 20 h 55 │/)
    expect(text).toMatch(/│ \? in doubt +#45 +picture-45\.jpg +for 50 min +│/)
  })

  it('who did it and how fast, or why it ended by itself', () => {
    const text = read(press(at(SMALL), '3'))
    expect(text).toMatch(/Today +14:00 {2}✓ posted +old-44\.jpg +@sarah in 4 min/)
    expect(text).toMatch(/Yesterday +09:00 {2}! missed +old-43\.jpg +nobody acted/)
  })

  it('the library with runway, bars with numbers, locks and problems', () => {
    const text = read(press(at(LARGE), '4'))
    expect(text).toContain('412 pictures, 5 in the queue; lasts 23 days')
    expect(text).toMatch(/memes +█+▒*░+ {2}150 free of 300, 4 planned/)
    expect(text).toMatch(/\(no category\) +█+ {2}112 free of 112, 1 planned/)
    expect(text).toMatch(/locked +12 recent post/)
    expect(text).toMatch(/! problem +broken\.jpg +the file is no picture/)
  })

  it('health in words, the worst first', () => {
    const lines = frameOf(press(at(SMALL, UNWELL), '5'))
    expect(lines[0]).toContain('✗ UNHEALTHY: 1 of 3 checks bad, 1 warning')
    const found = lines.filter((line) => /✗ unhealthy|! warning|✓ healthy/.test(line))
    expect(found.map((line) => line.slice(2, 30).trim().split(/ {2,}/))).toEqual([
      ['✗ unhealthy', 'telegram'],
      ['! warning', 'backups'],
      ['✓ healthy', 'database'],
    ])
  })

  it('that only warnings are there', () => {
    const warned = snapshot({
      health: { ...UNWELL.health, status: 'warning', checks: UNWELL.health.checks.slice(0, 2) },
    })
    expect(frameOf(at(SMALL, warned))[0]).toContain('! 1 warning')
  })

  it('a pause with who and why, and a dry run', () => {
    const lines = frameOf(at(LARGE, PAUSED))
    expect(lines[0]).toContain('✓ OK  paused  DRY RUN: nothing is really sent')
    expect(lines[1]).toBe(' = Paused, nothing is sent (p goes on); since Sat Nov 21 13:30 by @sarah: holidays')
  })

  it('a lost database: since when, why, and what was known then', () => {
    const lines = frameOf(stateOf(LOST, LARGE))
    expect(lines[1]).toContain(
      '✗ Database lost since 14:57; this is what was known then. Trying again. (connection refused)',
    )
    expect(lines.join('\n')).toContain('mug.jpg')
  })

  it('a database that was never there', () => {
    const text = read(stateOf(LOST_BEFORE))
    expect(text).toContain('✗ no database')
    expect(text).toContain('The database cannot be reached: it does not answer')
    expect(text).toContain('Storyline tries again by itself; q leaves.')
  })

  it('what to do when there is nothing', () => {
    const text = read(at(SMALL, EMPTY))
    expect(text).toContain('the library is empty. Next: storyline index-media')
    expect(text).toContain('Nothing waits for anybody.')
    expect(text).toContain('Nothing has gone out yet. What is due does: storyline process-queue')
    const unplanned = { ...EMPTY, library: snapshot().library }
    expect(read(at(SMALL, unplanned))).toContain('Nothing is planned. Next: storyline create-schedule')
  })

  it('what is hidden by a filter', () => {
    const text = read(press(at(SMALL), '/', ...'MUG', 'enter'))
    expect(text).toMatch(/\[1 Next\] \/MUG {2}1 hit ─/)
    expect(text).toContain('mug.jpg')
    expect(text).not.toContain('picture-48')
    expect(read(press(at(SMALL), '/', ...'zebra', 'enter'))).toContain(
      'Nothing fits; without the filter there are 3 (Esc).',
    )
  })

  it('more stories than are carried', () => {
    expect(read(at(SMALL, BUSY))).toContain('[1 Next] 812 stories')
  })

  it('the day in the first line, wherever the list is', () => {
    const lines = frameOf(press(at(SMALL, BUSY), 'G'))
    expect(lines[2]).toMatch(/^│ [A-Z][a-z]{2} [A-Z][a-z]{2} \d+ +\d\d:\d\d/)
    expect(lines.find((line) => line.startsWith('│▸'))).toContain('#599')
  })

  it('the title of a long name cut with a mark, on one line', () => {
    expect(read(at(SMALL, STRANGE))).toMatch(/#48 +a-very-long-name-[a-z-]*… /)
  })

  it('a retry and what a late story waits for', () => {
    const late = snapshot({
      next: {
        entries: [
          planned(1, -3, { status: 'retrying', attempt: 1, nextRetryAt: new Date(NOW.getTime() + 5 * 60_000) }),
          planned(2, -2, { waitsFor: 'the next tick' }),
          planned(3, -1, { status: 'processing' }),
          planned(4, 45 / 60),
          planned(5, 5, { isSample: true }),
          planned(6, -75, { waitsFor: 'Paused by @sarah since Nov 20: holidays.' }),
        ],
        total: 6,
      },
    })
    const text = read(at(SMALL, late))
    expect(text).toContain('[1 Next] 6 stories, 3 overdue, next in 5 min')
    expect(text).toMatch(/#1 .* try 2, in 5 min │/)
    expect(text).toMatch(/#2 .* the next tick │/)
    expect(text).toMatch(/#3 .* being sent │/)
    expect(text).toMatch(/#4 .* in 45 s │/)
    expect(text).toMatch(/#5 .* ~ sample +in 5 min │/)
    // What does not fit is in the details; a piece of it says nothing.
    expect(read(press(at(SMALL, late), 'G'))).toMatch(/#6 .* 1 h 15 late │/)
    const details = read(press(at(SMALL, late), 'G', 'enter'))
    expect(details.match(/Paused by @sarah since/g)).toHaveLength(1)
  })
})

describe('details', () => {
  const fact = (label: string, value: string) => new RegExp(`${label} +${value}`)

  it('say everything of a story, and what can be done with it', () => {
    const text = read(press(at(SMALL), 'enter'))
    expect(text).toContain('[#47 mug.jpg]')
    for (const [label, value] of [
      ['Planned', 'Sat Nov 21 15:12 \\(in 12 min\\)'],
      ['Channel', '◇ telegram'],
      ['File', 'stories/memes/mug.jpg'],
      ['Category', 'memes'],
      ['Id', 'planned-'],
    ] as const) {
      expect(text).toMatch(fact(label, value))
    }
    expect(text).toMatch(/ {2}s {2}skip/)
    expect(text).toMatch(/ {2}r {2}re-plan/)
  })

  it('stand beside the lists where there is room', () => {
    const lines = frameOf(at(LARGE))
    expect(lines[1]).toMatch(/^╭─\[1 Next\].*╮╭─ #47 mug\.jpg ─+╮$/)
    expect(lines.join('\n')).toMatch(fact('File', 'stories/memes/mug.jpg'))
    expect(read(at({ columns: 109, rows: 40 }))).not.toMatch(fact('File', 'stories'))
  })

  it('show the picture: while it is drawn, when it is, and why it is not', () => {
    const state = press(at(SMALL), 'enter')
    expect(frameOf(state, { kind: 'drawing' }).join('\n')).toContain('drawing …')
    const lines = ['\u001b[38;2;1;2;3;48;2;4;5;6m▀▀▀▀\u001b[0m', 'abcd']
    const drawn = frameOf(state, { kind: 'drawn', lines, columns: 4 })
    expect(drawn[2]).toMatch(/│ .*▀▀▀▀.* {20}Planned/)
    expect(drawn[3]).toMatch(/│ abcd {20}Channel/)
    expect(frameOf(state, { kind: 'problem', problem: 'the file is gone' }).join('\n')).toMatch(/No picture: the\s/)
  })

  it('follow the story into the panel where it now stands', () => {
    const open = press(at(SMALL), 'enter')
    const sent = connected(
      snapshot({
        next: { entries: [], total: 0 },
        waiting: { entries: [waiting(47, 1, { id: 'planned-47' })], total: 1 },
      }),
    )
    const waits = apply(open, { type: 'live', live: sent, now: NOW })
    expect(read(waits)).toMatch(/\[#47 picture-47\.jpg\][\s\S]*State +● with team/)
    const over = connected(
      snapshot({ next: { entries: [], total: 0 }, recent: { entries: [settled(47, 0)], total: 1 } }),
    )
    expect(read(apply(waits, { type: 'live', live: over, now: NOW }))).toMatch(
      /\[#47 old-47\.jpg\][\s\S]*Ended +✓ posted/,
    )
    const gone = apply(waits, { type: 'live', live: connected(EMPTY), now: NOW })
    expect(read(gone)).toContain('What was open here is in none of the lists any more.')
  })
})

describe('actions', () => {
  it('ask once, with the name of the picture', () => {
    const lines = frameOf(press(at(SMALL), 's'))
    expect(lines.at(-2)).toMatch(/^ \? Skip #47 mug\.jpg\? Its picture rests for a while\. y\/N$/)
    expect(lines.at(-1)).toMatch(/^ y yes {2}N no/)
  })

  it('take a line, starting from what is so now', () => {
    const state = press(at(SMALL), 'r', 'ctrl+u', ...'18:30')
    expect(frameOf(state).at(-2)).toMatch(/^ New time: 18:30/)
    expect(frameOf(press(at(SMALL), 'r', 'ctrl+u', 'enter')).at(-2)).toMatch(/^ New time \(something is needed\):$/)
  })

  it('say that they are under way, and what came of it', () => {
    const running = press(at(SMALL), 's', 'y')
    expect(frameOf(running).at(-2)).toMatch(/^ … skip: under way/)
    const done = apply(running, { type: 'finished', result: { isDone: true, lines: ['Skipped #47.'] } })
    expect(frameOf(done).at(-2)).toMatch(/^ ✓ Skipped #47\./)
    const refused = apply(running, { type: 'finished', result: { isDone: false, lines: ['It is already over.'] } })
    expect(frameOf(refused).at(-2)).toMatch(/^ ✗ It is already over\./)
    const signed = apply(running, { type: 'finished', result: { isDone: false, lines: ['✗ UNHEALTHY', '', 'more'] } })
    expect(frameOf(signed).slice(-3, -1)).toEqual([' ✗ UNHEALTHY', '   more'])
  })

  it('say much in few lines, and all of it on demand', () => {
    const state = apply(press(at(SMALL), 's', 'y'), { type: 'finished', result: RESULT })
    expect(frameOf(state).slice(-5, -1)).toEqual([
      ' ✓ line 0 of what it said',
      '   line 1 of what it said',
      '   line 2 of what it said',
      '   … 17 more lines (m)',
    ])
    const whole = press(state, 'm')
    expect(read(whole)).toMatch(/\[skip\][\s\S]*line 0 of[\s\S]*line 18 of/)
    expect(read(press(whole, 'G'))).toMatch(/line 19 of/)
    expect(read(press(whole, 'q'))).toContain('1 Next')
  })
})

describe('a terminal that is too small', () => {
  it.each([
    [59, 24],
    [80, 15],
    [20, 5],
  ])('%i×%i: says so in a sentence', (columns, rows) => {
    const lines = frameOf(at({ columns, rows }))
    expect(lines.join(' ')).toContain('This terminal is too')
    expect(lines.length).toBeLessThan(rows)
    expect(lines.filter((line) => columnsOf(line) > columns)).toEqual([])
  })
})
