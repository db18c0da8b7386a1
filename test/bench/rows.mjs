/**
 * A line of the result. `ratio` is null where the budget is absolute.
 * @typedef {{ job: string, measured: string, reference: string, ratio: number | null, budget: string, ok: boolean }} Row
 */

export const inMs = (value) => ({ value, unit: 'ms' })

/** A budget as a multiple of a reference that was measured in the same run. */
export function inRatio(job, measured, reference, most) {
  const ratio = measured.value / reference.value
  return {
    job,
    measured: show(measured),
    reference: `${show(reference)} (${reference.name})`,
    ratio: Number(ratio.toFixed(3)),
    budget: `<= ${most} x`,
    ok: ratio <= most,
  }
}

/** A budget in its own unit. */
export function inUnits(job, measured, most) {
  const budget = `<= ${most} ${measured.unit}`
  return { job, measured: show(measured), reference: '', ratio: null, budget, ok: measured.value <= most }
}

const show = ({ value, unit }) => `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`

const HEAD = { job: 'Job', measured: 'Measured', reference: 'Reference', ratio: 'Ratio', budget: 'Budget', ok: '' }

/** Rows as a table; what is over budget says so at the end of its line. */
export function formatRows(rows) {
  const lines = [
    HEAD,
    ...rows.map((row) => ({
      ...row,
      ratio: row.ratio === null ? '' : `${row.ratio.toFixed(2)} x`,
      ok: row.ok ? 'ok' : 'OVER BUDGET',
    })),
  ]
  const names = Object.keys(HEAD)
  const widths = names.map((name) => Math.max(...lines.map((line) => line[name].length)))
  return lines
    .map((line) =>
      names
        .map((name, i) => line[name].padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
