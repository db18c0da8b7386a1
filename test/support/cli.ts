import { type ChildProcess, spawn } from 'node:child_process'
import { inject } from 'vitest'

export interface RunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Text for stdin; without it stdin is closed. */
  input?: string
}

export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Running {
  child: ChildProcess
  done: Promise<Finished>
  stdout(): string
  stderr(): string
}

/** Starts `storyline …` as a process of its own, with nothing of this process's environment but PATH. */
export function startStoryline(args: readonly string[], { env = {}, cwd = '/', input }: RunOptions = {}): Running {
  const child = spawn(process.execPath, [inject('launcher'), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
  })
  if (input !== undefined) child.stdin?.end(input)
  const done = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...text }))
  })
  return { child, done, stdout: () => text.stdout, stderr: () => text.stderr }
}

/** Runs `storyline …` to its end. */
export function runStoryline(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return startStoryline(args, options).done
}
