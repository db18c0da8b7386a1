import type { SingleBar } from 'cli-progress'
import type { Output } from '../output/output.ts'
import type { Progress } from './store-media.ts'

/** Fewer files are done before a bar could be seen. */
const MIN_FILES = 50

/** A bar on a terminal, nothing elsewhere. */
export async function progressBar(out: Output, what: string): Promise<Progress | undefined> {
  if (!out.canDraw) return undefined
  const { default: progress } = await import('cli-progress')
  let bar: SingleBar | undefined
  return {
    start: (total) => {
      if (total < MIN_FILES) return
      const format = `${what} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`
      bar = new progress.SingleBar({ format, clearOnComplete: true, hideCursor: true }, progress.Presets.shades_classic)
      bar.start(total, 0)
    },
    step: () => bar?.increment(),
    stop: () => bar?.stop(),
  }
}
