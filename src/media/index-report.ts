import { ExitCode } from '../errors.ts'
import type { Output } from '../output/output.ts'
import type { IndexResult } from './index-library.ts'
import { comparePaths } from './library.ts'
import type { MediaChange } from './media-plan.ts'
import { printable } from './printable.ts'

export interface IndexReport {
  added: number
  updated: number
  moved: number
  unchanged: number
  /** Became inactive: missing or broken files, and samples that own pictures replaced. */
  retired: number
  rejected: { path: string; reason: string }[]
  skipped: { path: string; reason: string }[]
  warnings: { path: string; warning: string }[]
  duplicates: { hash: string; paths: string[] }[]
  dryRun?: true
}

/** The document of --json. */
function toReport({ plan, refused }: IndexResult, dryRun: boolean): IndexReport {
  const count = (kind: MediaChange['kind']) => plan.changes.filter((change) => change.kind === kind).length
  const additions = plan.changes.filter((change) => change.kind === 'add')
  // Samples beside own pictures are stored, so that they are read only once, but never take part.
  const retiredAtOnce = additions.filter(({ activity }) => !activity.isActive).length
  const ofRules = plan.rejected.map(({ path, reason }) => ({ path, reason }))
  return {
    added: additions.length - retiredAtOnce,
    updated: count('update'),
    moved: count('move'),
    unchanged: plan.unchanged,
    retired: count('retire') + retiredAtOnce,
    rejected: [...ofRules, ...refused].sort((a, b) => comparePaths(a.path, b.path)),
    skipped: plan.skipped,
    warnings: plan.warnings,
    duplicates: plan.duplicates,
    ...(dryRun ? { dryRun } : {}),
  }
}

/** 3 when something is wrong that was not known before; what was reported once is not reported by every run. */
export function exitCodeOf({ plan, refused, isInterrupted }: IndexResult): ExitCode {
  if (isInterrupted) return ExitCode.interrupted
  return plan.newProblems.length > 0 || refused.length > 0 ? ExitCode.partly : ExitCode.done
}

/** Lines of one kind that are shown; --verbose and --json show all. */
const MAX_LINES = 20

export async function printReport(out: Output, result: IndexResult, dryRun: boolean): Promise<void> {
  const report = toReport(result, dryRun)
  out.document(report)
  const isQuiet = out.columns === undefined && !dryRun && !hasNews(report, result)
  if (out.json || isQuiet) return
  const { paint } = await import('../output/table.ts')
  const chalk = paint(out)
  const title = result.isInterrupted
    ? 'Indexing Interrupted'
    : dryRun
      ? 'Dry run: nothing was stored'
      : 'Indexing Complete'
  out.print(`${result.isInterrupted ? chalk.yellow('!') : chalk.green('✓')} ${chalk.bold(title)}\n`)
  for (const { sign, name, text } of countLines(report)) out.print(`  ${sign} ${`${name}:`.padEnd(12)} ${text}`)
  if (result.cancelledSamples > 0) out.print(`\n  ${result.cancelledSamples} planned sample stories were cancelled`)
  if (dryRun) printList(out, 'Would change', result.plan.changes.filter(isWorthTelling).map(describeChange))
  printList(out, 'Rejected', report.rejected.map(reasoned))
  printList(out, 'Skipped', report.skipped.map(reasoned))
  printList(
    out,
    'Warnings',
    report.warnings.map(({ path, warning }) => reasoned({ path, reason: warning })),
  )
  printList(
    out,
    'Same content',
    report.duplicates.map(({ paths }) => paths.map(printable).join(' = ')),
  )
}

function hasNews({ added, updated, moved, retired }: IndexReport, result: IndexResult): boolean {
  return added + updated + moved + retired > 0 || exitCodeOf(result) !== ExitCode.done
}

function countLines(report: IndexReport) {
  const lines = [
    { sign: '✓', name: 'Added', count: report.added, what: 'new files' },
    { sign: '↻', name: 'Updated', count: report.updated, what: 'changed or returned files' },
    { sign: '→', name: 'Moved', count: report.moved, what: 'files in another place, history kept' },
    { sign: '=', name: 'Unchanged', count: report.unchanged, what: 'files' },
    { sign: '⊘', name: 'Retired', count: report.retired, what: 'no longer chosen' },
    { sign: '✗', name: 'Rejected', count: report.rejected.length, what: 'files that cannot be used' },
    { sign: '…', name: 'Skipped', count: report.skipped.length, what: 'left for now' },
    { sign: '⚠', name: 'Warnings', count: report.warnings.length, what: '' },
    { sign: '⚠', name: 'Duplicates', count: report.duplicates.length, what: 'pictures that exist more than once' },
  ]
  const always = ['Added', 'Updated', 'Unchanged']
  return lines
    .filter(({ name, count }) => count > 0 || always.includes(name))
    .map(({ sign, name, count, what }) => ({ sign, name, text: `${count} ${what}`.trim() }))
}

function isWorthTelling({ kind }: MediaChange): boolean {
  return kind !== 'touch'
}

function describeChange({ kind, path, why }: MediaChange): string {
  return `${kind} ${printable(path)}: ${printable(why)}`
}

function reasoned({ path, reason }: { path: string; reason: string }): string {
  return `${printable(path)}: ${printable(reason)}`
}

function printList(out: Output, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  const shown = out.verbose ? lines : lines.slice(0, MAX_LINES)
  out.print(`\n${title}:`)
  for (const line of shown) out.print(`  ${line}`)
  if (shown.length < lines.length) out.print(`  … and ${lines.length - shown.length} more (--verbose shows all)`)
}
