import type { Installation } from './installation.ts'
import { commandLine, JOBS, type Job, toCalendar } from './jobs.ts'

export interface ServiceFacts {
  installation: Installation
  /** Who the services run as. */
  user: string
  /** Whether Storyline runs its own PostgreSQL. */
  isEmbedded: boolean
  /** Folders with the state of the embedded database. */
  stateFolders: readonly string[]
  mediaFolder: string
  backupFolder: string
  /** Where LOG_FILE is; null: there is none. */
  logFolder: string | null
  /** Secrets that stand in files: systemd reads them as root and hands them over. */
  credentials: readonly { name: string; path: string }[]
}

export interface Unit {
  /** File name. */
  name: string
  text: string
}

/** In the first line of every unit, so that a file of somebody else is known. */
export const UNIT_MARK = '# Written by `storyline install-service`'

const DATABASE = 'storyline-database.service'

/** Everything to install; `timers`: the jobs of cron as well. */
export function makeUnits(facts: ServiceFacts, { timers }: { timers: boolean }): Unit[] {
  return [
    ...(facts.isEmbedded ? [databaseUnit(facts)] : []),
    botUnit(facts),
    ...(timers ? JOBS.flatMap((job) => [jobUnit(facts, job), timerUnit(job)]) : []),
  ]
}

/** A unit of its own, because inside the bot's it would be started and stopped with the bot. */
function databaseUnit(facts: ServiceFacts): Unit {
  return unit(DATABASE, [
    '[Unit]',
    'Description=Storyline database',
    'After=network.target',
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    ...whoAndWhere(facts),
    execLine('ExecStart', facts, 'db start'),
    execLine('ExecStop', facts, 'db stop'),
    '# A clean stop writes everything to the disk; an SD card takes its time.',
    'TimeoutStopSec=5min',
    // Its first start makes the folder of the state.
    ...hardening(facts, [facts.installation.home, ...facts.stateFolders]),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ])
}

function botUnit(facts: ServiceFacts): Unit {
  return unit('storyline-bot.service', [
    '[Unit]',
    'Description=Storyline bot',
    ...after(facts),
    '# It is never given up: a network or a database may be away for a night.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    ...whoAndWhere(facts),
    execLine('ExecStart', facts, 'bot'),
    'Restart=always',
    'RestartSec=10',
    '# Its answer to SIGTERM.',
    'SuccessExitStatus=143',
    'TimeoutStopSec=30',
    ...survivingDatabase(facts),
    ...hardening(facts, facts.stateFolders),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ])
}

function jobUnit(facts: ServiceFacts, job: Job): Unit {
  return unit(`storyline-${job.command}.service`, [
    '[Unit]',
    `Description=Storyline: ${job.command}`,
    ...after(facts),
    '',
    '[Service]',
    'Type=oneshot',
    ...whoAndWhere(facts),
    execLine('ExecStart', facts, commandLine(job)),
    ...survivingDatabase(facts),
    ...hardening(facts, [facts.installation.home, ...facts.stateFolders, facts.backupFolder]),
  ])
}

function timerUnit(job: Job): Unit {
  return unit(`storyline-${job.command}.timer`, [
    '[Unit]',
    `Description=Storyline: ${job.command}`,
    '',
    '[Timer]',
    `OnCalendar=${toCalendar(job)}`,
    'AccuracySec=10s',
    // After a night without power the backup is made up for; a tick comes soon enough by itself.
    ...(job.times.hour === null ? [] : ['Persistent=true']),
    '',
    '[Install]',
    'WantedBy=timers.target',
  ])
}

function unit(name: string, lines: readonly string[]): Unit {
  const mark = `${UNIT_MARK}; change it with \`systemctl edit ${name}\`.`
  return { name, text: `${[mark, ...lines].join('\n')}\n` }
}

function after({ isEmbedded }: ServiceFacts): string[] {
  const wanted = `network-online.target${isEmbedded ? ` ${DATABASE}` : ''}`
  return [`Wants=${wanted}`, `After=${wanted}`]
}

/** A command that finds the database dead starts it; ending the command must not end it again. */
function survivingDatabase({ isEmbedded }: ServiceFacts): string[] {
  return isEmbedded ? ['# A database that it had to start outlives it.', 'KillMode=process'] : []
}

function whoAndWhere({ installation, user, credentials }: ServiceFacts): string[] {
  return [
    `User=${user}`,
    `Environment=${quote(`STORYLINE_HOME=${installation.home}`)}`,
    ...credentials.flatMap(({ name, path }) => [
      `LoadCredential=${name}:${path.replaceAll('%', '%%')}`,
      `Environment=${name}_FILE=%d/${name}`,
    ]),
  ]
}

function execLine(key: string, { installation: { node, launcher } }: ServiceFacts, command: string): string {
  // `$` begins a variable in arguments, but not in the program's own path.
  return `${key}=${quote(node)} ${quote(launcher).replaceAll('$', '$$$$')} ${command}`
}

/** A word as systemd.syntax(7) reads it back; `%` would begin a specifier. */
function quote(word: string): string {
  const escaped = word.replaceAll('%', '%%').replace(/["\\]/g, '\\$&')
  return /[\s"'\\;]/.test(word) ? `"${escaped}"` : escaped
}

const HOMES = ['/home', '/root', '/run/user']
const TEMPORARY = ['/tmp', '/var/tmp']

/** No more than the command needs. Nothing is writable but what is named. */
function hardening(facts: ServiceFacts, writable: readonly string[]): string[] {
  const { installation, user, mediaFolder, backupFolder, logFolder } = facts
  const logs = logFolder === null ? [] : [logFolder]
  const used = [...Object.values(installation), ...facts.stateFolders, mediaFolder, backupFolder, ...logs]
  const isUsed = (folders: readonly string[]) => used.some((path) => folders.some((folder) => isBelow(folder, path)))
  // A folder that is missing (a disk that is not mounted) must not keep the service from starting.
  const paths = [...new Set([...writable, ...logs])].map((path) => quote(`-${path}`))
  return [
    'UMask=0077',
    'ProtectSystem=strict',
    ...(paths.length > 0 ? [`ReadWritePaths=${paths.join(' ')}`] : []),
    `ProtectHome=${isUsed(HOMES) ? 'read-only' : 'yes'}`,
    ...(isUsed(TEMPORARY) ? [] : ['PrivateTmp=yes']),
    ...COMMON_HARDENING,
    // Root without its capabilities could not even become the user that PostgreSQL runs as.
    ...(user === 'root' ? [] : ['CapabilityBoundingSet=']),
    '# No MemoryDenyWriteExecute: node compiles JavaScript to machine code while it runs.',
  ]
}

const COMMON_HARDENING = [
  'NoNewPrivileges=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'LockPersonality=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
]

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
