import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { makeUnits, type ServiceFacts } from '../../src/setup/units.ts'

const PI: ServiceFacts = {
  installation: {
    home: '/home/pi/storyline',
    node: '/usr/bin/node',
    launcher: '/home/pi/storyline/bin/storyline.js',
  },
  user: 'pi',
  isEmbedded: true,
  stateFolders: ['/home/pi/storyline/.storyline'],
  mediaFolder: '/home/pi/storyline/media',
  backupFolder: '/mnt/disk/backups',
  logFolder: null,
  credentials: [],
}
const OWN_DATABASE: Partial<ServiceFacts> = { isEmbedded: false, stateFolders: [] }

const unitsOf = (facts: Partial<ServiceFacts> = {}, timers = false) => makeUnits({ ...PI, ...facts }, { timers })
const namesOf = (...args: Parameters<typeof unitsOf>) => unitsOf(...args).map(({ name }) => name)
const textOf = (name: string, facts: Partial<ServiceFacts> = {}) =>
  unitsOf(facts, true).find((unit) => unit.name === name)?.text ?? ''
/** Values of a key, in order. */
const valuesOf = (text: string, key: string) =>
  text.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? line.slice(key.length + 1) : []))
const bot = (key: string, facts?: Partial<ServiceFacts>) => valuesOf(textOf('storyline-bot.service', facts), key)

describe('which units there are', () => {
  it('the bot always, the database only when it is embedded', () => {
    expect(namesOf()).toEqual(['storyline-database.service', 'storyline-bot.service'])
    expect(namesOf(OWN_DATABASE)).toEqual(['storyline-bot.service'])
  })

  it('with timers every job of cron, with a service of its own', () => {
    const jobs = namesOf(OWN_DATABASE, true).slice(1)
    expect(jobs.filter((name) => name.endsWith('.timer'))).toHaveLength(7)
    expect(jobs.filter((name) => name.endsWith('.service'))).toHaveLength(7)
    const timer = textOf('storyline-check-health.timer')
    expect(valuesOf(timer, 'OnCalendar')).toEqual(['*-*-* *:7,22,37,52:00'])
    expect(valuesOf(timer, 'Persistent')).toEqual([])
    expect(valuesOf(textOf('storyline-backup.timer'), 'Persistent')).toEqual(['true'])
    const exec = valuesOf(textOf('storyline-check-health.service'), 'ExecStart')
    expect(exec).toEqual(['/usr/bin/node /home/pi/storyline/bin/storyline.js check-health --alert-on-error --quiet'])
  })
})

describe('the bot', () => {
  it('is kept running, whatever ends it, and 143 is its answer to being stopped', () => {
    expect([bot('Restart'), bot('StartLimitIntervalSec'), bot('SuccessExitStatus')]).toEqual([
      ['always'],
      ['0'],
      ['143'],
    ])
    expect(bot('ExecStart')).toEqual(['/usr/bin/node /home/pi/storyline/bin/storyline.js bot'])
    expect([bot('User'), bot('Environment')]).toEqual([['pi'], ['STORYLINE_HOME=/home/pi/storyline']])
  })

  it('comes after the network, and after the database when that is ours; a database that it started outlives it', () => {
    expect(bot('After')).toEqual(['network-online.target storyline-database.service'])
    expect([bot('After', OWN_DATABASE), bot('KillMode')]).toEqual([['network-online.target'], ['process']])
    expect(bot('KillMode', OWN_DATABASE)).toEqual([])
  })

  it.each([
    ['ProtectSystem', 'strict'],
    ['NoNewPrivileges', 'yes'],
    ['PrivateTmp', 'yes'],
    ['PrivateDevices', 'yes'],
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6'],
    ['SystemCallFilter', '@system-service'],
    ['CapabilityBoundingSet', ''],
    ['UMask', '0077'],
  ])('is locked in: %s=%s', (key, value) => {
    expect(bot(key)).toEqual([value])
  })

  it('may write only the state of the embedded database and the log, and nothing when there are none', () => {
    expect(bot('ReadWritePaths')).toEqual(['-/home/pi/storyline/.storyline'])
    expect(bot('ReadWritePaths', OWN_DATABASE)).toEqual([])
    const stateFolders = ['/srv/s/.storyline', '/var/lib/storyline/1']
    expect(bot('ReadWritePaths', { stateFolders })).toEqual(['-/srv/s/.storyline -/var/lib/storyline/1'])
    expect(bot('ReadWritePaths', { ...OWN_DATABASE, logFolder: '/var/log/storyline' })).toEqual(['-/var/log/storyline'])
  })

  it('is not forbidden to make code while it runs: node must', () => {
    expect(bot('MemoryDenyWriteExecute')).toEqual([])
  })

  it('root keeps its capabilities: without them it could not become the user of PostgreSQL', () => {
    expect(bot('CapabilityBoundingSet', { user: 'root' })).toEqual([])
  })
})

