/** Loaded into a measured process with `--import`: writes its peak of resident memory in bytes to fd 3 when it ends. */
import { readFileSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) process.once('exit', () => writeSync(3, String(peakBytes())))

/**
 * Linux: the high-water mark of this program. getrusage's maxRSS would also count the benchmark that started it, whose
 * memory the process had before exec; elsewhere that is the best there is.
 */
function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
