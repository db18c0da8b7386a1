import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A cron that this machine has and that can run apart from the machine's own: as root, with folders of its own mounted where it
 * looks. Empty when there is none. (busybox's does not know the assignments of a crontab.)
 */
export function findCrons(): string[] {
  const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0 && process.getuid?.() === 0
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  const found = folders
    .flatMap((folder) => ['cron', 'crond'].map((name) => join(folder, name)))
    .find((path) => existsSync(path))
  const isBusybox = found !== undefined && readFileSync(found).includes('busybox')
  return canMount && found !== undefined && !isBusybox ? [found] : []
}

export interface RealCron {
  child: ChildProcess
  /** The jobs that ended, each with all that it said. */
  ended(): { command: string; code: number; said: string }[]
}

/** Starts cron with this crontab for root, in the foreground. `folder` is empty, and has no odd character in its path. */
export function startCron(program: string, crontab: string, folder: string): RealCron {
  const shell = join(folder, 'shell')
  // Cron would mail what a job says, to nobody here.
  const script = `#!/bin/sh
/bin/sh "$@" > "${folder}/$$.said" 2>&1
code=$?
printf '%s %s' "$code" "$2" > "${folder}/$$.new" && mv "${folder}/$$.new" "${folder}/$$.ended"
`
  writeFileSync(shell, script)
  chmodSync(shell, 0o755)
  // Debian and Red Hat look at different places.
  const spool = join(folder, 'spool')
  mkdirSync(join(spool, 'cron/crontabs'), { recursive: true })
  for (const file of ['cron/root', 'cron/crontabs/root'])
    writeFileSync(join(spool, file), `SHELL=${shell}\n${crontab}`, { mode: 0o600 })
  const own = `mount --bind "$1" /var/spool && mount -t tmpfs tmpfs /run || exit 99
for folder in /etc/cron.d; do [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder"; done
for file in /etc/crontab; do [ ! -f "$file" ] || mount --bind /dev/null "$file"; done
exec "$0" ${program.endsWith('crond') ? '-n' : '-f'}`
  const child = spawn('unshare', ['--mount', 'sh', '-c', own, program, spool], { stdio: 'ignore', cwd: '/' })
  const ended = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ended'))
      .map((name) => {
        const [, code, command = ''] = /^(\d+) (.*)$/s.exec(readFileSync(join(folder, name), 'utf8')) ?? []
        return { command, code: Number(code), said: readFileSync(join(folder, name.replace('ended', 'said')), 'utf8') }
      })
  return { child, ended }
}
