import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedStatus, stopEmbedded } from '../../../src/db/embedded/control.ts'
import { readEmbeddedUrl } from '../../../src/db/embedded/url.ts'
import { makeProject, type Project, query, readPid, readStatus, urlOf } from './harness.ts'

const log = () => {}
let project: Project
let home: string
let url: string

beforeAll(async () => {
  project = await makeProject()
  home = await project.makeHome(`a b'c/ü "$HOME`)
}, 30_000)
afterAll(() => project.remove(), 30_000)

describe('the embedded server', () => {
  it('is absent before the first command, and asking does not start it', async () => {
    expect(await readStatus(project, home)).toMatchObject({ state: 'absent' })
    expect(readEmbeddedUrl(home)).toBeUndefined()
    expect(existsSync(join(home, '.storyline'))).toBe(false)
  })

  it('starts in a home with spaces, quotes and umlauts, although npm made no library links', async () => {
    const answer = await project.run('ensure', { home })
    expect(answer.ok).toMatchObject({ started: true, initialised: true })
    url = urlOf(answer)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(
      readdirSync(join(project.native, 'lib')).filter((name) => /^libpq\.(so|.*dylib)/.test(name)).length,
    ).toBeGreaterThan(1)
  }, 30_000)

  it('is found running by the next command, and by the fast path without asking it', async () => {
    const answer = await project.run('ensure', { home })
    expect(answer.ok).toEqual({ url, started: false, initialised: false })
    expect(readEmbeddedUrl(home)).toBe(url)
  })

  it('listens on the loopback only, without a socket file, and keeps its promises to the disk', async () => {
    const names = ['listen_addresses', 'unix_socket_directories', 'fsync', 'synchronous_commit', 'full_page_writes']
    const more = ['data_checksums', 'server_encoding', 'TimeZone', 'jit', 'max_wal_senders', 'max_connections']
    const list = [...names, ...more].map((name) => `'${name}'`).join()
    const rows = await query(url, `select name, setting from pg_settings where name in (${list})`)
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
      jit: 'off',
      max_wal_senders: '0',
      max_connections: '50',
    })
    const [casing] = await query(url, `select lower('ÄÉ') as lower, 'Z' < 'a' as by_code_point`)
    expect(casing).toEqual({ lower: 'äé', by_code_point: true })
  })

  it('lets nobody in without the password', async () => {
    const wrong = new URL(url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    const rules = await query(url, 'select distinct auth_method from pg_hba_file_rules')
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }])
  })

  it('keeps data, password and logs from other users, and leaves no password file behind', async () => {
    const folder = join(home, '.storyline/postgres')
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'connection.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data/log')).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder).sort()).toEqual(['connection.json', 'data'])
    const { password } = JSON.parse(readFileSync(join(folder, 'connection.json'), 'utf8')) as { password: string }
    expect(password.length).toBeGreaterThanOrEqual(32)
  })

  it('owns the database storyline, in a session of its own', async () => {
    const [row] = await query(
      url,
      'select current_user as me, current_database() as db, pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()',
    )
    expect(row).toEqual({ me: 'storyline', db: 'storyline', owner: 'storyline' })
    if (process.platform !== 'linux') return
    const pid = await readPid(project, home)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    expect(Number(stat[3])).toBe(pid)
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
      process.getuid?.() === 0 ? /^Groups:\s*$/m : /^Groups:/m,
    )
  })

  it('says where it is, and stops and starts with the data still there', async () => {
    await query(url, 'create table kept (n int)', 'insert into kept values (42)')
    const running = await embeddedStatus({ home })
    expect(running).toMatchObject({ state: 'running', version: 17, port: Number(new URL(url).port) })
    expect(existsSync(running.logFile)).toBe(true)
    expect(await stopEmbedded({ home, log })).toEqual({ stopped: true })
    expect(await stopEmbedded({ home, log })).toEqual({ stopped: false })
    expect(await embeddedStatus({ home })).toMatchObject({ state: 'stopped', version: 17 })
    expect(readEmbeddedUrl(home)).toBeUndefined()
    const again = await project.run('ensure', { home })
    expect(again.ok).toEqual({ url, started: true, initialised: false })
    expect(await query(url, 'select n from kept')).toEqual([{ n: 42 }])
  }, 30_000)

  it('takes settings from local.conf, which Storyline never overwrites', async () => {
    const { appendFileSync } = await import('node:fs')
    appendFileSync(join(home, '.storyline/postgres/data/local.conf'), "work_mem = '7MB'\n")
    await stopEmbedded({ home, log })
    urlOf(await project.run('ensure', { home }))
    expect(await query(url, 'show work_mem')).toEqual([{ work_mem: '7MB' }])
  }, 30_000)
})
