import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.ts'
import { cronBlock } from '../../src/setup/cron-block.ts'
import command from '../../src/setup/install-cron.ts'
import { runCommand } from './run-command.ts'

/** What crontab(1) does, with the words of `crontab -l` when there is none. */
const CRONTAB = `#!/bin/sh
echo "$LC_ALL $*" >> "$0.calls"
[ -n "$CRONTAB_SAYS" ] && { echo "$CRONTAB_SAYS" >&2; exit 1; }
case "$*" in
  -l) if [ -f "$0.txt" ]; then cat "$0.txt"; else echo "\${NO_CRONTAB:-no crontab for pi}" >&2; exit 1; fi ;;
  -) cat > "$0.new"
     if grep -q refuse-me "$0.new"; then echo 'errors in crontab file, can'"'"'t install.' >&2; exit 1; fi
     mv "$0.new" "$0.txt" ;;
  *) exit 2 ;;
esac
`
const MINE = '# mine\nMAILTO=me\n0 1 * * * /usr/bin/true\n'

let folder: string
let home: string
let program: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline cron '))
  home = join(folder, 'a home %')
  mkdirSync(home)
  program = join(folder, 'crontab')
  writeFileSync(program, CRONTAB)
  chmodSync(program, 0o755)
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(command, args, { env: { STORYLINE_HOME: home, PATH: `${folder}:/usr/bin:/bin`, ...env } })
const crontab = () => (existsSync(`${program}.txt`) ? readFileSync(`${program}.txt`, 'utf8') : null)
const calls = () => (existsSync(`${program}.calls`) ? readFileSync(`${program}.calls`, 'utf8').trim().split('\n') : [])
const block = () => cronBlock({ home, node: process.execPath, launcher: join(packageRoot, 'bin/storyline.js') })

describe('install-cron', () => {
  it.each([
    ['Debian and cronie', 'no crontab for pi'],
    ['macOS', 'crontab: no crontab for pi'],
    ['busybox', "crontab: can't open 'pi': No such file or directory"],
  ])('makes the first crontab where there is none: %s', async (_, says) => {
    const { exitCode, stdout, stderr } = await run([], { NO_CRONTAB: says })
    expect([exitCode, crontab(), stderr]).toEqual([0, block(), ''])
    expect(stdout).toContain('7 jobs are in the crontab')
  })

  it('keeps everything else, replaces its own, and changes nothing the second time', async () => {
    writeFileSync(`${program}.txt`, MINE)
    expect((await run(['--json'])).json).toMatchObject({ action: 'added', jobs: 7, block: block() })
    expect(crontab()).toBe(MINE + block())
    writeFileSync(`${program}.txt`, `${MINE}${block().replace(process.execPath, '/opt/node')}# last\n`)
    expect((await run(['--json'])).json).toMatchObject({ action: 'replaced' })
    expect(crontab()).toBe(`${MINE}${block()}# last\n`)
    const before = calls().length
    expect((await run(['--json'])).json).toMatchObject({ action: 'unchanged' })
    // Read, and not written.
    expect(calls().slice(before)).toEqual(['C -l'])
    expect((await run(['--remove', '--json'])).json).toEqual({ action: 'removed', block: null, jobs: 0 })
    expect(crontab()).toBe(`${MINE}# last\n`)
    expect(await run(['--remove'])).toMatchObject({
      exitCode: 0,
      stdout: 'There are no jobs of Storyline in the crontab.\n',
    })
  })

  it('a dry run shows the lines and touches nothing', async () => {
    writeFileSync(`${program}.txt`, MINE)
    const { stdout } = await run(['--dry-run'])
    expect(stdout).toBe(`[dry run] 7 jobs would be in the crontab; everything else in it stays.\n\n${block()}`)
    expect((await run(['--dry-run', '--remove', '--json'])).json).toMatchObject({ action: 'absent', dryRun: true })
    expect([crontab(), calls()]).toEqual([MINE, ['C -l', 'C -l']])
  })

  it('--print needs no crontab at all', async () => {
    const { exitCode, stdout, stderr } = await run(['--print'], { PATH: '/nonexistent' })
    expect([exitCode, stdout, stderr]).toEqual([0, block(), ''])
    expect((await run(['--print', '--json'])).json).toEqual({ action: 'printed', block: block(), jobs: 7 })
    expect(calls()).toEqual([])
    expect(await run(['--print', '--remove'])).toMatchObject({ exitCode: 2 })
  })

  it('without the program the block is printed, to be pasted', async () => {
    const { exitCode, stdout, stderr } = await run([], { PATH: '/nonexistent' })
    expect([exitCode, stdout]).toEqual([1, `${block()}\n`])
    expect(stderr).toContain('The program crontab is not installed')
    expect(stderr).toContain('apt install cron')
    expect(await run(['--remove'], { PATH: '/nonexistent' })).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('what it could not read it does not replace', async () => {
    writeFileSync(`${program}.txt`, MINE)
    const says = 'You (pi) are not allowed to use this program (crontab)'
    const { exitCode, stderr } = await run([], { CRONTAB_SAYS: says })
    expect([exitCode, crontab(), calls()]).toEqual([1, MINE, ['C -l']])
    expect(stderr).toContain(`crontab refused to read the crontab: ${says}`)
  })

  it('says when the program refuses the new one; the old one stays', async () => {
    writeFileSync(`${program}.txt`, '# refuse-me\n')
    const { exitCode, stderr } = await run([])
    expect([exitCode, crontab()]).toEqual([1, '# refuse-me\n'])
    expect(stderr).toContain("crontab refused to change the crontab: errors in crontab file, can't install.")
  })

  it('a damaged block is left alone', async () => {
    const damaged = `${MINE}# >>> storyline >>>\n`
    writeFileSync(`${program}.txt`, damaged)
    for (const args of [[], ['--remove']]) {
      const { exitCode, stderr } = await run(args)
      expect([exitCode, crontab()]).toEqual([1, damaged])
      expect(stderr).toContain('crontab -e')
    }
  })

  it('warns of what surprises later', async () => {
    writeFileSync(`${program}.txt`, `*/5 * * * * storyline process-queue\n${block().replace(home, '/srv/old')}`)
    const { stderr } = await run([], { SUDO_USER: 'pi', TELEGRAM_BOT_TOKEN: '123456:canary', TIMEZONE: 'UTC' })
    expect(stderr).toContain('the block was that of /srv/old')
    expect(stderr).toContain('does the same: */5 * * * * storyline process-queue')
    expect(stderr).toContain("root's crontab; without sudo it is that of pi")
    expect(stderr).toContain(`put TELEGRAM_BOT_TOKEN, TIMEZONE into ${home}/.env`)
    expect(stderr).not.toContain('canary')
  })

  it('a .env that cron could not read either is noticed before anything is written', async () => {
    mkdirSync(join(home, '.env'))
    expect(await run([])).toMatchObject({ exitCode: 4 })
    expect([crontab(), calls()]).toEqual([null, []])
    expect(await run(['--remove'])).toMatchObject({ exitCode: 0 })
  })

  it('refuses a home that no crontab can name', async () => {
    expect(await run([], { STORYLINE_HOME: `${home}\n* * * * * x` })).toMatchObject({ exitCode: 1, stdout: '' })
    expect(calls()).toEqual([])
  })
})

it('crontab.example is what it prints on a Pi', () => {
  const example = readFileSync(join(packageRoot, 'crontab.example'), 'utf8')
  const root = '/home/pi/storyline'
  expect(example).toBe(cronBlock({ home: root, node: '/usr/bin/node', launcher: `${root}/bin/storyline.js` }))
})
