import { compare, run } from './measure.mjs'
import { inMs, inRatio } from './rows.mjs'

/**
 * Every `--help`, against Node that does nothing: the mean of all commands, with the slowest by name. The slowest of fifty
 * medians alone would be the one that the machine disturbed most.
 */
export async function benchHelp(bench) {
  const bare = bench.node('--input-type=module', '--eval', '')
  const { stdout } = await run(bench.cli(['help', '--json']))
  const names = JSON.parse(stdout).commands.map(({ name }) => name)
  const results = []
  for (const words of [[], ...names.map((name) => [name])]) {
    const times = await compare(bench.cli([...words, '--help']), bare, { turns: 7, warmUps: 1 })
    results.push({ name: words[0] ?? 'storyline', ...times })
  }
  const mean = (key) => results.reduce((sum, result) => sum + result[key], 0) / results.length
  const [slowest] = results.toSorted((a, b) => b.measuredMs / b.referenceMs - a.measuredMs / a.referenceMs)
  const job = `--help of ${results.length} commands (slowest: ${slowest.name})`
  return [inRatio(job, inMs(mean('measuredMs')), { name: 'bare Node', ...inMs(mean('referenceMs')) }, 1.5)]
}
