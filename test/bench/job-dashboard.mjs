import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pty from '@lydell/node-pty'
import { fillLibrary } from './library-rows.mjs'
import { run } from './measure.mjs'
import { inMs, inUnits } from './rows.mjs'

const ITEMS = 100_000
const HISTORY = 5000
const PLANNED = 500
const OPENINGS = 7
const LOOKS = 20
/** More than the pause that the source makes between two looks. */
const REST_MS = 400
/** Longest wait for the first picture. */
const LONGEST_MS = 30_000

/** The live dashboard over a large library: until something is seen, until a change is, and what it takes. */
export async function benchDashboard(bench) {
  const db = await bench.addDatabase('bench_dashboard')
  const openings = []
  const ticks = []
  const looks = []
  try {
    await fillDashboard(db.sql)
    for (let n = 0; n < OPENINGS; n++) {
      openings.push(await openOnce(bench.cli(['dashboard'], db.env)))
      ticks.push((await run(bench.cli(['process-queue'], db.env))).wallMs)
    }
    looks.push(...(await measureLooks(bench, db)))
  } finally {
    // An open connection would keep a failed benchmark running.
    await db.end()
  }
  // The budgets are absolute; how fast the machine was just then is what they are read by.
  const reference = `${Math.round(median(ticks))} ms (empty tick)`
  const name = `dashboard, ${ITEMS} items`
  return [
    { ...inUnits(`${name}: open`, inMs(median(openings.map(({ openMs }) => openMs))), 1000), reference },
    { ...inUnits(`${name}: refresh`, inMs(median(looks)), 100), reference },
    inUnits(`${name}: memory`, { value: median(openings.map(({ peakMb }) => peakMb)), unit: 'MB' }, 150),
  ]
}

async function fillDashboard(sql) {
  await fillLibrary(sql, ITEMS)
  await sql`
    delete from posting_history where id not in (select id from posting_history order by posted_at desc limit ${HISTORY})`
  await sql`
    insert into posting_queue (media_item_id, scheduled_for)
    select id, now() + make_interval(hours => (row_number() over (order by id))::int)
      from (select id from media_items where times_posted = 0 order by id limit ${PLANNED}) as chosen`
  // As if the rows that were deleted had never been.
  await sql`vacuum full analyze`
}

/** In a terminal of its own, from the start of the process until the first story stands on the screen. */
async function openOnce({ command, args, env }) {
  const startedMs = performance.now()
  const screen = pty.spawn(command, args, { cols: 120, rows: 40, cwd: '/', env: { ...env, TERM: 'xterm-256color' } })
  const over = new Promise((resolve) => screen.onExit(resolve))
  let text = ''
  const shown = new Promise((resolve) => {
    screen.onData((part) => {
      text += part
      if (/#\d+/.test(text)) resolve(performance.now() - startedMs)
    })
  })
  const openMs = await Promise.race([shown, over.then(() => null), sleep(LONGEST_MS, null, { ref: false })])
  if (openMs === null) {
    screen.kill('SIGKILL')
    throw new Error(`the dashboard shows no story: ${text.slice(-500)}`)
  }
  await sleep(1000)
  const peak = peakMb(screen.pid)
  screen.write('q')
  const ended = await Promise.race([over.then(() => true), sleep(5000, false, { ref: false })])
  if (!ended) screen.kill('SIGTERM')
  await over
  return { openMs, peakMb: peak }
}

/** Linux only: elsewhere nobody can ask for another process's peak. */
function peakMb(pid) {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1024) / 1e6
}

async function measureLooks(bench, db) {
  /** @type {{ openSource: typeof import('../support/dashboard.ts').openSource }} */
  const { openSource } = await bench.importSupport('dashboard.ts')
  const source = await openSource(db.env)
  const looks = []
  for (let n = 0; n < LOOKS; n++) {
    await sleep(REST_MS)
    const startedMs = performance.now()
    await source.refresh()
    looks.push(performance.now() - startedMs)
  }
  await source.end()
  return looks
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
