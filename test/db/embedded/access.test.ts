import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePasswd } from '../../../src/db/embedded/account.ts'
import type { EmbeddedStatus } from '../../../src/db/embedded/control.ts'
import { embeddedStatus, stopEmbedded } from '../../../src/db/embedded/control.ts'
import { explainFileError } from '../../../src/db/embedded/files.ts'
import { readEmbeddedUrl } from '../../../src/db/embedded/url.ts'
import { isRoot, makeProject, type Project, query, type RunOptions, urlOf } from './harness.ts'

const log = () => {}
const NOBODY = parsePasswd(readFileSync('/etc/passwd', 'utf8')).find(({ name }) => name === 'nobody')
/** Somebody who is not root: `nobody` when root runs the tests, else whoever does. */
const SOMEBODY: RunOptions = isRoot && NOBODY ? { uid: NOBODY.uid, gid: NOBODY.gid } : {}

let project: Project
beforeAll(async () => {
  project = await makeProject()
}, 30_000)
afterAll(() => project.remove(), 30_000)

describe('a checkout in a folder that only its owner may enter', () => {
  let closed: Project
  let base = ''
  beforeAll(async () => {
    closed = await makeProject(0o700)
  }, 30_000)
  afterAll(() => closed.remove(), 30_000)

  it("works: for root from /var/lib/storyline, where the server's user can be; for others in place", async () => {
    const home = await closed.makeHome()
    const answer = await closed.run('ensure', { home })
    const url = urlOf(answer)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    const { dataFolder } = await embeddedStatus({ home })
    const location = join(home, '.storyline/location')
    if (isRoot) {
      base = readFileSync(location, 'utf8').trim()
      expect(base).toMatch(/^\/var\/lib\/storyline\/[0-9a-f]{16}$/)
      expect(dataFolder).toBe(`${base}/postgres/data`)
      expect(readdirSync(`${base}/binaries`)).toHaveLength(1)
      expect(existsSync(join(home, '.storyline/postgres'))).toBe(false)
    } else {
      expect(existsSync(location)).toBe(false)
      expect(dataFolder).toBe(join(home, '.storyline/postgres/data'))
    }
  }, 60_000)

  it('is found again by the next command, running and stopped', async () => {
    const home = await closed.makeHome('home 0')
    const url = readEmbeddedUrl(home)
    expect(url).toBeDefined()
    expect((await closed.run('ensure', { home })).ok).toEqual({ url, started: false, initialised: false })
    await stopEmbedded({ home, log })
    const again = await closed.run('ensure', { home })
    expect(again.ok).toEqual({ url, started: true, initialised: false })
    expect(again.log).not.toContain('copying')
  }, 60_000)

  it('refuses to start empty when the recorded folder is not there', async () => {
    const home = await closed.makeHome('home 0')
    if (!isRoot) return expect(existsSync(join(home, '.storyline/location'))).toBe(false)
    await stopEmbedded({ home, log })
    execFileSync('mv', [base, `${base}.unmounted`])
    const { error } = await closed.run('ensure', { home })
    execFileSync('mv', [`${base}.unmounted`, base])
    expect(error).toMatchObject({ code: 'embedded_data_missing' })
  }, 60_000)
})

