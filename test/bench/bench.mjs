/**
 * `npm run bench`: the budgets of the jobs that people and cron wait for, as ratios measured in one run. A benchmark, not a
 * test: a row over its budget is marked, the exit code stays 0.
 *
 *   --only tick,index,schedule,large,due,dashboard,help   some of the jobs
 *   --items <n>                            queue items of the job `due` (default 10000)
 *   --json                                 one JSON document on stdout
 */
import { parseArgs } from 'node:util'
import { benchDashboard } from './job-dashboard.mjs'
import { benchDue } from './job-due.mjs'
import { benchHelp } from './job-help.mjs'
import { benchIndex } from './job-index.mjs'
import { benchLarge, benchSchedule } from './job-schedule.mjs'
import { benchTick } from './job-tick.mjs'
import { formatRows } from './rows.mjs'
import { openWorkbench } from './workbench.mjs'

const JOBS = {
  tick: benchTick,
  index: benchIndex,
  schedule: benchSchedule,
  large: benchLarge,
  due: benchDue,
  dashboard: benchDashboard,
  help: benchHelp,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(JOBS).join(',') },
    items: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
})
const names = values.only.split(',')
const items = Number(values.items)
const unknown = names.filter((name) => !Object.hasOwn(JOBS, name))
if (unknown.length > 0) throw new Error(`--only knows ${Object.keys(JOBS).join(', ')}, not ${unknown.join(', ')}`)
if (!Number.isInteger(items) || items < 1) throw new Error(`--items is ${values.items}; expected a whole number from 1`)

const log = (line) => process.stderr.write(`${line}\n`)
log('building and starting a database…')
const bench = await openWorkbench()
const rows = []
for (const name of names) {
  log(`${name}…`)
  rows.push(...(await JOBS[name](bench, { items, log }).catch((error) => failedRows(name, error))))
}
process.stdout.write(`${values.json ? JSON.stringify(rows, null, 2) : formatRows(rows)}\n`)

/** One job that cannot be measured must not cost the results of the others. */
function failedRows(name, error) {
  log(error.stack)
  return [{ job: name, measured: 'FAILED, see above', reference: '', ratio: null, budget: '', ok: false }]
}
