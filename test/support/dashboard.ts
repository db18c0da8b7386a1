import type { Context } from '../../src/context.ts'
import type { Live } from '../../src/dashboard/snapshot.ts'
import { watchSnapshots } from '../../src/dashboard/watch.ts'
import { openDatabase } from '../../src/db/connect.ts'
import { createOutput } from '../../src/output/output.ts'
import { resolveSettings } from '../../src/settings.ts'

/** What the screen stands on, for the benchmark: it looks when it is asked to. */
export async function openSource(env: Record<string, string>) {
  const { settings } = resolveSettings({ home: '/nonexistent', env, envFile: {} })
  const { db, close } = openDatabase(env.DATABASE_URL ?? '')
  const streams = { stdout: process.stderr, stderr: process.stderr }
  const ctx: Context = {
    ...{ settings, db, env, now: () => new Date(), random: Math.random, beginRun: async () => {} },
    out: createOutput({ json: false, quiet: true, verbose: false, color: false, streams }),
    signal: new AbortController().signal,
  }
  const source = watchSnapshots(ctx)
  await new Promise<void>((resolve, reject) => {
    source.start((live: Live) => {
      if (live.kind === 'connected') resolve()
      if (live.kind === 'lost') reject(new Error(live.reason))
    })
  })
  const end = async () => {
    await source.stop()
    await close()
  }
  return { refresh: source.refresh, end }
}
