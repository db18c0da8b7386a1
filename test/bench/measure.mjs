import { spawn } from 'node:child_process'

/** What to run: `env` is the whole environment, nothing of this process's own is added. */
/** @typedef {{ command: string, args: readonly string[], env: Record<string, string> }} Program */

const running = new Set()

/** For the end of the benchmark, however it comes. */
export function killAll() {
  for (const child of running) child.kill('SIGKILL')
}

/** Runs a program to its end; rejects unless it exits with one of `codes`. Answers wall milliseconds and what it wrote to fd 3. */
export function run({ command, args, env }, codes = [0]) {
  return new Promise((resolve, reject) => {
    const startedAt = process.hrtime.bigint()
    // Output goes to a pipe, as under cron.
    const child = spawn(command, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    running.add(child)
    const said = { stdout: '', stderr: '', report: '' }
    let wallMs = 0
    for (const [name, stream] of [
      ['stdout', child.stdout],
      ['stderr', child.stderr],
      ['report', child.stdio[3]],
    ]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        said[name] += chunk
      })
    }
    child.once('error', reject)
    child.once('exit', () => {
      wallMs = Number(process.hrtime.bigint() - startedAt) / 1e6
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      if (codes.includes(code)) resolve({ wallMs, ...said })
      else
        reject(new Error(`${[command, ...args].join(' ').slice(0, 300)} ended with ${signal ?? code}: ${said.stderr}`))
    })
  })
}

/**
 * Median wall milliseconds of two programs that take turns, so that what else happens on the machine meets both alike.
 * The first turns warm caches up and do not count. `prepare` runs before each turn and `check` after the first program's,
 * both off the clock.
 */
export async function compare(measured, reference, { turns, warmUps = 2, prepare, check }) {
  const times = { measuredMs: [], referenceMs: [] }
  for (let turn = -warmUps; turn < turns; turn++) {
    await prepare?.()
    const first = await run(measured)
    await check?.()
    const second = await run(reference)
    if (turn < 0) continue
    times.measuredMs.push(first.wallMs)
    times.referenceMs.push(second.wallMs)
  }
  return { measuredMs: median(times.measuredMs), referenceMs: median(times.referenceMs) }
}

const REPORT_PEAK = new URL('report-peak.mjs', import.meta.url).href

/** Median peak of resident memory of a Node program in MB (10^6 bytes), in runs of their own: reporting it costs time. */
export async function peakMb(program, { turns = 5, prepare } = {}) {
  const peaks = []
  for (let turn = 0; turn < turns; turn++) {
    await prepare?.()
    const { report } = await run({ ...program, args: ['--import', REPORT_PEAK, ...program.args] })
    peaks.push(Number(report) / 1e6)
  }
  return median(peaks)
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