describe('the user the server runs as', () => {
  it('is the owner of the home when root starts it, and both can use it then', async () => {
    const home = await project.makeHome()
    if (SOMEBODY.uid !== undefined) chownSync(home, SOMEBODY.uid, SOMEBODY.gid ?? 0)
    const url = urlOf(await project.run('ensure', { home }))
    expect(statSync(join(home, '.storyline/postgres/data')).uid).toBe(statSync(home).uid)
    expect((await project.run('ensure', { home }, SOMEBODY)).ok).toEqual({ url, started: false, initialised: false })
    expect((await project.run('stop', { home }, SOMEBODY)).ok).toEqual({ stopped: true })
    expect((await project.run('ensure', { home }, SOMEBODY)).ok).toMatchObject({ url, started: true })
    expect((await project.run('stop', { home })).ok).toEqual({ stopped: true })
  }, 60_000)

  it('is never root, and nobody else gets in: a clear error says whose it is', async () => {
    const home = await project.makeHome()
    urlOf(await project.run('ensure', { home }))
    const owner = statSync(join(home, '.storyline/postgres/data')).uid
    expect(owner).not.toBe(0)
    if (!isRoot) return expect(owner).toBe(process.getuid?.())
    const { error } = await project.run('ensure', { home }, SOMEBODY)
    const { ok } = await project.run<EmbeddedStatus>('status', { home }, SOMEBODY)
    expect(error).toMatchObject({ code: 'embedded_foreign' })
    expect(ok).toMatchObject({ state: 'foreign' })
    expect(error?.message).toContain(`belongs to ${ok?.owner}`)
    expect((await project.run('stop', { home }, SOMEBODY)).error).toMatchObject({ code: 'embedded_foreign' })
    // Whoever was given the connection file may use the server while it runs.
    chmodSync(join(home, '.storyline/postgres/connection.json'), 0o644)
    expect((await project.run('ensure', { home }, SOMEBODY)).ok).toMatchObject({ started: false })
    await stopEmbedded({ home, log })
    const stopped = await project.run('ensure', { home }, SOMEBODY)
    expect(stopped.error).toMatchObject({ code: 'embedded_foreign', message: expect.stringContaining('not running') })
  }, 60_000)

  it('gets a copy of the binaries when their library links can neither be found nor made', async () => {
    const home = await project.makeHome()
    const locked = await makeProject()
    if (SOMEBODY.uid !== undefined) chownSync(home, SOMEBODY.uid, SOMEBODY.gid ?? 0)
    chmodSync(join(locked.native, 'lib'), 0o555)
    const answer = await locked.run('ensure', { home }, SOMEBODY)
    expect(answer.log).toContain('copying PostgreSQL')
    expect(await query(urlOf(answer), 'select 1 as one')).toEqual([{ one: 1 }])
    chmodSync(join(locked.native, 'lib'), 0o755)
    await locked.remove()
  }, 60_000)

  it('says so when the home may not be written', async () => {
    const home = await project.makeHome()
    if (!isRoot) chmodSync(home, 0o555)
    const { error } = await project.run('ensure', { home }, SOMEBODY)
    chmodSync(home, 0o755)
    expect(error).toMatchObject({ code: 'embedded_not_permitted', message: expect.stringContaining('.storyline') })
  })
})

describe('a full disk', () => {
  it('is called by its name', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC', path: '/data/x' })
    expect(explainFileError(full, '/home')).toMatchObject({
      code: 'disk_full',
      message: expect.stringContaining('/data/x'),
    })
  })

  it('stops neither an init nor a start from being repeated once there is space', async () => {
    const home = join(project.folder, 'small disk')
    await mkdir(home)
    if (!canMount(home, '64m')) return expect(existsSync(home)).toBe(true)
    try {
      expect((await project.run('ensure', { home })).error).toMatchObject({ code: 'disk_full' })
      execFileSync('/bin/mount', ['-o', 'remount,size=160m', home])
      const url = urlOf(await project.run('ensure', { home }))
      await query(url, 'create table kept (n int)', 'insert into kept values (42)')
      await stopEmbedded({ home, log })
      fillDisk(join(home, 'ballast'))
      expect((await project.run('ensure', { home })).error).toMatchObject({ code: 'disk_full' })
      rmSync(join(home, 'ballast'))
      expect(await query(urlOf(await project.run('ensure', { home })), 'select n from kept')).toEqual([{ n: 42 }])
    } finally {
      await stopEmbedded({ home, log, mode: 'immediate' }).catch(log)
      execFileSync('/bin/umount', ['-l', home])
    }
  }, 60_000)
})

describe('passwd', () => {
  it('is read without root, comments and ids that no call accepts', () => {
    const text =
      '# a comment\nroot:x:0:0::/root:/bin/sh\nnobody:*:-2:-2::/:/bin/false\npi:x:1000:1001:Pi,,,:/home/pi:/bin/sh\n\n'
    expect(parsePasswd(text)).toEqual([{ name: 'pi', uid: 1000, gid: 1001 }])
  })
})

function canMount(folder: string, size: string): boolean {
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function fillDisk(file: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=64k'], { stdio: 'ignore' })
  } catch {
    // It ends with "no space left", which is the point.
  }
}
