import type { SingleBar } from 'cli-progress'
import type { Output } from './output.ts'

/** How far long work has come. */
export interface Progress {
  start(total: number): void
  step(): void
  stop(): void
}

/** Fewer steps are done before a bar could be seen. */
const MIN_STEPS = 50

/** A bar with rate and time left on a terminal, undefined elsewhere. `what`: `Indexing media files`. */
export async function progressBar(out: Output, what: string, minSteps = MIN_STEPS): Promise<Progress | undefined> {
  if (!out.canDraw) return undefined
  const { default: progress } = await import('cli-progress')
  const format = `${what} {bar} {percentage}% | {value}/{total} | {rate}/s | {eta_formatted} left`
  let bar: SingleBar | undefined
  let startedMs = 0
  let done = 0
  return {
    start: (total) => {
      if (total < minSteps) return
      bar = new progress.SingleBar({ format, clearOnComplete: true, hideCursor: true }, progress.Presets.shades_classic)
      startedMs = performance.now()
      bar.start(total, 0, { rate: '–' })
    },
    step: () => {
      done++
      const perSecond = done / Math.max(0.001, (performance.now() - startedMs) / 1000)
      bar?.increment(1, { rate: perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond) })
    },
    stop: () => bar?.stop(),
  }
}
