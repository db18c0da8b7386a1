import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { embeddedStatus, stopEmbedded } from '../../../src/db/embedded/control.ts'
import type { UpgradeAdvice } from '../../../src/db/embedded/upgrade.ts'
import { readEmbeddedUrl } from '../../../src/db/embedded/url.ts'
import { makeProject, type Project, query, readPid, urlOf } from './harness.ts'

const log = () => {}
let project: Project
let home: string
let folder: string
let dataFolder: string
let url: string

/** One cluster for all: each test damages it in its own way and must find the row again. */
beforeAll(async () => {
  project = await makeProject()
  home = await project.makeHome()
  folder = join(home, '.storyline/postgres')
  dataFolder = join(folder, 'data')
  url = urlOf(await project.run('ensure', { home }))
  await query(url, 'create table kept (n int)', 'insert into kept values (42)')
}, 60_000)
beforeEach(async () => {
  url = urlOf(await project.run('ensure', { home }))
}, 30_000)
afterAll(() => project.remove(), 30_000)

async function expectRecovered(): Promise<string> {
  const answer = await project.run('ensure', { home })
  expect(answer.error).toBeUndefined()
  expect(answer.ok).toMatchObject({ started: true, initialised: false })
  expect(await query(urlOf(answer), 'select n from kept')).toEqual([{ n: 42 }])
  return answer.log
}

describe('the server comes back with its data', () => {
  it('after it was killed', async () => {
    process.kill(await readPid(project, home), 'SIGKILL')
    await expectRecovered()
  }, 30_000)

  it('when another program got the pid in its left-over pid file', async () => {
    const pidFile = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8')
    await stopEmbedded({ home, log })
    const bystander = startBystander()
    writeFileSync(join(dataFolder, 'postmaster.pid'), pidFile.replace(/^\d+/, String(bystander.pid)))
    expect(readEmbeddedUrl(home)).toBeUndefined()
    expect(await embeddedStatus({ home })).toMatchObject({ state: 'stopped' })
    await expectRecovered()
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull()
    bystander.kill()
  }, 30_000)

  it('when a crash left an empty pid file', async () => {
    await stopEmbedded({ home, log })
    writeFileSync(join(dataFolder, 'postmaster.pid'), '')
    await expectRecovered()
  }, 30_000)

  it('on another port, and says so, when a program listens on its own', async () => {
    const port = Number(new URL(url).port)
    await stopEmbedded({ home, log })
    const stranger = createServer((socket) => socket.end('not a database'))
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve))
    expect(readEmbeddedUrl(home)).toBeUndefined()
    expect(await expectRecovered()).toContain(`port ${port} is taken`)
    const moved = readEmbeddedUrl(home)
    expect(new URL(moved ?? '').port).not.toBe(String(port))
    await new Promise((resolve) => stranger.close(resolve))
    await stopEmbedded({ home, log })
    expect(urlOf(await project.run('ensure', { home }))).toBe(moved)
  }, 30_000)

  it('with a new password when the connection file is lost, also while it runs', async () => {
    const before = new URL(url).password
    rmSync(join(folder, 'connection.json'))
    expect(await expectRecovered()).toContain('setting a new one')
    expect(new URL(readEmbeddedUrl(home) ?? '').password).not.toBe(before)
    await stopEmbedded({ home, log })
    writeFileSync(join(folder, 'connection.json'), '{"host": "127.0')
    await expectRecovered()
    const old = new URL(readEmbeddedUrl(home) ?? '')
    old.password = before
    await expect(query(old.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  }, 30_000)

  it('under another name of its home', async () => {
    const moved = `${home} moved`
    renameSync(home, moved)
    expect(readEmbeddedUrl(moved)).toBe(process.platform === 'linux' ? url : undefined)
    await stopEmbedded({ home: moved, log })
    renameSync(moved, home)
    await expectRecovered()
  }, 30_000)
})

