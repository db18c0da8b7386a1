import { inspect } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostName } from '../../src/db/schema.ts'
import { type Host, HostError, type HostedFile, type HostFailure } from '../../src/hosting/hosting.ts'
import { judgeHostedUrl } from '../../src/hosting/judge-url.ts'
import type { Trouble } from '../support/fake-hosts/faults.ts'
import type { Action } from '../support/fake-hosts/types.ts'
import { type FakeHosts, startFakeHosts } from '../support/fake-hosts.ts'
import { pattern } from '../support/pictures.ts'
import { runAlone } from './run-alone.ts'

type Env = Readonly<Record<string, string>>

interface HostOptions {
  timeoutSeconds: number
  uploadSeconds: number
}

/** What a provider says about itself, so that the suite can try it. */
export interface HostUnderTest {
  name: HostName
  /** The module and its function, for a process of its own. */
  module: string
  factory: string
  /** The provider's options out of the settings of the fake. */
  options(env: Env): Record<string, unknown>
  create(options: Record<string, unknown> & HostOptions): Host
  /** What must never be shown. */
  secrets(env: Env): string[]
  /** Settings that are spoiled, and those that the fix has to name. */
  spoiled: readonly (readonly [what: string, changes: Env, named: string])[]
  /** Answers of the provider, and what they mean for an upload; a string is to be found in the fix. */
  answers: readonly (readonly [
    what: string,
    answer: Extract<Trouble, { status: number }>,
    meaning: HostFailure['kind'],
    fix?: string,
  ])[]
}

const KEY = 'storyline/0192f3-1a2b3c4d'
/** Far below the deadline of a test, far above what a call to this machine takes. */
const PATIENT: HostOptions = { timeoutSeconds: 20, uploadSeconds: 20 }
const HASTY: HostOptions = { timeoutSeconds: 0.25, uploadSeconds: 0.25 }
/** For a process that has just begun. */
const BRIEF: HostOptions = { timeoutSeconds: 0.5, uploadSeconds: 0.5 }
const LARGE_BYTES = 24 * 1024 * 1024

let fake: FakeHosts
let picture: Buffer
let other: Buffer

/** The host with the settings of the fake. */
function open(subject: HostUnderTest, limits = PATIENT, changes: Env = {}): Host {
  return subject.create({ ...subject.options({ ...fake.env, ...changes }), ...limits })
}

/** The failure of a call that must fail, with a look at everything that could be shown of it. */
async function failureOf(subject: HostUnderTest, call: Promise<unknown>): Promise<HostFailure> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof HostError)) throw new Error(`Expected a HostError, got ${inspect(error)}`)
  const shown = [error.message, error.stack, inspect(error, { depth: 9 }), JSON.stringify(error.failure)].join('\n')
  for (const secret of subject.secrets(fake.env)) expect(shown).not.toContain(secret)
  expect(shown).not.toMatch(/signature=|[0-9a-f]{40}/i)
  return error.failure
}

const judge = (url: string, bytes: Buffer) =>
  judgeHostedUrl(url, { bytes: bytes.length }, { timeoutSeconds: 20, attempts: 1 })
const bytesAt = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer())
const made = (action: Action) => fake.calls().filter((call) => call.action === action)