describe('homes are hidden as far as they are not needed', () => {
  const away = {
    installation: { home: '/srv/s', node: '/usr/bin/node', launcher: '/opt/storyline/bin/storyline.js' },
    stateFolders: ['/srv/s/.storyline'],
    mediaFolder: '/srv/s/media',
  }
  test.each<[what: string, facts: Partial<ServiceFacts>, protectHome: string]>([
    ['STORYLINE_HOME in a home', {}, 'read-only'],
    ['everything elsewhere', away, 'yes'],
    ['pictures in a home', { ...away, mediaFolder: '/home/pi/pictures' }, 'read-only'],
    ['node of nvm', { ...away, installation: { ...away.installation, node: '/root/.nvm/node' } }, 'read-only'],
    ['backups in a home', { ...away, backupFolder: '/home/pi/backups' }, 'read-only'],
    ['a folder that only begins like one', { ...away, mediaFolder: '/homes/pi' }, 'yes'],
  ])('%s: %s', (_, facts, protectHome) => {
    expect(bot('ProtectHome', facts)).toEqual([protectHome])
  })

  it('a temporary folder that is used stays shared', () => {
    expect(bot('PrivateTmp', { ...away, backupFolder: '/tmp/backups' })).toEqual([])
    expect(bot('PrivateTmp', away)).toEqual(['yes'])
  })
})

it('jobs may write what they make: backups, and what they find missing in the home', () => {
  const paths = valuesOf(textOf('storyline-backup.service'), 'ReadWritePaths')
  expect(paths).toEqual(['-/home/pi/storyline -/home/pi/storyline/.storyline -/mnt/disk/backups'])
})

it('secrets in files come as credentials, which win over .env', () => {
  const credentials = [{ name: 'TELEGRAM_BOT_TOKEN', path: '/etc/secrets/bot token 100%' }]
  for (const { name, text } of unitsOf({ credentials }, true)) {
    if (name.endsWith('.timer')) continue
    expect(valuesOf(text, 'LoadCredential')).toEqual(['TELEGRAM_BOT_TOKEN:/etc/secrets/bot token 100%%'])
    expect(valuesOf(text, 'Environment')).toContain('TELEGRAM_BOT_TOKEN_FILE=%d/TELEGRAM_BOT_TOKEN')
  }
})

describe('paths with odd characters', () => {
  const home = '/srv/my "story" $1 50% \\ x'
  const facts = {
    installation: { home, node: '/opt/my node/$n', launcher: `${home}/bin/storyline.js` },
    stateFolders: [`${home}/.storyline`],
  }
  it('are quoted as systemd reads them', () => {
    const quoted = '/srv/my \\"story\\" $1 50%% \\\\ x'
    expect(bot('Environment', facts)).toEqual([`"STORYLINE_HOME=${quoted}"`])
    expect(bot('ReadWritePaths', facts)).toEqual([`"-${quoted}/.storyline"`])
    expect(bot('ExecStart', facts)).toEqual([`"/opt/my node/$n" "${quoted.replace('$', '$$$$')}/bin/storyline.js" bot`])
  })
})

describe.runIf(existsSync('/usr/bin/systemd-analyze'))('systemd itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'storyline-units-'))
  beforeAll(() => symlinkSync(process.execPath, join(folder, 'my node 50% $1')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each<[what: string, facts: Partial<ServiceFacts>]>([
    ['a Pi', {}],
    ['a database of its own', OWN_DATABASE],
    ['credentials', { credentials: [{ name: 'ACCESS_TOKEN', path: '/etc/my secrets/token' }] }],
    ['node in an odd place', { installation: { ...PI.installation, node: join(folder, 'my node 50% $1') } }],
    ['an odd home', { stateFolders: ['/srv/my "story" 50% x/.storyline'], mediaFolder: '/srv/a b' }],
  ])('has nothing to say against the units of %s', (_, facts) => {
    // It wants a program and a user that exist here.
    const here = { user: 'daemon', installation: { ...PI.installation, node: process.execPath }, ...facts }
    const paths = unitsOf(here, true).map(({ name, text }) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    })
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })
})
