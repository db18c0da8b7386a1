import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { CronJob } from './cron.ts'

export interface CronRun {
  code: number | null
  /** What cron would mail. */
  stdout: string
  stderr: string
}

/**
 * Runs a line as cron does: `/bin/sh` in the home of the user, with the assignments of the crontab and else nothing but what
 * cron(8) itself sets.
 */
export async function runAsCron({ command, stdin, variables }: CronJob, userHome: string): Promise<CronRun> {
  const shell = variables.SHELL ?? '/bin/sh'
  const env = { HOME: userHome, LOGNAME: 'pi', PATH: '/usr/bin:/bin', ...variables, SHELL: shell }
  const child = spawn(shell, ['-c', command], { env, cwd: userHome, stdio: ['pipe', 'pipe', 'pipe'] })
  // One that does not read it may have ended before.
  child.stdin.on('error', () => {}).end(stdin)
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}
