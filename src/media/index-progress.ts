import type { SingleBar } from 'cli-progress'
import type { Output } from '../output/output.ts'
import type { IndexProgress } from './index-library.ts'

/** Fewer files are read before a bar could be seen. */
const MIN_FILES = 50

/** A bar on a terminal, nothing elsewhere. */
export async function indexProgress(out: Output): Promise<IndexProgress | undefined> {
  if (!out.canDraw) return undefined
  const { default: progress } = await import('cli-progress')
  let bar: SingleBar | undefined
  return {
    start: (files) => {
      if (files < MIN_FILES) return
      bar = new progress.SingleBar(
        {
          format: 'Indexing media files {bar} {percentage}% | {value}/{total} | {eta_formatted} left',
          clearOnComplete: true,
          hideCursor: true,
        },
        progress.Presets.shades_classic,
      )
      bar.start(files, 0)
    },
    step: () => bar?.increment(),
    stop: () => bar?.stop(),
  }
}
