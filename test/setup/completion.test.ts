import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import { users } from '../../src/db/schema.ts'
import { wordsFor } from '../../src/setup/completion-words.ts'
import { loadCommandModels, loadHelpTexts } from '../../src/setup/help-model.ts'
import { AS_STATUS, addHistory, addItem, addMedia } from '../schedule/commanding.ts'
import { runStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { typeInto } from './typing.ts'

let t: TestDatabase
let folder: string
let env: Record<string, string>
const script = (shell: string) => join(folder, `completion.${shell}`)

beforeAll(async () => {
  t = await createTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'completion '))
  // `storyline` as it is typed.
  const program = join(folder, 'storyline')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${inject('launcher')}' "$@"\n`)
  chmodSync(program, 0o755)
  const backups = join(folder, 'backups')
  for (const name of ['storyline-2026-11-20T031500Z', 'storyline-2026-11-21T031500Z', '.partial-x', 'objects'])
    mkdirSync(join(backups, name), { recursive: true })
  env = { PATH: `${folder}:${process.env.PATH}`, DATABASE_URL: t.url, STORYLINE_HOME: folder, BACKUP_DIR: backups }
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(script(shell), (await runStoryline(['completion', shell], { env })).stdout)

  const names = ['sunrise.jpg', 'my picture.jpg', `it's "the" one.jpg`, 'a:b=c.jpg', 'bad\u001b]0;x\u0007.jpg']
  const media = []
  for (const name of names) media.push(await addMedia(t.db, `memes/${name}`, { tags: ['autumn', 'new drop'] }))
  await addMedia(t.db, 'quotes/sunrise.jpg', { tags: ['winter'] })
  const [one, two, three, four] = media
  if (!one || !two || !three || !four) throw new Error('no media')
  await addItem(t.db, one, { ...AS_STATUS.pending, storyNumber: 47 })
  await addItem(t.db, two, { ...AS_STATUS.unconfirmed, storyNumber: 48 })
  await addHistory(t.db, three, { status: 'missed', storyNumber: 12 })
  await addHistory(t.db, four, { status: 'posted', storyNumber: 13 })
  await t.db.insert(users).values({ telegramUserId: 12345, telegramUsername: 'sarah_m', telegramFirstName: 'Sarah' })
})
afterAll(async () => {
  await t.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** What bash offers for a line with the cursor at its end. */
function inBash(line: string): string[] {
  const program = `
    source "$1"
    COMP_LINE=$2 COMP_POINT=\${#2} COMP_WORDS=(storyline) COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
    _storyline
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['--norc', '-c', program, '-', script('bash'), line], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return text.trimEnd().split('\n').sort()
}

it('every value of every command is completed, or known to be only typed', { timeout: 180_000 }, async () => {
  const models = await loadCommandModels()
  const forgotten = models.flatMap((model) => [
    ...model.options
      .filter(({ takesValue, long, choices }) => takesValue && !wordsFor(model, long, choices, models))
      .map(({ long }) => `${model.name} ${long}`),
    ...model.arguments
      .filter(({ name, choices }) => !wordsFor(model, name, choices, models))
      .map(({ name }) => `${model.name} ${name}`),
  ])
  expect(forgotten).toEqual([])
})

it('the help that the build keeps is that of the commands as they are', { timeout: 180_000 }, async () => {
  const kept = JSON.parse(readFileSync(join(inject('launcher'), '../../dist/help.json'), 'utf8'))
  expect(kept).toEqual(await loadHelpTexts())
})

describe('bash', () => {
  it('takes the script', () => {
    expect(spawnSync('bash', ['-n', script('bash')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it.each<[string, string[]]>([
    ['storyline list-', ['list-media', 'list-queue', 'list-service-runs', 'list-users']],
    ['storyline --json list-q', ['list-queue']],
    ['storyline list-queue --sta', ['--status']],
    ['storyline list-queue --status p', ['pending', 'processing']],
    ['storyline list-queue --status=p', ['pending', 'processing']],
    ['storyline list-queue --days ', ['']],
    ['storyline history --status mi', ['missed']],
    ['storyline db mi', ['migrate']],
    ['storyline completion ', ['bash', 'fish', 'zsh']],
    ['storyline help exit', ['exit-codes']],
    ['storyline help list-m', ['list-media']],
    ['storyline config set POSTS_PER_', ['POSTS_PER_DAY']],
    ['storyline list-service-runs --service process', ['process-queue']],
    ['storyline confirm ', ['48']],
    ['storyline reschedule ', ['47']],
    ['storyline cancel 47 ', ['47', '48']],
    ['storyline cancel --reason sold 4', ['47', '48']],
    ['storyline retry ', ['12']],
    ['storyline edit-media x --add-tag a', ['autumn']],
    ['storyline edit-media x --tags autumn,w', ['autumn,winter']],
    ['storyline list-media --category ', ['memes', 'quotes']],
    ['storyline promote-user --username @s', ['@sarah_m']],
    ['storyline promote-user --username ', ['sarah_m']],
    ['storyline promote-user --telegram-id ', ['12345']],
    ['storyline show-media sun', ['sunrise.jpg']],
    ['storyline show-media stories/q', ['stories/quotes/sunrise.jpg']],
    [
      'storyline show-media sto',
      ['a:b=c.jpg', `it's "the" one.jpg`, 'my picture.jpg', 'sunrise.jpg']
        .map((name) => `stories/memes/${name}`)
        .concat('stories/quotes/sunrise.jpg'),
    ],
    ['storyline show-media my\\ p', ['my picture.jpg']],
    ['storyline show-media "my p', ['my picture.jpg']],
    ["storyline show-media 'it", [`it's "the" one.jpg`]],
    ['storyline show-media "it\'s \\"t', [`it's "the" one.jpg`]],
    // What bash replaces begins behind the last of its word breaks.
    ['storyline show-media a:b', ['b=c.jpg']],
    ['storyline restore st', ['storyline-2026-11-20T031500Z', 'storyline-2026-11-21T031500Z']],
    ['storyline backup --out back', ['backups']],
    ['storyline nonsense ', ['']],
    ['storyline show-media -- --', ['']],
  ])('%s', (line, offered) => {
    expect(inBash(line)).toEqual(offered)
  })

  it('offers every option of a command', { timeout: 180_000 }, async () => {
    const model = (await loadCommandModels()).find(({ name }) => name === 'edit-media')
    expect(inBash('storyline edit-media --')).toEqual(model?.options.map(({ long }) => long).sort())
  })

  it.each([
    ['show-media my', 'my picture.jpg'],
    ['show-media "my', 'my picture.jpg'],
    ['show-media it', `it's "the" one.jpg`],
    ['show-media "it', `it's "the" one.jpg`],
    ['show-media a:', 'a:b=c.jpg'],
    ['edit-media x --tags=new', '--tags=new drop'],
    ['promote-user --username @sa', '@sarah_m'],
  ])('typed for real, `%s` and Tab give the program %s', async (typed, word) => {
    const words = await typeInto(['bash', '--norc', '--noprofile', '-i'], {
      folder,
      env,
      script: script('bash'),
      typed,
    })
    expect(words.at(-1)).toBe(word)
  })
})

