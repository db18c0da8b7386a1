import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { cronBlock, homesIn, ownLines, withBlock, withoutBlock } from '../../src/setup/cron-block.ts'
import type { Installation } from '../../src/setup/installation.ts'
import { JOBS, type Job, toCalendar, toCron } from '../../src/setup/jobs.ts'

const PI: Installation = {
  home: '/home/pi/storyline',
  node: '/usr/bin/node',
  launcher: '/home/pi/storyline/bin/storyline.js',
}
const BLOCK = cronBlock(PI)
const OLD = cronBlock({ ...PI, node: '/opt/node/bin/node', home: '/srv/old' })
const MINE = '# mine\nMAILTO=me\n0 1 * * * /usr/bin/true # 100\\%\n'

describe('the block', () => {
  it('runs every job once, with absolute paths and nothing of the environment', () => {
    const lines = BLOCK.split('\n').filter((line) => /^[\d*]/.test(line))
    expect(lines.map((line) => line.replace(/^.* {2}/, ''))).toEqual([
      '"$STORYLINE_NODE" "$STORYLINE" process-queue --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" check-health --alert-on-error --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" index-media --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" create-schedule --days 7 --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" refresh-token --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" backup --quiet',
      '"$STORYLINE_NODE" "$STORYLINE" verify-backups --quiet',
    ])
    expect(BLOCK).toContain('\nSTORYLINE_HOME=/home/pi/storyline\nSTORYLINE_NODE=/usr/bin/node\nSTORYLINE=/home/pi/')
    // A PATH would count for everything below the block, too.
    expect(BLOCK).not.toMatch(/^PATH=/m)
    // cron(8) cuts off what follows a % and reads no line that is not ended.
    expect(BLOCK).not.toContain('%')
    expect(BLOCK.endsWith('\n')).toBe(true)
  })

  it('starts no two jobs in one minute of the hour, none beside a tick, and daily ones when no clock is changed', () => {
    const others = JOBS.filter(({ command }) => command !== 'process-queue')
    const minutes = others.flatMap(({ times }) => ('at' in times.minutes ? times.minutes.at : [-1]))
    expect(minutes.every((minute) => minute >= 0 && minute < 60 && minute % 5 !== 0)).toBe(true)
    expect(new Set(minutes).size).toBe(minutes.length)
    for (const { times } of others) if (times.hour !== null) expect(times.hour).toBeGreaterThanOrEqual(3)
  })

  it.each([
    ['process-queue', '*/5 * * * *', '*-*-* *:0/5:00'],
    ['check-health', '7,22,37,52 * * * *', '*-*-* *:7,22,37,52:00'],
    ['index-media', '17 * * * *', '*-*-* *:17:00'],
    ['create-schedule', '43 5 * * *', '*-*-* 5:43:00'],
    ['refresh-token', '29 4 * * *', '*-*-* 4:29:00'],
    ['backup', '13 4 * * *', '*-*-* 4:13:00'],
    ['verify-backups', '51 4 * * 0', 'Sun *-*-* 4:51:00'],
  ])('%s at %s, for systemd %s', (command, cron, calendar) => {
    const job = JOBS.find((one) => one.command === command) as Job
    expect([toCron(job), toCalendar(job)]).toEqual([cron, calendar])
  })
})

describe('into the crontab', () => {
  test.each<[what: string, before: string, after: string | null]>([
    ['of somebody who has none', '', BLOCK],
    ['below what is there', MINE, MINE + BLOCK],
    ['below a line without its end', '0 1 * * * x', `0 1 * * * x\n${BLOCK}`],
    ['in the place of an older block', `${MINE}${OLD}# last\n`, `${MINE}${BLOCK}# last\n`],
    ['in the place of the first of two', `${OLD}${MINE}${OLD}# last`, `${BLOCK}${MINE}# last`],
    ['of one whose end lacks the line end', OLD.trimEnd(), BLOCK],
    ['unchanged when it is there', MINE + BLOCK, MINE + BLOCK],
    ['not when a block has no end', `${MINE}# >>> storyline >>>\n0 1 * * * x\n`, null],
    ['not when a block has no beginning', `0 1 * * * x\n# <<< storyline <<<\n${MINE}`, null],
    ['not when blocks are nested', `# >>> storyline >>>\n${OLD}# <<< storyline <<<\n`, null],
  ])('%s', (_, before, after) => {
    expect(withBlock(before, BLOCK)).toBe(after)
  })

  test.each<[what: string, before: string, after: string | null]>([
    ['nothing', '', ''],
    ['what is not there', MINE, MINE],
    ['the block', `${MINE}${BLOCK}# last\n`, `${MINE}# last\n`],
    ['all of them', `${OLD}${MINE}${BLOCK}`, MINE],
    ['not what has no end', `${MINE}# >>> storyline >>>\n`, null],
  ])('out of it: %s', (_, before, after) => {
    expect(withoutBlock(before)).toBe(after)
  })

  it('keeps every byte of what is not ours, and twice is once', () => {
    const line = fc.oneof(
      fc.constantFrom('', '# >>> other >>>', '  0 1 * * * x', 'A="b c"', '# >>> storyline', '\t', 'é ☕'),
      fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '')),
    )
    const part = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((one) => `${one}\n`).join(''))
    fc.assert(
      fc.property(part, part, fc.constantFrom('', OLD, BLOCK), (above, below, block) => {
        const before = above + block + below
        const installed = withBlock(before, BLOCK) ?? ''
        expect(installed).toBe(block === '' ? above + below + BLOCK : above + BLOCK + below)
        expect(withBlock(installed, BLOCK)).toBe(installed)
        expect(withoutBlock(installed)).toBe(above + below)
      }),
    )
  })
})

it('knows whose block it was', () => {
  expect([homesIn(MINE), homesIn(MINE + OLD), homesIn(OLD + BLOCK)]).toEqual([[], ['/srv/old'], ['/srv/old', PI.home]])
})

it('finds lines that do the same outside of it', () => {
  const own = ['*/5 * * * * "$STORYLINE" process-queue --quiet', '1 2 * * * /usr/local/bin/storyline backup >/dev/null']
  const others = [
    '# */5 * * * * storyline process-queue',
    '0 1 * * * /home/pi/storyline-photos/backup',
    '0 1 * * * restic backup',
  ]
  expect(ownLines([...own, ...others, BLOCK].join('\n'))).toEqual(own)
})
