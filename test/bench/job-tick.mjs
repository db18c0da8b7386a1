import { fileURLToPath } from 'node:url'
import { compare, peakMb } from './measure.mjs'
import { inMs, inRatio } from './rows.mjs'

const SELECT_ONE = fileURLToPath(new URL('select-one.mjs', import.meta.url))

/** The tick with nothing due, which cron runs 288 times a day. */
export async function benchTick(bench) {
  const tick = bench.cli(['process-queue'])
  const selectOne = bench.node(SELECT_ONE, bench.url)
  const { measuredMs, referenceMs } = await compare(tick, selectOne, { turns: 25, warmUps: 3 })
  const [tickMb, selectOneMb] = [await peakMb(tick, { turns: 7 }), await peakMb(selectOne, { turns: 7 })]
  return [
    inRatio('tick, nothing due: time', inMs(measuredMs), { name: 'select 1', ...inMs(referenceMs) }, 1.35),
    inRatio(
      'tick, nothing due: memory',
      { value: tickMb, unit: 'MB' },
      { name: 'select 1', value: selectOneMb, unit: 'MB' },
      1.3,
    ),
  ]
}
