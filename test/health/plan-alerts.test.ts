import { describe, expect, it } from 'vitest'
import { type Examined, healthy, overallHealth, type ToldBy, unhealthy, warning } from '../../src/health/check.ts'
import { CHECKS } from '../../src/health/checks/index.ts'
import { planAlerts } from '../../src/health/plan-alerts.ts'

const examined = (name: string, verdict: Examined['verdict'], told?: ToldBy | 'elsewhere'): Examined => ({
  check: { name, title: name.toUpperCase(), needs: 'settings', ...(told ? { told } : {}) },
  verdict,
})
const bad = unhealthy('it is full', 'Empty it.')
const subjects = (found: Examined[], open: string[] = []) => {
  const plan = planAlerts(found, open)
  return [plan.open.map(({ subject }) => subject), plan.resolve]
}

describe('what the admin chat is told', () => {
  it('what became unhealthy, in words', () => {
    expect(planAlerts([examined('disk', bad)], [])).toEqual({
      open: [{ subject: 'health:disk', severity: 'critical', summary: 'DISK: it is full', fix: 'Empty it.' }],
      resolve: [],
    })
  })

  it.each<[string, Examined[], string[], string[][]]>([
    ['nothing when all is well', [examined('a', healthy('x'))], [], [[], []]],
    ['no warnings', [examined('a', warning('x'))], [], [[], []]],
    ['nothing again while it lasts', [examined('a', bad)], ['health:a'], [[], []]],
    ['that it is well again', [examined('a', healthy('x'))], ['health:a'], [[], ['health:a']]],
    ['that only a warning is left', [examined('a', warning('x'))], ['health:a'], [[], ['health:a']]],
    ['nothing of a check that was left out', [examined('a', healthy('x'))], ['health:b'], [[], []]],
    ['nothing that others tell', [examined('a', bad, 'elsewhere')], [], [[], []]],
    ['nothing that an open alert says', [examined('a', bad, { alerts: ['failed:'] })], ['failed:1'], [[], []]],
    ['what that alert does not say', [examined('a', bad, { alerts: ['failed:'] })], ['missed'], [['health:a'], []]],
    [
      'the cause, not what follows from it',
      [examined('a', bad), examined('b', bad, { checks: ['a'] })],
      [],
      [['health:a'], []],
    ],
    [
      'what has another cause',
      [examined('a', warning('x')), examined('b', bad, { checks: ['a'] })],
      [],
      [['health:b'], []],
    ],
    [
      'not the end of what lasts, though another check explains it now',
      [examined('a', bad), examined('b', bad, { checks: ['a'] })],
      ['health:b'],
      [['health:a'], []],
    ],
  ])('%s', (_, found, open, expected) => {
    expect(subjects(found, open)).toEqual(expected)
  })
})

describe('the list of checks', () => {
  it('names are unique, and every cause that is named exists', () => {
    const names = CHECKS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const causes = CHECKS.flatMap(({ told }) => (typeof told === 'object' ? (told.checks ?? []) : []))
    expect(causes.filter((name) => !names.includes(name))).toEqual([])
  })

  it('a cause stands before what follows from it, so that no two checks silence each other', () => {
    const place = (wanted: string) => CHECKS.findIndex(({ name }) => name === wanted)
    const backwards = CHECKS.flatMap(({ name, told }) =>
      (typeof told === 'object' ? (told.checks ?? []) : [])
        .filter((cause) => place(cause) > place(name))
        .map((cause) => `${cause} -> ${name}`),
    )
    expect(backwards).toEqual([])
  })
})

it.each([
  [[], 'healthy'],
  [[healthy('x'), warning('x')], 'warning'],
  [[warning('x'), unhealthy('x'), healthy('x')], 'unhealthy'],
])('the worst decides: %#', (verdicts, expected) => {
  expect(overallHealth(verdicts)).toBe(expected)
})
