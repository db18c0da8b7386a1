import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withLock } from '../../../src/db/embedded/lock.ts'
import { identifyProcess } from '../../../src/db/embedded/processes.ts'
import { makeProject, type Project, query, startDriver, urlOf } from './harness.ts'

const options = { owner: undefined, log: () => {} }
let temporary: string
let driver: string
let project: Project

beforeAll(async () => {
  project = await makeProject()
  driver = join(project.folder, 'dist/driver.js')
  temporary = await mkdtemp(join(tmpdir(), 'storyline-lock-'))
}, 30_000)
afterAll(async () => {
  await project.remove()
  await rm(temporary, { recursive: true, force: true })
}, 30_000)

describe('eight commands at once', () => {
  it('create one cluster and one server, and all get the same connection', async () => {
    const home = await project.makeHome()
    const answers = await Promise.all(Array.from({ length: 8 }, () => project.run('ensure', { home })))
    const urls = new Set(answers.map(urlOf))
    expect(urls.size).toBe(1)
    expect(answers.filter((answer) => answer.ok?.initialised)).toHaveLength(1)
    expect(answers.filter((answer) => answer.ok?.started)).toHaveLength(1)
    expect(await query([...urls][0] ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
  }, 60_000)

  it('start one server again after it was killed', async () => {
    const home = await project.makeHome()
    const url = urlOf(await project.run('ensure', { home }))
    await query(url, 'create table kept (n int)', 'insert into kept values (1)')
    const { ok } = await project.run<{ pid: number }>('status', { home })
    process.kill(ok?.pid ?? 0, 'SIGKILL')
    const answers = await Promise.all(Array.from({ length: 4 }, () => project.run('ensure', { home })))
    expect(new Set(answers.map(urlOf))).toEqual(new Set([url]))
    expect(answers.filter((answer) => answer.ok?.started)).toHaveLength(1)
    expect(await query(url, 'select n from kept')).toEqual([{ n: 1 }])
  }, 60_000)
})

describe('the lock', () => {
  it('is had by one at a time, however many want it, and every job runs', async () => {
    const folder = join(temporary, 'many')
    let inside = 0
    let ran = 0
    const job = async () => {
      expect(++inside).toBe(1)
      await sleep(1)
      inside--
      ran++
    }
    await Promise.all(Array.from({ length: 20 }, () => withLock(folder, options, job)))
    expect(ran).toBe(20)
    expect(readdirSync(folder)).toHaveLength(1)
  }, 30_000)

  it('is given back when the job fails', async () => {
    const folder = join(temporary, 'failing')
    const failing = withLock(folder, options, () => Promise.reject(new Error('broken job')))
    await expect(failing).rejects.toThrow('broken job')
    expect(await withLock(folder, options, async () => 'next')).toBe('next')
  })

  it('waits for a living holder in another process and takes over from a killed one', async () => {
    const folder = join(temporary, 'killed')
    const holder = startDriver(driver, ['hold', JSON.stringify({ folder })])
    await waitForLine(holder, 'held')
    let taken = false
    const next = withLock(folder, options, async () => {
      taken = true
    })
    await sleep(300)
    expect(taken).toBe(false)
    holder.kill('SIGKILL')
    await next
    expect(taken).toBe(true)
  }, 30_000)

  it('is taken over by exactly one of many when its holder is dead', async () => {
    const folder = join(temporary, 'stale')
    mkdirSync(folder)
    symlinkSync('999999999 1@dead', join(folder, '7'))
    let inside = 0
    const job = async () => {
      expect(++inside).toBe(1)
      await sleep(5)
      inside--
    }
    await Promise.all(Array.from({ length: 10 }, () => withLock(folder, options, job)))
    expect(Math.max(...readdirSync(folder).map(Number))).toBe(17)
  }, 30_000)

  it('is not held by a later process that got the same pid', async () => {
    const folder = join(temporary, 'reused')
    mkdirSync(folder)
    symlinkSync(`${process.pid} 1@another-boot`, join(folder, '3'))
    expect(await withLock(folder, options, async () => readlinkSync(join(folder, '4')))).toBe(
      await identifyProcess(process.pid),
    )
  })

  it('survives the removal of its folder between two uses', async () => {
    const folder = join(temporary, 'removed')
    await withLock(folder, options, async () => {})
    rmSync(folder, { recursive: true })
    expect(await withLock(folder, options, async () => 'again')).toBe('again')
  })
})

function waitForLine(child: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve) =>
    child.stdout?.on('data', (chunk: Buffer) => String(chunk).includes(line) && resolve()),
  )
}
