import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isRoot } from '../../src/db/embedded/account.ts'

/** A unit as systemd.syntax(7) reads it: values by key, in their order. */
export type UnitText = ReadonlyMap<string, readonly string[]>

export function parseUnit(unit: string): UnitText {
  const values = new Map<string, string[]>()
  for (const line of unit.split('\n')) {
    if (line === '' || /^[#;[]/.test(line)) continue
    const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (key === undefined) throw new Error(`not a line of a unit: ${line}`)
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return values
}

/** The units of `install-service --print`, by name. */
export function splitUnits(printed: string): Map<string, string> {
  const parts = printed.split(/^# \/etc\/systemd\/system\/(\S+)\n/m).slice(1)
  return new Map(parts.flatMap((name, at) => (at % 2 === 0 ? [[name, parts[at + 1] ?? ''] as const] : [])))
}

/** Words, in quotes or not, with the specifiers that are replaced in them. */
function readWords(value: string, specifiers: Readonly<Record<string, string>>): string[] {
  const words = [...value.matchAll(/"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
  return words.map((word) =>
    word.replace(/\\(.)/g, '$1').replace(/%(.)/g, (_, letter: string) => {
      const found = specifiers[letter]
      if (found === undefined) throw new Error(`no specifier %${letter} in ${value}`)
      return found
    }),
  )
}

export interface ServiceRun {
  code: number | null
  said: string
}

export interface Service {
  child: ChildProcess
  done: Promise<ServiceRun>
}

/** How near to systemd a service runs: as whom and with what always; `strict` also with everything else read-only. */
export type Confinement = 'plain' | 'strict'

export interface Machine {
  confinement: Confinement
  /** Home folder of the user, as the system knows it. */
  userHome: string
}

/**
 * Runs a command of a unit (ExecStart, ExecStop) as systemd would: nothing of our environment, the unit's user, its variables
 * and credentials, its umask, `/` as folder.
 */
export function startUnit(unit: UnitText, key: 'ExecStart' | 'ExecStop', machine: Machine): Service {
  const [user = ''] = unit.get('User') ?? []
  const ids = readIds(user)
  const credentials = handOver(unit, ids, machine.userHome)
  const specifiers = { '%': '%', d: credentials }
  const [program = '', ...words] = readWords(unit.get(key)?.[0] ?? '', specifiers)
  // In arguments `$$` is a `$`; in the program's own path a `$` is nothing else.
  const args = words.map((word) => word.replaceAll('$$', '$'))
  const variables = (unit.get('Environment') ?? [])
    .flatMap((line) => readWords(line, specifiers))
    .map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    })
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    LANG: 'C.UTF-8',
    USER: user,
    LOGNAME: user,
    HOME: machine.userHome,
    SHELL: '/bin/sh',
    CREDENTIALS_DIRECTORY: credentials,
    INVOCATION_ID: '0123456789abcdef0123456789abcdef',
    ...Object.fromEntries(variables),
  }
  const writable = readWords(unit.get('ReadWritePaths')?.join(' ') ?? '', specifiers).map((path) =>
    path.replace(/^-/, ''),
  )
  const wrapped = machine.confinement === 'strict' ? confine(unit, { ids, writable }) : []
  const umask = ['sh', '-c', `umask ${unit.get('UMask')?.[0] ?? '0022'}; exec "$@"`, 'sh']
  const [file = '', ...rest] = [...wrapped, ...umask, program, ...args]
  const as = machine.confinement === 'strict' || !isRoot() ? {} : ids
  const child = spawn(file, rest, { ...as, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const done = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
    code,
    said: stdout + stderr,
  }))
  return { child, done }
}

function readIds(user: string): { uid: number; gid: number } {
  const ask = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout)
  return { uid: ask('-u'), gid: ask('-g') }
}

/** What LoadCredential= makes: copies that only the user may read, made by root. */
function handOver(unit: UnitText, { uid, gid }: { uid: number; gid: number }, below: string): string {
  const folder = mkdtempSync(join(below, 'credentials-'))
  for (const line of unit.get('LoadCredential') ?? []) {
    const [, name = '', path = ''] = /^([^:]+):(.*)$/.exec(line) ?? []
    copyFileSync(path.replaceAll('%%', '%'), join(folder, name))
    chmodSync(join(folder, name), 0o400)
    if (isRoot()) chownSync(join(folder, name), uid, gid)
  }
  if (!isRoot()) return folder
  chownSync(folder, uid, gid)
  // As systemd does; only root could clean that up.
  chmodSync(folder, 0o500)
  return folder
}

/** Who may do that: root, with unshare and setpriv of util-linux. */
export function canConfine(): boolean {
  return isRoot() && spawnSync('unshare', ['--mount', 'setpriv', '--no-new-privs', 'true']).status === 0
}

/** ProtectSystem=strict with its ReadWritePaths, NoNewPrivileges and an empty CapabilityBoundingSet. */
function confine(
  unit: UnitText,
  { ids, writable }: { ids: { uid: number; gid: number }; writable: readonly string[] },
): string[] {
  // What is missing is left out, as the `-` before it says.
  const script = `
    while [ "$1" != -- ]; do if [ -e "$1" ]; then mount --bind "$1" "$1" || exit 99; fi; shift; done; shift
    mount -o remount,bind,ro / || exit 99
    exec "$@"`
  const bounds = unit.get('CapabilityBoundingSet')?.[0] === '' ? ['--bounding-set=-all'] : []
  const privileges = unit.get('NoNewPrivileges')?.[0] === 'yes' ? ['--no-new-privs'] : []
  const who = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', '--inh-caps=-all']
  return [
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    ...writable,
    '--',
    'setpriv',
    ...who,
    ...bounds,
    ...privileges,
  ]
}
