import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../../../src/db/schema.ts'
import { pattern } from '../../support/pictures.ts'
import { startProxy, type Proxy as Wire } from '../../support/proxy.ts'
import { useTeam as openTeam } from '../../support/team.ts'
import { launcher, type Session, startInTerminal, startProgram } from './pty.ts'

/** The real program in a real terminal, on a real database. */

const team = openTeam()
const folder = mkdtempSync(join(tmpdir(), 'storyline-driven-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ENTER = '\r'
const ESC = '\u001b'
const DOWN = '\u001b[B'
const ENTERED = '\u001b[?1049h'
const LEFT = '\u001b[?1049l'

const env = (more: Record<string, string> = {}) => ({ ...team.env(more), COLORTERM: 'truecolor' })
const start = (more: Record<string, string> = {}, size = {}): Session =>
  startInTerminal(['dashboard'], { env: env(more), ...size })

/** Three stories: in 40 minutes, in 3 hours, tomorrow. */
async function planThree() {
  const bytes = await pattern({ width: 90, height: 160 }).png().toBuffer()
  const [first, second, third] = [
    await team.library.plan(`mug-${serial()}.png`, { minutesAgo: -41, bytes }),
    await team.library.plan(`poster-${serial()}.jpg`, { minutesAgo: -180 }),
    await team.library.plan(`tote-${serial()}.jpg`, { minutesAgo: -26 * 60 }),
  ]
  return { first, second, third }
}

let count = 0
const serial = () => ++count

/** The first screen is given back, with its cursor. */
function expectRestored(session: Session) {
  expect(session.isAlternate()).toBe(false)
  const written = session.written()
  expect(written.split(ENTERED).length).toBe(written.split(LEFT).length)
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'))
}

describe('a session', { timeout: 90_000 }, () => {
  it('tells a screen reader sentences, on the screen that is there', async () => {
    const { first } = await planThree()
    const session = start({ INK_SCREEN_READER: 'true' })
    expect(await session.shows(/selected 1 of \d+:/)).toContain(first.media.fileName)
    session.type('j')
    await session.shows(/selected 2 of \d+:/)
    session.type('q')
    await session.ended
    expect(session.written()).not.toContain(ENTERED)
    expect(session.screen().join('\n')).not.toMatch(/[│╭▀█]/u)
  })

  it('shows what is next, moves, filters, and opens the picture', async () => {
    const { first, second } = await planThree()
    const session = start()
    await session.shows(/▸Today|▸Tomorrow/)
    expect(session.isAlternate()).toBe(true)
    expect(await session.shows(first.media.fileName)).toMatch(/in 40 min/)
    session.type('j')
    await session.shows(/\[1 Next\].* 2\/3 /)
    session.type(DOWN)
    await session.shows(/\[1 Next\].* 3\/3 /)
    session.type('\t')
    await session.shows('[2 Waiting]')
    session.type('1/')
    session.type(`mug${ENTER}`)
    await session.shows(/\[1 Next\] \/mug {2}1 hit/)
    expect(session.screen().join('\n')).not.toContain(second.media.fileName)
    session.type(ENTER)
    expect(await session.shows(/▀{8}/)).toMatch(/Planned .*\(in (39|40) min\)/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the picture
    expect(session.written()).toMatch(/\u001b\[38;2;\d+;\d+;\d+m\u001b\[48;2;/)
    session.type('qq')
    // Still there: the first q closed the details, the second one leaves.
    await session.ended
    expectRestored(session)
  })

  it('uses the width it gets, and says when it gets too little', async () => {
    const { first } = await planThree()
    const session = start({}, { columns: 120, rows: 40 })
    await session.shows(/╮╭─ #\d+ mug/)
    session.resize(80, 24)
    await session.hides('╮╭')
    await session.shows(/\[1 Next\]/)
    expect(session.screen().at(-2)).toContain('? help')
    session.resize(40, 10)
    await session.shows('This terminal is too small')
    session.resize(100, 30)
    expect(await session.shows(/\[1 Next\][\s\S]*╰/)).toContain(first.media.fileName)
    expect(session.screen().filter((line) => line.startsWith('╰'))).toHaveLength(1)
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
  })

  it('shows the help, the week, and what does not fit', async () => {
    await planThree()
    const session = start()
    await session.shows('[1 Next]')
    session.type('?')
    await session.shows(/\[Help\][\s\S]*the week/)
    session.type('?w')
    await session.shows(/\[Week[\s\S]*> [A-Z][a-z]{2}, [\s\S]*goes to the team/)
    session.type(`${ESC}`)
    await session.shows('[1 Next]')
    session.type('u')
    await session.shows('"undo" does not fit what is selected')
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
  })

  it('does what it says: asks once, acts, and shows the world after it', async () => {
    const { first, second } = await planThree()
    const session = start()
    await session.shows(first.media.fileName)
    session.type('x')
    await session.shows(/\? Cancel #\d+ mug.*y\/N/)
    session.type('n')
    await session.hides('y/N')
    session.type('x')
    await session.shows('y/N')
    session.type('y')
    await session.shows(/✓ .*[Cc]ancelled/)
    await session.shows(/3 Recent {2}1 story/)
    const [row] = await team.db.select().from(postingHistory).where(eq(postingHistory.queueItemId, first.item.id))
    expect(row?.status).toBe('cancelled')
    session.type('r')
    await session.shows(/New time/)
    session.type('\u001510:00 tomorrow')
    session.type(ESC)
    await session.hides(/New time/)
    session.type('h')
    await session.shows(/Hold the picture until/)
    session.type(ENTER)
    await session.shows(/\? Hold .* back\? Without a date for ever.* y\/N/)
    session.type('y')
    await session.shows(/✓ .*(held|hold)/i)
    await expect.poll(() => countHolds(second.media.id), { timeout: 20_000 }).toBe(1)
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
  })

  it('shows what others change, without a key', async () => {
    const { first } = await planThree()
    const session = start()
    await session.shows(/\[1 Next\] 3 stories/)
    await team.db.delete(postingQueue).where(eq(postingQueue.id, first.item.id))
    await session.shows(/\[1 Next\] 2 stories/)
    await team.db.update(mediaItems).set({ title: 'x' }).where(eq(mediaItems.id, first.media.id))
    session.type('q')
    await session.ended
  })

  it('writes nothing while nothing changes', async () => {
    await planThree()
    const session = start()
    await session.shows('[1 Next]')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const before = session.written().length
    await new Promise((resolve) => setTimeout(resolve, 2500))
    // At most a minute that passed.
    expect(session.written().length - before).toBeLessThan(1500)
    session.type('q')
    await session.ended
  })
})

async function countHolds(mediaItemId: string): Promise<number> {
  const held = await team.db.select().from(mediaPostingLocks).where(eq(mediaPostingLocks.mediaItemId, mediaItemId))
  return held.filter(({ lockReason }) => lockReason === 'manual_hold').length
}

describe('a database that goes away', { timeout: 90_000 }, () => {
  let wire: Wire | undefined
  afterEach(() => wire?.cut())

  it('is said with the time, and what was known stays; it comes back by itself', async () => {
    await planThree()
    wire = await startProxy(team.url)
    const session = start({ DATABASE_URL: wire.url })
    await session.shows(/\[1 Next\] 3 stories/)
    await wire.cut()
    const lost = await session.shows(/✗ Database lost since \d\d:\d\d/)
    expect(lost).toMatch(/\[1 Next\] 3 stories/)
    session.type('x')
    await session.shows('has to wait: the database is not there')
    await team.library.plan(`new-${serial()}.jpg`, { minutesAgo: -300 })
    await wire.mend()
    await session.shows(/\[1 Next\] 4 stories/)
    await session.hides('Database lost')
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
    expectRestored(session)
  })

  it('does not keep anybody from leaving', async () => {
    await planThree()
    wire = await startProxy(team.url)
    const session = start({ DATABASE_URL: wire.url })
    await session.shows('[1 Next]')
    await wire.cut()
    await session.shows('Database lost')
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
    expectRestored(session)
  })
})

describe('the terminal is given back', { timeout: 90_000 }, () => {
  /** A shell around it, that says how it ended and what state the terminal is in. */
  const wrapped = (name: string) => {
    const pidFile = join(folder, name)
    const inner = `echo $$ > ${pidFile}; exec ${launcher()} dashboard`
    const session = startProgram('/bin/sh', ['-c', `trap : INT TERM; sh -c '${inner}'; echo "code=$?"; stty -a`], {
      env: env(),
    })
    return { session, pid: () => Number(readFileSync(pidFile, 'utf8')) }
  }
  const WAYS: readonly [name: string, leave: (session: Session, pid: () => number) => void, code: number][] = [
    ['q', (session) => session.type('q'), 0],
    ['Ctrl-C', (session) => session.type('\u0003'), 130],
    ['SIGTERM', (_, pid) => process.kill(pid(), 'SIGTERM'), 143],
    ['SIGINT', (_, pid) => process.kill(pid(), 'SIGINT'), 130],
  ]
  it.each(WAYS)('after %s', async (name, leave, code) => {
    await planThree()
    const { session, pid } = wrapped(name)
    await session.shows('[1 Next]')
    leave(session, pid)
    const text = await session.shows(/code=\d+[\s\S]*icanon/)
    expect(text).toContain(`code=${code}`)
    expect(text).toMatch(/ icanon/)
    expect(text).toMatch(/ echo /)
    expect(text).not.toContain('Next')
    expectRestored(session)
  })

  it('on Ctrl-Z, and taken again by fg', async () => {
    await planThree()
    const session = startProgram('bash', ['--norc', '--noprofile', '-i'], { env: { ...env(), PS1: 'ready> ' } })
    await session.shows('ready>')
    session.type(`${launcher()} dashboard\r`)
    await session.shows('[1 Next]')
    session.type('j')
    await session.shows(/\[1 Next\].* 2\/3 /)
    session.type('\u001a')
    await session.shows(/Stopped/)
    expectRestored(session)
    session.type('echo still-$((40+2))\r')
    await session.shows('still-42')
    session.type('fg\r')
    await session.shows(/\[1 Next\].* 2\/3 /)
    expect(session.isAlternate()).toBe(true)
    session.type('k')
    await session.shows(/\[1 Next\].* 1\/3 /)
    session.type('q')
    await session.shows(/dashboard\s+ready>\s*$/)
    expectRestored(session)
    session.type('exit\r')
    await session.ended
  })

  it('where nobody could wake it up, Ctrl-Z changes nothing', async () => {
    await planThree()
    const session = start()
    await session.shows('[1 Next]')
    session.type('\u001a')
    await new Promise((resolve) => setTimeout(resolve, 300))
    session.type('j')
    await session.shows(/\[1 Next\].* 2\/3 /)
    session.type('q')
    expect(await session.ended).toMatchObject({ exitCode: 0 })
  })
})