describe('a copy of a home', () => {
  it('gets a server of its own instead of connecting to that of the original', async () => {
    const copy = await project.makeHome('copy')
    await query(url, 'checkpoint')
    cpSync(join(home, '.storyline'), join(copy, '.storyline'), { recursive: true, verbatimSymlinks: true })
    chmodSync(join(copy, '.storyline/postgres/data'), 0o755)
    // Copied by root it all belongs to root: the next start takes it back for the server's user.
    expect(statSync(join(copy, '.storyline/postgres/data')).uid).toBe(process.getuid?.())
    expect(readEmbeddedUrl(copy)).toBeUndefined()
    const answer = await project.run('ensure', { home: copy })
    expect(urlOf(answer)).not.toBe(url)
    expect(answer.log).toContain('is taken')
    expect(await query(urlOf(answer), 'select n from kept')).toEqual([{ n: 42 }])
  }, 30_000)
})

describe('what cannot be repaired is refused and not touched', () => {
  it('a cluster of another major version', async () => {
    await stopEmbedded({ home, log })
    writeFileSync(join(dataFolder, 'PG_VERSION'), '16\n')
    const { error } = await project.run('ensure', { home })
    expect(error).toMatchObject({ code: 'embedded_other_major', message: expect.stringContaining('PostgreSQL 16') })
    expect(error?.fix).toContain('storyline db upgrade')
    const { ok } = await project.run<UpgradeAdvice>('upgrade', { home })
    expect(ok).toMatchObject({ kind: 'by_hand', from: 16, to: 17 })
    writeFileSync(join(dataFolder, 'PG_VERSION'), '17\n')
    await expectRecovered()
  }, 30_000)

  it('a data folder that vanished', async () => {
    await stopEmbedded({ home, log })
    renameSync(dataFolder, `${dataFolder}.away`)
    const { error } = await project.run('ensure', { home })
    expect(error).toMatchObject({ code: 'embedded_data_missing' })
    renameSync(`${dataFolder}.away`, dataFolder)
    await expectRecovered()
  }, 30_000)

  it('a data folder with other files in it', async () => {
    const other = await project.makeHome()
    mkdirSync(join(other, '.storyline/postgres/data'), { recursive: true })
    writeFileSync(join(other, '.storyline/postgres/data/thesis.txt'), 'mine')
    const { error } = await project.run('ensure', { home: other })
    expect(error).toMatchObject({ code: 'embedded_data_damaged' })
    expect(readdirSync(join(other, '.storyline/postgres/data'))).toEqual(['thesis.txt'])
  }, 30_000)

  it('a setting PostgreSQL does not know: its own words are shown', async () => {
    await stopEmbedded({ home, log })
    const file = join(dataFolder, 'local.conf')
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, 'shared_bufers = 1\n')
    const { error } = await project.run('ensure', { home })
    expect(error).toMatchObject({ code: 'embedded_start_failed', message: expect.stringContaining('shared_bufers') })
    writeFileSync(file, before)
    await expectRecovered()
  }, 30_000)

  it('a home that does not exist', async () => {
    const { error } = await project.run('ensure', { home: join(project.folder, 'nowhere') })
    expect(error).toMatchObject({ code: 'home_missing' })
  })
})

describe('a half-finished init', () => {
  it('is removed and done again', async () => {
    const other = await project.makeHome()
    const draft = join(other, '.storyline/postgres/init-killed/data')
    mkdirSync(draft, { recursive: true })
    writeFileSync(join(draft, 'PG_VERSION'), '17\n')
    const answer = await project.run('ensure', { home: other })
    expect(answer.ok).toMatchObject({ initialised: true })
    expect(existsSync(join(other, '.storyline/postgres/init-killed'))).toBe(false)
  }, 30_000)
})

/** A process of the server's own user, because PostgreSQL only minds those. */
function startBystander(): ChildProcess {
  const { uid, gid } = statSync(dataFolder)
  return spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...(process.getuid?.() === 0 ? { uid, gid } : {}) })
}
