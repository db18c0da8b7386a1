import type { Context } from '../context.ts'
import { printable } from '../media/printable.ts'
import type { Trial } from './verify-one.ts'

/** Lines of one backup that are shown; --verbose and --json show all. */
const MAX_LINES = 10

export async function printTrials({ out }: Context, folder: string, trials: readonly Trial[]): Promise<void> {
  out.document({ folder, backups: trials })
  if (out.json) return
  const { paint } = await import('../output/table.ts')
  const chalk = paint(out)
  const signs = { good: chalk.green('✓'), bad: chalk.red('✗'), unproven: chalk.yellow('?') }
  const words = { good: 'restored on trial: every row and every file is as it was', bad: 'BAD', unproven: 'not proven' }
  for (const { name, verdict, problems } of trials) {
    out.print(`${signs[verdict]} ${name}: ${words[verdict]}`)
    const shown = out.verbose ? problems : problems.slice(0, MAX_LINES)
    for (const problem of shown) out.print(`    ${printable(problem)}`)
    if (shown.length < problems.length)
      out.print(`    … and ${problems.length - shown.length} more (--verbose shows all)`)
  }
}
