import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { errorCode, UserError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The user's crontab as it is; empty when there is none. Anything unclear is an error: it must not be overwritten. */
export async function readCrontab(env: Environment): Promise<string> {
  const { code, stdout, stderr } = await run(['-l'], env)
  if (code === 0) return stdout
  // What Debian, cronie, macOS and busybox say; the exit code is that of every other failure too.
  if (/^(crontab: )?no crontab for |can't open .*No such file/im.test(stderr)) return ''
  throw refused('read', stderr)
}

/** Replaces the user's crontab and reads it back. */
export async function writeCrontab(env: Environment, crontab: string): Promise<void> {
  const { code, stderr } = await run(['-'], env, crontab)
  if (code !== 0) throw refused('change', stderr)
  // Some put a header of their own above it.
  if (!(await readCrontab(env)).endsWith(crontab))
    throw refused('change', 'it does not hold afterwards what was given to it')
}

async function run(args: readonly string[], env: Environment, input = '') {
  // Its messages are told apart below.
  const child = spawn('crontab', args, { env: { ...env, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' })
  // One that ends before it read its input is judged by its exit code.
  child.stdin.on('error', () => {}).end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]).catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT' ? missing(error) : error
  })
  return { code, stdout, stderr }
}

function missing(cause: unknown): UserError {
  return new UserError('The program crontab is not installed', {
    code: 'crontab_missing',
    fix: 'Install it (apt install cron), give the lines to another cron, or use `storyline install-service --timers`.',
    cause,
  })
}

function refused(what: 'read' | 'change', stderr: string): UserError {
  return new UserError(`crontab refused to ${what} the crontab: ${stderr.trim() || 'it did not say why'}`, {
    code: 'crontab_refused',
    fix: 'See crontab(1); `storyline install-cron --print` shows the lines, to be put there with `crontab -e`.',
  })
}
