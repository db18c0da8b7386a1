import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SETTINGS } from '../src/settings.ts'
import { findLeaks, formsOf } from './trouble/leaks.ts'
import { type Observed, observe, type Situation } from './trouble/observe.ts'
import { ROWS } from './trouble/table.ts'
import { openWorkplace, type Workplace } from './trouble/workplace.ts'

let place: Workplace
let recipient: string
beforeAll(async () => {
  place = await openWorkplace()
  recipient = await identityToRecipient(await generateIdentity())
})
afterAll(() => place.close())

/** Hard to hide: characters that mean something in a URL, in JSON, in SQL and in a shell. */
const HARD = `canary p@ss/w:rd "100%" 'it\\s' $HOME`

/** Values of secret settings that no stand-in has one for. */
const OWN = { DB_PASSWORD: HARD, HEARTBEAT_URL: 'http://127.0.0.1:9/canary-heartbeat-c0ffee' }

/** Secrets that are not even well formed: the error about them must not repeat them. */
const MALFORMED = {
  TELEGRAM_BOT_TOKEN: 'canary-malformed-bot-token',
  STORYLINE_SECRET_KEY: 'canary-malformed-secret-key',
  HEARTBEAT_URL: 'canary-malformed-heartbeat',
  DATABASE_URL: 'canary-malformed-database-url',
}

const REFUSED = () => ({
  TELEGRAM_BOT_TOKEN: '1234567890:AAcanary_of-a-token-that-is-refused-0',
  ACCESS_TOKEN: `${place.graph.tokens.page}x`,
  APP_SECRET: 'c0ffeec0ffeec0ffeec0ffeec0ffee00',
  CLOUDINARY_API_SECRET: 'canary-Cloudinary_Secret-0123',
})

/** The same server, by its parts. */
function wrongPassword(databaseUrl: string): Record<string, string> {
  const { hostname, port, username, pathname } = new URL(databaseUrl)
  return { DATABASE_URL: '', DB_HOST: hostname, DB_PORT: port, DB_USER: username, DB_NAME: pathname.slice(1) }
}

const NOBODY = 'http://127.0.0.1:9'

/** The first one runs by itself: it shall find the stories that are due. */
const EVERY_LINE = [
  'process-queue',
  ...ROWS.map(({ words }) => words.join(' ')),
  'check-health --alert-on-error',
  'refresh-token --force',
  'backup --config',
  'config get TELEGRAM_BOT_TOKEN',
  'config get DATABASE_URL',
  'help environment',
  'list-service-runs --limit 100',
  // It is there to print the password.
].filter((line) => line !== 'db url')

/** Those that tell Telegram, Meta or a media host who they are. */
const OUTSIDE = EVERY_LINE.filter((line) => /^(process|bot|test-|instagram|check-|refresh)/.test(line))

const SITUATIONS: Record<string, Situation> = {
  'all is well': { lines: EVERY_LINE, modes: ['--verbose'] },
  'the secrets stand in files of their own': { origin: 'files', lines: EVERY_LINE, modes: ['--json'] },
  'the secrets stand in .env': { origin: '.env', lines: EVERY_LINE, modes: [''] },
  'backups are encrypted': {
    origin: '.env',
    env: () => ({ BACKUP_RECIPIENT: recipient }),
    lines: ['backup', 'backup --config', 'verify-backups'],
    modes: ['--verbose'],
  },
  'the database refuses the password': { env: wrongPassword, lines: EVERY_LINE, modes: ['--verbose --json'] },
  'every token is refused': { env: REFUSED, lines: OUTSIDE, modes: ['--verbose', '--json'] },
  'nobody answers outside': {
    env: () => ({ TELEGRAM_API_ROOT: NOBODY, INSTAGRAM_API_ROOT: NOBODY, CLOUDINARY_UPLOAD_PREFIX: NOBODY }),
    // The bot would wait for the network.
    lines: OUTSIDE.filter((line) => line !== 'bot'),
    modes: ['--verbose', '--json'],
  },
  'S3 is the media host': { env: () => ({ MEDIA_HOST: 's3' }), lines: OUTSIDE, modes: ['--verbose'] },
  'S3 refuses the key': {
    env: () => ({ MEDIA_HOST: 's3', S3_SECRET_ACCESS_KEY: 'canary/S3+Secret/0123456789abcdef' }),
    lines: ['process-queue', 'test-api', 'check-health'],
    modes: ['--verbose', '--json'],
  },
  'the secrets are malformed': {
    env: () => MALFORMED,
    lines: [
      'process-queue',
      'bot',
      'check-health',
      'config list',
      'config get HEARTBEAT_URL',
      'db status',
      'init',
      'version',
    ],
    modes: ['--verbose', '--json'],
  },
}