const isThere = (shell: string) => spawnSync(shell, ['--version']).status === 0

describe.runIf(isThere('fish'))('fish', () => {
  const inFish = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script('fish'), line], {
      env: { ...env, HOME: folder },
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n')
      .map((found) => found.split('\t')[0])
      .sort()

  it.each<[string, string[]]>([
    ['storyline list-', ['list-media', 'list-queue', 'list-service-runs', 'list-users']],
    ['storyline list-queue --sta', ['--status']],
    ['storyline list-queue --status p', ['pending', 'processing']],
    ['storyline list-queue --status=p', ['--status=pending', '--status=processing']],
    ['storyline config set POSTS_PER_', ['POSTS_PER_DAY']],
    ['storyline cancel 47 ', ['47', '48']],
    ['storyline show-media my', ['my picture.jpg']],
    ["storyline show-media 'my p", ['my picture.jpg']],
    ['storyline list-media --category=q', ['--category=quotes']],
    ['storyline list-media ', ['']],
  ])('%s', (line, offered) => {
    expect(inFish(line)).toEqual(offered)
  })
})

describe.runIf(isThere('zsh'))('zsh', () => {
  it('takes the script', () => {
    expect(spawnSync('zsh', ['-n', script('zsh')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it.each([
    ['show-media my', 'my picture.jpg'],
    ['show-media "my', 'my picture.jpg'],
    ['show-media it', `it's "the" one.jpg`],
    ['show-media a:', 'a:b=c.jpg'],
    ['list-queue --status=pe', '--status=pending'],
    ['edit-media x --add-tag wi', 'winter'],
    ['config set POSTS_PER_', 'POSTS_PER_DAY'],
    ['restore storyline-2026-11-21', 'storyline-2026-11-21T031500Z'],
    ['check-hea', 'check-health'],
  ])('typed for real, `%s` and Tab give the program %s', async (typed, word) => {
    const words = await typeInto(['zsh', '-f', '-i'], { folder, env, script: script('zsh'), typed })
    expect(words.at(-1)).toBe(word)
  })
})

describe('the question that the scripts ask', () => {
  const ask = (args: readonly string[], more: Record<string, string> = {}) =>
    runStoryline(['completion', '--complete', ...args], { env: { ...env, ...more } })

  it('is answered with what a shell may show beside a value, and without control characters', async () => {
    const { stdout } = await ask(['media', '--prefix='])
    expect(stdout.split('\n')).toContain('sunrise.jpg\t2 pictures')
    expect(stdout).not.toContain('bad')
    expect((await ask(['queued', '--prefix=#4'])).stdout).toContain('#47\tpending stories/memes/sunrise.jpg')
  })

  it.each([
    ['no database', { DATABASE_URL: '', DB_HOST: '' }],
    ['one that refuses us', { DATABASE_URL: 'postgresql://u@127.0.0.1:1/x' }],
    ['a wrong setting', { DATABASE_URL: 'nonsense' }],
    ['no backup folder', { BACKUP_DIR: '/nowhere' }],
  ])('%s: nothing at all, exit 0', async (_, more) => {
    const what = 'BACKUP_DIR' in more ? 'backups' : 'media'
    expect(await ask([what, '--prefix='], more)).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
    // Above all no embedded server.
    expect(spawnSync('ls', ['-A', join(folder, '.storyline')]).status).not.toBe(0)
  })

  it('a database that is silent is not waited for', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 1
    const timed = async (...asked: Parameters<typeof ask>) => {
      const before = performance.now()
      return { ...(await ask(...asked)), ms: performance.now() - before }
    }
    const unasked = await timed(['nonsense', '--prefix='])
    const answered = await timed(['media', '--prefix='], { DATABASE_URL: `postgresql://u@127.0.0.1:${port}/x` })
    silent.close()
    expect(answered).toMatchObject({ code: 0, stdout: '', stderr: '' })
    // Other commands wait four seconds for a connection.
    expect(answered.ms - unasked.ms).toBeLessThan(2500)
  })

  it('of a kind that nobody knows has no answer', async () => {
    expect(await ask(['nonsense', '--prefix='])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })
})

describe('the command', () => {
  it('names the shells when none was, and knows no others', async () => {
    expect((await runStoryline(['completion'], { env })).stderr).toContain('bash|zsh|fish')
    expect(await runStoryline(['completion', 'bsh'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean bash?'),
    })
  })

  it('--json holds the same script', async () => {
    const { stdout } = await runStoryline(['completion', 'fish', '--json'], { env })
    const plain = await runStoryline(['completion', 'fish'], { env })
    expect(JSON.parse(stdout)).toEqual({ shell: 'fish', script: plain.stdout.trimEnd() })
  })

  it('knows every command in every shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout } = await runStoryline(['completion', shell], { env })
      for (const { name } of COMMANDS) expect(stdout).toContain(name)
    }
  })
})
