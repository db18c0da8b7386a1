import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { HostFailure } from '../../src/hosting/hosting.ts'
import { pattern } from '../support/pictures.ts'

interface Lonely {
  code: number | null
  /** Of an upload and a removal; null: it went well. */
  failures: (HostFailure | null)[]
  /** From the end of the calls to the end of the process. */
  lingeredMs: number
}

/** Calls a host in a process of its own, which then has nothing more to do. */
export async function runAlone(
  { module, factory }: { module: string; factory: string },
  options: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<Lonely> {
  const entryPoints = [fileURLToPath(new URL(module, import.meta.url))]
  const bundle = await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    external: ['cloudinary'],
  })
  const jpeg = await pattern({ width: 9, height: 16 }).jpeg().toBuffer()
  const script = `${bundle.outputFiles[0]?.text}
    const host = ${factory}(${JSON.stringify(options)})
    const failureOf = (call) => call.then(() => null, (error) => error.failure)
    const failures = [
      await failureOf(host.upload('a', Buffer.from('${jpeg.toString('base64')}', 'base64'))),
      await failureOf(host.remove('a')),
    ]
    console.log(JSON.stringify({ failures, at: performance.now() }))
    process.on('exit', () => console.log(JSON.stringify({ at: performance.now() })))`
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.end(script)
  const [done, end] = (await text(child.stdout))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { code: await ended, failures: done.failures, lingeredMs: end.at - done.at }
}