/** Everything that is secret here; of a connection string only the password is. */
function canariesOf({ secrets, databaseUrl }: Observed): Record<string, string> {
  const { DATABASE_URL: _, ...others } = secrets
  const { userShort, user, page, instagram } = place.graph.tokens
  const databasePassword = decodeURIComponent(new URL(databaseUrl).password)
  return { ...others, databasePassword, userShort, user, page, instagram, malformedUrl: MALFORMED.DATABASE_URL }
}

function leaksIn(observed: Observed): string[] {
  const canaries = canariesOf(observed)
  return Object.entries(observed.seen).flatMap(([where, text]) =>
    findLeaks(text, canaries).map((leak) => `${where}: ${leak}`),
  )
}

describe.each(Object.entries(SITUATIONS))('%s', (_, situation) => {
  it('and no secret appears in output, process list, log, backups, database or Telegram', async () => {
    const observed = await observe(place, OWN, situation)
    expect(leaksIn(observed)).toEqual([])
    expect(observed.ran.filter(({ finished }) => finished.code === null)).toEqual([])
  }, 300_000)
})

it('a secret that is typed where it does not belong is not repeated', async () => {
  const observed = await observe(place, OWN, {
    lines: [
      'config set ACCESS_TOKEN $SECRET',
      'instagram connect $SECRET',
      'restore $BACKUP --into postgresql://u:$SECRET@127.0.0.1:9/x',
    ],
    modes: ['--verbose', '--json'],
  })
  // Here it is the person who shows it.
  const { 'process list': _, ...seen } = observed.seen
  expect(leaksIn({ ...observed, seen })).toEqual([])
  expect(observed.ran.map(({ finished }) => finished.code)).toEqual([2, 2, 1, 2, 2, 1])
})

describe('the search itself', () => {
  it('knows every secret setting, and each has a value', async () => {
    const { secrets } = await observe(place, OWN, { lines: ['version'], modes: [''] })
    const names = Object.values(SETTINGS).flatMap((spec) => ('secret' in spec ? [spec.name] : []))
    expect(Object.keys(secrets).sort()).toEqual(names.sort())
  })

  it('looks at what there is: deliveries, sealed tokens, the ledger, the dump, other programs', async () => {
    const { seen } = await observe(place, OWN, {
      lines: [
        'process-queue',
        'instagram connect --token-file $TOKEN --account first_brand',
        'test-api',
        'db psql',
        'backup',
      ],
      modes: ['--verbose'],
    })
    expect(seen.Telegram).toContain('plan-1')
    expect(seen.database).toMatch(/^stored_secrets: \(instagram_token,/m)
    expect(seen.database).toMatch(/^service_runs: .*process-queue/m)
    expect(seen['process list']).toContain('storyline.js\0process-queue')
    expect(seen['calls of other programs']).toMatch(/psql/)
    expect(seen['log and backups']).toMatch(/COPY|insert into/i)
    expect(seen['log and backups']).toContain('"command":"process-queue"')
    expect(seen['log and backups']).toContain('storyline-2')
  })

  it.each(Object.keys(formsOf(HARD)))('finds a secret: %s', (form) => {
    const leak = formsOf(HARD)[form]
    expect(findLeaks(`before ${leak} after`, { HARD })).toContain(`HARD, ${form}`)
  })

  it.each([0, 1, 2, 3])('finds a secret in base64 with %i characters before it', (count) => {
    const text = Buffer.from(`${'x'.repeat(count)}${HARD}y`).toString('base64')
    expect(findLeaks(text, { HARD })).not.toEqual([])
  })
})
