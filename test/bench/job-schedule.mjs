import { fillLibrary } from './library-rows.mjs'
import { compare, peakMb } from './measure.mjs'
import { inMs, inRatio, inUnits } from './rows.mjs'

/** 1,000 slots over 5,000 items. */
export async function benchSchedule(bench) {
  const db = await bench.addDatabase('bench_schedule')
  await fillLibrary(db.sql, 5000)
  const args = { days: 20, postsPerDay: 50 }
  const { measuredMs, referenceMs } = await compareSchedule(bench, db, args, 10)
  await db.end()
  const reference = { name: 'empty tick', ...inMs(referenceMs) }
  return [inRatio('create-schedule, 1,000 slots, 5,000 items', inMs(measuredMs), reference, 4)]
}

/** A library of 100,000: the tick must not notice, a week of three stories a day may cost a little. */
export async function benchLarge(bench) {
  const db = await bench.addDatabase('bench_large')
  await fillLibrary(db.sql, 100_000)
  const week = { days: 7, postsPerDay: 3 }
  const tick = bench.cli(['process-queue'], db.env)
  const ticks = await compare(tick, bench.cli(['process-queue']), { turns: 15 })
  const schedule = await compareSchedule(bench, db, week, 10)
  const tickMb = await peakMb(tick)
  const scheduleMb = await peakMb(scheduleRun(bench, db, week), { prepare: () => emptyQueue(db) })
  await db.end()
  return [
    inRatio(
      '100,000 items: tick',
      inMs(ticks.measuredMs),
      { name: 'empty tick', ...inMs(ticks.referenceMs) },
      // "Unchanged", with room for what two medians of the same thing differ by.
      1.1,
    ),
    inRatio(
      '100,000 items: create-schedule, 21 slots',
      inMs(schedule.measuredMs),
      { name: 'empty tick', ...inMs(schedule.referenceMs) },
      4,
    ),
    inUnits('100,000 items: memory of the tick', { value: tickMb, unit: 'MB' }, 150),
    inUnits('100,000 items: memory of create-schedule', { value: scheduleMb, unit: 'MB' }, 150),
  ]
}

function compareSchedule(bench, db, args, turns) {
  const check = async () => {
    const [{ count }] = await db.sql`select count(*)::int from posting_queue`
    const slots = args.days * args.postsPerDay
    if (count !== slots) throw new Error(`create-schedule planned ${count} of ${slots} slots`)
  }
  const options = { turns, prepare: () => emptyQueue(db), check }
  return compare(scheduleRun(bench, db, args), bench.cli(['process-queue']), options)
}

/** From tomorrow, so that every slot is free whatever the time. */
function scheduleRun(bench, db, { days, postsPerDay }) {
  const from = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const args = ['create-schedule', '--from', from, '--days', String(days), '--posts-per-day', String(postsPerDay)]
  return bench.cli(args, db.env)
}

const emptyQueue = ({ sql }) => sql`truncate posting_queue`
