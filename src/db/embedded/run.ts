import { spawn } from 'node:child_process'

/** The user a child runs as when we are root, because PostgreSQL refuses root. */
export interface Account {
  uid: number
  gid: number
  name: string
}

/** Environment of every child: nothing of ours (PGDATA, LD_LIBRARY_PATH, LC_*) may change what PostgreSQL does. */
export const CHILD_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' }

/** Most of the output that is kept, in characters: enough for the last lines of an error. */
const MAX_OUTPUT_CHARS = 16_384

/** Longest wait for a helper program, in seconds; initdb on a slow SD card takes about a minute. */
const TIMEOUT_SECONDS = 600

export interface Finished {
  ok: boolean
  /** The end of stdout and stderr together. */
  output: string
}

/** How Node wants to be told the user. With both ids given it also drops root's supplementary groups (libuv, uv__process_child_init). */
export function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {}
}

/** Runs a helper program to its end; a program that cannot be started is a failure like any other. */
export function run(
  file: string,
  args: string[],
  { account, input = '' }: { account?: Account | undefined; input?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...asAccount(account),
      // The current folder may be one that the other user cannot enter.
      cwd: '/',
      env: CHILD_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // Not spawn's own `timeout`: its timer stays when the program cannot be started, and keeps the command from ending.
    const timer = setTimeout(() => child.kill(), TIMEOUT_SECONDS * 1000)
    let output = ''
    const keep = (chunk: string) => {
      output = (output + chunk).slice(-MAX_OUTPUT_CHARS)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    // A child that ends before it read its input is judged by its exit code.
    child.stdin.on('error', () => {}).end(input)
    const finish = (finished: Finished) => {
      clearTimeout(timer)
      resolve(finished)
    }
    child.on('error', (error) => finish({ ok: false, output: error.message }))
    child.on('close', (code) => finish({ ok: code === 0, output }))
  })
}
