import { setMaxListeners } from 'node:events'
import { runCli } from './cli.ts'
import { ExitCode } from './errors.ts'

/** The process around the CLI: real streams, signals and clock. */
export async function main(): Promise<void> {
  const { process } = globalThis
  leaveRemovedFolder(process)
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader went away (`storyline … | head`): nobody is left to tell.
      if (error.code !== 'EPIPE') throw error
    })
  }
  const controller = new AbortController()
  // The bot waits for many things at once, and each of them listens.
  setMaxListeners(0, controller.signal)
  let stoppedBy: ExitCode | undefined
  const stopOn = (name: NodeJS.Signals, code: ExitCode) =>
    process.once(name, () => {
      stoppedBy = code
      controller.abort()
    })
  const exitCode = await runCli({
    argv: process.argv.slice(2),
    env: process.env,
    streams: process,
    signal: controller.signal,
    // `once`: a second signal finds no handler and ends the process at once.
    onHandlesSignals: () => {
      stopOn('SIGINT', ExitCode.interrupted)
      stopOn('SIGTERM', ExitCode.terminated)
    },
    now: () => new Date(),
    random: Math.random,
  })
  process.exitCode = stoppedBy ?? exitCode
}

/** Whatever looks up a path would fail in a folder that was removed since the shell entered it. */
function leaveRemovedFolder(process: NodeJS.Process): void {
  try {
    process.cwd()
  } catch {
    process.chdir('/')
  }
}
