import type { Installation } from './installation.ts'
import { commandLine, JOBS, toCron } from './jobs.ts'

const BEGIN = '# >>> storyline >>>'
const END = '# <<< storyline <<<'

/** Cron's jobs between two marks, with the line end of the last. No PATH: it would count for the lines below as well. */
export function cronBlock({ home, node, launcher }: Installation): string {
  const width = Math.max(...JOBS.map((job) => toCron(job).length))
  const jobs = JOBS.flatMap((job) => [
    '',
    `# ${job.does}`,
    `${toCron(job).padEnd(width)}  "$STORYLINE_NODE" "$STORYLINE" ${commandLine(job)}`,
  ])
  const lines = [
    BEGIN,
    '# Written by `storyline install-cron`, which replaces everything up to the end mark; --remove takes it away.',
    '# Paths are absolute, because cron knows neither PATH nor folder. Overlaps are safe: no flock needed.',
    '# Only trouble is printed, and cron mails that (MAILTO=you@example.org above this block);',
    '# `storyline list-service-runs` shows what every run did; with LOG_FILE in .env all that was said is kept.',
    `STORYLINE_HOME=${home}`,
    `STORYLINE_NODE=${node}`,
    `STORYLINE=${launcher}`,
    ...jobs,
    END,
  ]
  return `${lines.join('\n')}\n`
}

interface Part {
  isBlock: boolean
  text: string
}

/** Cuts a crontab into our blocks and what is not ours; null: a mark lacks its partner. */
function cut(crontab: string): Part[] | null {
  const parts: Part[] = []
  let open: Part | undefined
  for (const line of crontab.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const mark = line.trim()
    if (mark === BEGIN || mark === END) {
      if ((mark === BEGIN) === (open !== undefined)) return null
      if (mark === BEGIN) {
        open = { isBlock: true, text: line }
        parts.push(open)
        continue
      }
    }
    if (open) open.text += line
    else parts.push({ isBlock: false, text: line })
    if (mark === END) open = undefined
  }
  return open ? null : parts
}

/**
 * The crontab with this block: in the place of the first one that is there, else at the end. Further blocks go. Everything
 * else stays byte for byte. Null: a mark lacks its partner, so that nobody knows what is ours.
 */
export function withBlock(crontab: string, block: string): string | null {
  const parts = cut(crontab)
  if (parts === null) return null
  const first = parts.find(({ isBlock }) => isBlock)
  if (first) return parts.map((part) => (part === first ? block : part.isBlock ? '' : part.text)).join('')
  const gap = crontab === '' || crontab.endsWith('\n') ? '' : '\n'
  return crontab + gap + block
}

/** The crontab without our blocks, everything else byte for byte; null as above. */
export function withoutBlock(crontab: string): string | null {
  const parts = cut(crontab)
  return parts && textOf(parts.filter(({ isBlock }) => !isBlock))
}

/** STORYLINE_HOME of the blocks that are there. */
export function homesIn(crontab: string): string[] {
  const blocks = textOf((cut(crontab) ?? []).filter(({ isBlock }) => isBlock))
  return [...blocks.matchAll(/^STORYLINE_HOME=(.*)$/gm)].map(([, home = '']) => home)
}

/** Lines outside our blocks that run one of the jobs as well, such as an example that was pasted once. */
export function ownLines(crontab: string): string[] {
  const names = JOBS.map(({ command }) => command).join('|')
  const isJob = new RegExp(`storyline.*\\s(?:${names})(?:\\s|$)`, 'i')
  return (withoutBlock(crontab) ?? '')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#') && isJob.test(line))
}

function textOf(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join('')
}
