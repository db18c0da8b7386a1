import { embeddedStatus, stopEmbedded } from '../../../src/db/embedded/control.ts'
import { withLock } from '../../../src/db/embedded/lock.ts'
import { ensureEmbedded } from '../../../src/db/embedded/server.ts'
import { adviseUpgrade } from '../../../src/db/embedded/upgrade.ts'
import { readEmbeddedUrl } from '../../../src/db/embedded/url.ts'

/** What the tests run in processes of their own, bundled like the product: `node driver.js <command> <json>`. */
const log = (line: string) => process.stderr.write(`${line}\n`)

const commands: Record<string, (input: never) => unknown> = {
  ensure: (input: { home: string; port?: number }) => ensureEmbedded({ ...input, log }),
  stop: (input: { home: string; mode?: 'fast' | 'immediate' }) => stopEmbedded({ ...input, log }),
  status: (input: { home: string }) => embeddedStatus(input),
  upgrade: (input: { home: string }) => adviseUpgrade(input),
  url: (input: { home: string }) => readEmbeddedUrl(input.home) ?? null,
  hold: (input: { folder: string }) =>
    withLock(input.folder, { owner: undefined, log }, async () => {
      process.stdout.write('held\n')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    }),
}

const [name = '', input = '{}'] = process.argv.slice(2)
try {
  const answer = await commands[name]?.(JSON.parse(input) as never)
  process.stdout.write(`${JSON.stringify({ ok: answer })}\n`)
} catch (error) {
  const { code, message, stack, fix } = error as Error & { code?: string; fix?: string }
  process.stdout.write(`${JSON.stringify({ error: { code, message, fix, stack } })}\n`)
}
