import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, inject } from 'vitest'
import type { Finished } from '../support/cli.ts'
import type { Expected } from './table.ts'

/** For a test or a hook on a machine with much else to do, in milliseconds. */
export const PATIENCE = 120_000

/** A folder in which nobody may write, not even root. */
export const READ_ONLY = existsSync('/sys/kernel') ? '/sys/kernel' : '/System'

export interface Start {
  env: Readonly<Record<string, string>>
  /** What the shell does before it becomes the command; `$0` is `spare`. */
  before?: string
  /** A path where nothing is. */
  spare?: string
  /** Nobody reads what it prints, as with `| head -0`. */
  isUnread?: boolean
  /** Called once with the process. */
  onStart?(pid: number): void
}

/** Runs `storyline …` with nothing but `env` in its environment; the bot is stopped as soon as it listens. */
export function runCell(words: readonly string[], start: Start): Promise<Finished> {
  const { env, before = 'cd /', spare = '', isUnread = false } = start
  const args = ['-c', `${before} && exec "$@"`, spare, process.execPath, inject('launcher'), ...words]
  const child = spawn('/bin/sh', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid !== undefined) start.onStart?.(child.pid)
  const text = { stdout: '', stderr: '' }
  const hear = (name: keyof typeof text, chunk: string) => {
    text[name] += chunk
    if (chunk.includes('storyline bot: listening')) child.kill('SIGTERM')
  }
  if (isUnread) child.stdout.destroy()
  else child.stdout.setEncoding('utf8').on('data', (chunk: string) => hear('stdout', chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => hear('stderr', chunk))
  return ended(child, text)
}

function ended(child: ChildProcess, text: { stdout: string; stderr: string }): Promise<Finished> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...text }))
  })
}

/** The bot has no result, and psql's is not ours. */
const WITHOUT_RESULT = ['bot', 'db psql']

/** The exit code, and one clear message: for people on stderr, the same for scripts on stdout, never a stack. */
export function expectTold(words: readonly string[], finished: Finished, { code, isReport }: Expected, error?: string) {
  const { stdout, stderr } = finished
  expect({ code: finished.code, stderr }).toMatchObject({ code, stderr: expect.not.stringMatching(STACK) })
  if (isReport || !isError(code)) {
    if (!WITHOUT_RESULT.includes(words.join(' '))) expect(JSON.parse(stdout)).not.toHaveProperty('error')
    return
  }
  const told = JSON.parse(stdout).error
  expect(told).toEqual({
    code: error ?? expect.stringMatching(/^[a-z_]+$/),
    message: expect.any(String),
    fix: told.fix,
  })
  expect(stderr).toBe(`storyline: ${told.message}${told.fix ? `\n  ${told.fix}` : ''}\n`)
  // Whatever is wrong around a command, somebody can do something about it.
  if (error !== undefined) expect(told.fix).toEqual(expect.any(String))
}

/** The same where nobody reads stdout. */
export function expectQuiet(finished: Finished, { code, isReport }: Expected): void {
  const { stderr } = finished
  expect({ code: finished.code, stderr }).toMatchObject({ code, stderr: expect.not.stringMatching(STACK) })
  if (isError(code) && !isReport) expect(stderr.match(/^storyline: /gm)).toHaveLength(1)
}

const STACK = /\n\s+at |Unexpected error/
const isError = (code: number) => code > 0 && code < 128
