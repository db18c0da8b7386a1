import type { Context } from '../context.ts'
import { printable } from '../media/printable.ts'
import { formatTable } from '../output/table.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import { resolveSettings } from '../settings.ts'
import { readSources } from './config-read.ts'
import { readChanges } from './config-store.ts'

/** The audit of the table `config`: who changed what, from what to what. */
export async function showChanges(ctx: Context): Promise<void> {
  const lenient = resolveSettings(readSources(ctx))
  const { timeZone } = lenient.settings
  const changes = await readChanges(lenient, ctx.out)
  ctx.out.document({
    changes: changes.map(({ changedAt, key, oldValue, newValue, changedBy }) => {
      return { at: isoWithOffset(changedAt, timeZone), configKey: key, from: oldValue, to: newValue, by: changedBy }
    }),
  })
  if (changes.length === 0) ctx.out.print('Nothing was ever changed in the database.')
  else {
    const shown = (value: string | null) => (value === null ? 'not set' : printable(value))
    const rows = changes.map(({ changedAt, key, oldValue, newValue, changedBy }) => {
      const at = formatDateTime(changedAt, timeZone)
      return [at, printable(key), shown(oldValue), shown(newValue), printable(changedBy)]
    })
    ctx.out.print(formatTable(ctx.out, ['When', 'Key', 'From', 'To', 'By'], rows))
  }
}