/** What every hosting provider has to do. A new one passes this suite. */
export function describeHost(subject: HostUnderTest): void {
  beforeAll(async () => {
    picture = await pattern({ width: 108, height: 192 }).jpeg().toBuffer()
    other = await pattern({ width: 192, height: 108 }).jpeg().toBuffer()
  })
  beforeEach(async () => {
    fake = await startFakeHosts()
  })
  afterEach(() => fake.close())

  describe('a picture', () => {
    it('gets a public address where exactly its bytes are served as Instagram needs them', async () => {
      const host = open(subject)
      const { url }: HostedFile = await host.upload(KEY, picture)
      expect(url).toMatch(/^[\x21-\x7e]+$/)
      expect(await judge(url, picture)).toBeNull()
      expect(await bytesAt(url)).toEqual(picture)
      expect(host.name).toBe(subject.name)
      expect(fake.present()).toMatchObject([{ provider: subject.name, uploads: 1 }])
      expect(made('upload')).toHaveLength(1)
      expect(fake.violations()).toEqual([])
    })

    it('that is uploaded again replaces itself', async () => {
      const host = open(subject)
      await host.upload(KEY, picture)
      const { url } = await host.upload(KEY, other)
      expect(await bytesAt(url)).toEqual(other)
      expect(fake.present()).toMatchObject([{ uploads: 2 }])
      expect(fake.violations()).toEqual([])
    })

    it('is gone from its address once it is removed, and may be removed again', async () => {
      const host = open(subject)
      const { url } = await host.upload(KEY, picture)
      await host.remove(KEY)
      expect(await judge(url, picture)).toContain('HTTP 404')
      expect(fake.present()).toEqual([])
      await host.remove(KEY)
      await host.remove('storyline/never-there')
      expect(made('remove').map(({ status }) => status && status < 300)).toEqual([true, true, true])
      expect(fake.violations()).toEqual([])
    })

    it('whose answer was lost is there, and uploading it again mends that', async () => {
      fake.fault({ action: 'upload', play: 'effect_then_reset' })
      const host = open(subject)
      expect(await failureOf(subject, host.upload(KEY, picture))).toMatchObject({ kind: 'unreachable' })
      expect(fake.present()).toHaveLength(1)
      const { url } = await host.upload(KEY, picture)
      expect(await judge(url, picture)).toBeNull()
      expect(fake.present()).toMatchObject([{ uploads: 2 }])
    })

    it('of several megabytes arrives whole', async () => {
      const large = Buffer.concat([picture.subarray(0, -2), Buffer.alloc(6_000_000, 'x'), picture.subarray(-2)])
      const { url } = await open(subject).upload(KEY, large)
      expect((await bytesAt(url)).equals(large)).toBe(true)
    })
  })

  describe('trouble on the way is unreachable, after one call:', () => {
    const TROUBLES: readonly (readonly [string, Trouble])[] = [
      ['the connection is reset', 'reset'],
      ['the answer is lost', 'effect_then_reset'],
      ['500', { status: 500, body: '{"error":{"message":"General Error"}}' }],
      ['502 with a page', { status: 502, body: '<html>Bad gateway</html>' }],
      ['504 without a body', { status: 504, body: '' }],
    ]
    it.each(TROUBLES)('%s', async (_, play) => {
      fake.fault({ action: 'upload', times: 9, play })
      fake.fault({ action: 'remove', times: 9, play })
      const host = open(subject)
      expect(await failureOf(subject, host.upload(KEY, picture))).toMatchObject({ kind: 'unreachable' })
      expect(await failureOf(subject, host.remove(KEY))).toMatchObject({ kind: 'unreachable' })
      expect(fake.calls()).toHaveLength(2)
    })

    it('nobody listens', async () => {
      await fake.close()
      const host = open(subject)
      const refused = { kind: 'unreachable', reason: expect.stringContaining('ECONNREFUSED') }
      expect(await failureOf(subject, host.upload(KEY, picture))).toMatchObject(refused)
      expect(await failureOf(subject, host.remove(KEY))).toMatchObject(refused)
    })
  })

  describe('a call ends by its deadline', () => {
    it.each(['hang', 'dribble', 'effect_then_hang'] as const)('when the provider plays %s', async (play) => {
      fake.fault({ action: 'upload', play })
      fake.fault({ action: 'remove', play })
      const startedMs = performance.now()
      expect(await failureOf(subject, open(subject, HASTY).upload(KEY, picture))).toMatchObject({ kind: 'unreachable' })
      expect(await failureOf(subject, open(subject, HASTY).remove(KEY))).toMatchObject({ kind: 'unreachable' })
      expect(performance.now() - startedMs).toBeLessThan(5000)
    })

    it('and an upload that does not move ends earlier', async () => {
      fake.fault({ action: 'upload', play: 'hang' })
      const host = open(subject, { timeoutSeconds: 0.25, uploadSeconds: 60 })
      expect(await failureOf(subject, host.upload(KEY, picture))).toMatchObject({ kind: 'unreachable' })
    })

    it('but an upload over a slow line may take longer than a small call', async () => {
      // More than the buffers of two sockets hold, so that the pace of the reader is felt.
      const large = Buffer.concat([picture.subarray(0, -2), Buffer.alloc(LARGE_BYTES, 'x'), picture.subarray(-2)])
      fake.fault({ action: 'upload', play: { bytesPerSecond: LARGE_BYTES / 2.5 } })
      const startedMs = performance.now()
      await open(subject, { timeoutSeconds: 1, uploadSeconds: 25 }).upload(KEY, large)
      expect(performance.now() - startedMs).toBeGreaterThan(1500)
      expect(fake.present()).toMatchObject([{ uploads: 1 }])
    })

    it('which is told to who needs a lease', () => {
      const { uploadSeconds: _, ...usual } = PATIENT
      const longest = (limits: object) =>
        subject.create({ ...subject.options(fake.env), ...usual, ...limits } as never).longestCallSeconds
      expect([longest({}), longest({ timeoutSeconds: 300 }), longest({ uploadSeconds: 25 })]).toEqual([120, 300, 25])
    })
  })

  describe('settings that are wrong close the host, and the fix names them:', () => {
    it.each(subject.spoiled)('%s', async (_, changes, named) => {
      const host = open(subject, PATIENT, changes)
      for (const call of [() => host.upload(KEY, picture), () => host.remove(KEY)]) {
        const failure = await failureOf(subject, call())
        expect(failure).toMatchObject({ kind: 'closed', fix: expect.stringContaining(named) })
        for (const value of Object.values(changes)) expect(JSON.stringify(failure)).not.toContain(value)
      }
      expect(fake.present()).toEqual([])
    })
  })

  describe('an answer is understood:', () => {
    for (const [what, play, kind, fix] of subject.answers) {
      it(what, async () => {
        fake.fault({ action: 'upload', play })
        const failure = await failureOf(subject, open(subject).upload(KEY, picture))
        expect(failure).toMatchObject({ kind, ...(fix ? { fix: expect.stringContaining(fix) } : {}) })
        expect(fake.calls()).toHaveLength(1)
      })
    }
  })

  describe('a process that is done', () => {
    it.each([
      ['after calls that went well', { delayMs: 0 }, PATIENT],
      ['after an answer that never came', 'hang', BRIEF],
      ['after an answer without an end', 'dribble', BRIEF],
    ] as const)('ends %s', async (_, play, limits) => {
      for (const action of ['upload', 'remove'] as const) fake.fault({ action, play })
      const { code, lingeredMs } = await runAlone(subject, { ...subject.options(fake.env), ...limits })
      expect(code).toBe(0)
      expect(fake.calls()).toHaveLength(2)
      expect(lingeredMs).toBeLessThan(1000)
    })
  })
}
