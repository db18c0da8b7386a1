import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GraphUsage } from '../../src/instagram/graph.ts'
import { readUsage } from '../../src/instagram/usage.ts'

const app = (value: unknown): IncomingHttpHeaders => ({ 'x-app-usage': JSON.stringify(value) })
const business = (value: unknown): IncomingHttpHeaders => ({ 'x-business-use-case-usage': JSON.stringify(value) })
const NOTHING: GraphUsage = { percent: null, regainSeconds: null }

/** As Meta documents it. */
const DOCUMENTED = {
  type: 'instagram',
  call_count: 100,
  total_cputime: 25,
  total_time: 26,
  estimated_time_to_regain_access: 19,
}

describe('readUsage', () => {
  it.each<[name: string, headers: IncomingHttpHeaders, usage: GraphUsage]>([
    ['no headers', {}, NOTHING],
    [
      'calls of the app',
      app({ call_count: 28, total_time: 25, total_cputime: 24 }),
      { percent: 28, regainSeconds: null },
    ],
    ['time of the app', app({ call_count: 1, total_time: 25, total_cputime: 2 }), { percent: 25, regainSeconds: null }],
    ['processor time', app({ call_count: 1, total_time: 2, total_cputime: 77 }), { percent: 77, regainSeconds: null }],
    ['no use yet', app({ call_count: 0, total_time: 0, total_cputime: 0 }), { percent: 0, regainSeconds: null }],
    ['minutes become seconds', business({ '178': [DOCUMENTED] }), { percent: 100, regainSeconds: 1140 }],
    [
      'zero minutes are no wait',
      business({ '178': [{ ...DOCUMENTED, call_count: 3, estimated_time_to_regain_access: 0 }] }),
      { percent: 26, regainSeconds: null },
    ],
    [
      'the worst of several',
      business({
        '1': [
          { ...DOCUMENTED, call_count: 12, estimated_time_to_regain_access: 5 },
          { type: 'pages', call_count: 30, estimated_time_to_regain_access: 60 },
        ],
        '2': [{ type: 'instagram', call_count: 55, estimated_time_to_regain_access: 7 }],
      }),
      { percent: 55, regainSeconds: 3600 },
    ],
    [
      'the worst of both headers',
      { ...app({ call_count: 91 }), ...business({ '1': [{ ...DOCUMENTED, call_count: 12 }] }) },
      { percent: 91, regainSeconds: 1140 },
    ],
    [
      'one header that cannot be read beside one that can',
      { 'x-app-usage': '{"call_count":', ...business({ '1': [DOCUMENTED] }) },
      { percent: 100, regainSeconds: 1140 },
    ],
    ['above the limit', app({ call_count: 140 }), { percent: 140, regainSeconds: null }],
  ])('%s', (_name, headers, usage) => {
    expect(readUsage(headers)).toEqual(usage)
  })

  it.each([
    '',
    'null',
    '[]',
    '7',
    '"x"',
    '{}',
    '{"a":null}',
    '{"a":[null,1,"x",[]]}',
    '{"a":[{"call_count":"many","estimated_time_to_regain_access":null}]}',
    '{"call_count":-1,"total_time":"9","total_cputime":null}',
    '{"call_count":1e999}',
    '{"a":[{"call_count":-5,"estimated_time_to_regain_access":-3}]}',
    '<html>',
  ])('%j says nothing', (header) => {
    expect(readUsage({ 'x-app-usage': header, 'x-business-use-case-usage': header })).toEqual(NOTHING)
  })

  it('takes any header without an error, and says only what can be used', () => {
    const usableOrNull = (value: number | null) => value === null || (Number.isFinite(value) && value >= 0)
    const header = fc.oneof(fc.string(), fc.json())
    fc.assert(
      fc.property(header, header, (first, second) => {
        const { percent, regainSeconds } = readUsage({ 'x-app-usage': first, 'x-business-use-case-usage': second })
        expect(usableOrNull(percent) && usableOrNull(regainSeconds) && regainSeconds !== 0).toBe(true)
      }),
    )
  })
})
