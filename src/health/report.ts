import type { Output } from '../output/output.ts'
import { formatTable, paint } from '../output/table.ts'
import type { Examined, Health } from './check.ts'
import { counted } from './words.ts'

/** Each with its word: colour and sign are never the only signal. */
const MARKS: Readonly<Record<Health, string>> = {
  healthy: '✓ healthy',
  warning: '! warning',
  unhealthy: '✗ unhealthy',
}

/** The verdict first, then a row for each check. */
export function printReport(out: Output, status: Health, examined: readonly Examined[]): void {
  out.print(paintStatus(out, status, describeVerdict(status, examined)))
  out.print()
  // A terminal is narrow: what to do stands under what is wrong.
  if (out.columns === undefined) {
    const rows = examined.map(({ check, verdict }) => [
      check.title,
      MARKS[verdict.status],
      verdict.details,
      verdict.fix ?? '',
    ])
    out.print(formatTable(out, ['Check', 'Status', 'Details', 'What to do'], rows))
    return
  }
  const rows = examined.map(({ check, verdict: { status, details, fix } }) => [
    check.title,
    MARKS[status],
    fix === null ? details : `${details}\n→ ${fix}`,
  ])
  out.print(formatTable(out, ['Check', 'Status', 'Details'], rows))
}

function describeVerdict(status: Health, examined: readonly Examined[]): string {
  const count = (wanted: Health) => examined.filter(({ verdict }) => verdict.status === wanted).length
  const checks = counted(examined.length, 'check')
  const warnings = count('warning') > 0 ? `, ${counted(count('warning'), 'warning')}` : ''
  switch (status) {
    case 'healthy':
      return `✓ Storyline is HEALTHY: ${checks}, nothing to do`
    case 'warning':
      return `! Storyline is HEALTHY: ${checks}${warnings}`
    case 'unhealthy':
      return `✗ Storyline is UNHEALTHY: ${count('unhealthy')} of ${checks} bad${warnings}`
    default:
      return status satisfies never
  }
}

export function paintStatus(out: Output, status: Health, text: string): string {
  const color = paint(out)
  return { healthy: color.green, warning: color.yellow, unhealthy: color.red }[status](text)
}
