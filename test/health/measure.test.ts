import { describe, expect, it } from 'vitest'
import { healthy, unhealthy, warning } from '../../src/health/check.ts'
import { countPassedSlots } from '../../src/health/checks/deliveries.ts'
import { disk } from '../../src/health/checks/disk.ts'
import { mediaFolder } from '../../src/health/checks/media-folder.ts'
import { type RunwayFacts, runway } from '../../src/health/checks/runway.ts'
import { timeZone } from '../../src/health/checks/time-zone.ts'
import { printReport } from '../../src/health/report.ts'
import { createOutput } from '../../src/output/output.ts'
import { resolveSettings } from '../../src/settings.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const settingsOf = (env: Record<string, string>) => resolveSettings({ home: '/nonexistent', env, envFile: {} }).settings

describe('slots that passed', () => {
  // Of three a day from 9 to 21, at 9:00, 13:00 and 17:00.
  it.each<[string, Record<string, string>, string, number]>([
    ['none since then', {}, '2026-11-21T09:00:00Z', 0],
    ['that of this morning', {}, '2026-11-21T08:59:00Z', 1],
    ['not the one of an hour ago', { POSTING_HOURS_START: '11:01' }, '2026-11-21T00:00:00Z', 0],
    ['of yesterday, too', {}, '2026-11-20T08:00:00Z', 4],
    ['in local time', { TIMEZONE: 'America/New_York' }, '2026-11-20T13:00:00Z', 3],
    ['across midnight', { POSTING_HOURS_START: '20', POSTING_HOURS_END: '2' }, '2026-11-20T21:00:00Z', 2],
    ['two weeks at most', {}, '2020-01-01T00:00:00Z', 42],
    ['none in the future', {}, '2026-11-22T00:00:00Z', 0],
  ])('%s', (_, env, from, expected) => {
    expect(countPassedSlots(settingsOf(env), new Date(from), NOW)).toBe(expected)
  })
})

describe('content left', () => {
  const facts: RunwayFacts = { own: 9, samples: 0, postsPerDay: 2, mix: null, stories: [] }
  const memes = (free: number, planned = 0) => ({ category: 'memes', free, planned })
  const mix = new Map([
    ['memes', 90],
    ['products', 10],
  ])

  it.each<[string, Partial<RunwayFacts>, string, RegExp]>([
    ['a week', { stories: [memes(10, 4)] }, 'healthy', /^about 7 days \(memes 14\)$/],
    ['not quite', { stories: [memes(13)] }, 'warning', /^about 6 days/],
    ['a day', { stories: [memes(2)] }, 'warning', /^about 1 day /],
    ['less', { stories: [memes(1)] }, 'unhealthy', /^less than a day/],
    ['nothing of ours', { own: 0, samples: 1 }, 'unhealthy', /no active picture of your own, only 1 sample$/],
    ['nothing', { own: 0 }, 'unhealthy', /of your own$/],
    [
      'a share that is used up sooner',
      { stories: [memes(12), { category: 'products', free: 2, planned: 0 }], mix },
      'warning',
      /about 7 days \(products 2 = 10 days, memes 12 = 6 days\); memes will not last 7 days/,
    ],
    ['a category of the mix without a picture', { stories: [memes(30)], mix }, 'warning', /products will not last/],
    ['no category', { stories: [{ category: null, free: 20, planned: 0 }] }, 'healthy', /without category 20/],
    [
      'many categories: the scarcest',
      { stories: 'abcdefghij'.split('').map((category, i) => ({ category, free: 30 - i, planned: 0 })) },
      'healthy',
      /\(j 21, i 22, .*c 28, 2 more\)/,
    ],
  ])('%s', (_, more, status, details) => {
    expect(runway.judge({ ...facts, ...more })).toMatchObject({ status, details: expect.stringMatching(details) })
  })
})

describe('this machine', () => {
  const bench = (env: Record<string, string>) =>
    ({ settings: settingsOf(env), door: { kind: 'closed', reason: '', fix: null } }) as never

  it('has space, also for folders that are not there yet', async () => {
    const { disks, troubles } = await disk.measure(
      bench({ DATABASE_URL: 'postgres://x/y', BACKUP_DIR: '/nonexistent/b' }),
    )
    expect(troubles).toEqual([])
    expect(disks.flatMap(({ holds }) => holds).sort()).toEqual(['backups', 'media'])
    for (const { freeBytes, totalBytes } of disks) expect(totalBytes).toBeGreaterThanOrEqual(freeBytes)
  })

  it('has time zones', async () => {
    expect(timeZone.judge(await timeZone.measure(bench({ TIMEZONE: 'Asia/Tokyo' })))).toMatchObject({
      ...{ status: 'healthy', details: 'Asia/Tokyo' },
    })
  })

  it('a file is no folder', async () => {
    const facts = await mediaFolder.measure(bench({ MEDIA_BASE_PATH: import.meta.filename }))
    expect(mediaFolder.judge(facts)).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('ENOTDIR') })
  })
})

describe('the report', () => {
  const row = (title: string, verdict: ReturnType<typeof healthy>) => {
    return { check: { name: title, title, needs: 'settings' as const }, verdict }
  }
  const found = [
    row('Clock', healthy('fine')),
    row('Disk', warning('low', 'Free some.')),
    row('Bot', unhealthy('dead')),
  ]
  const read = (status: 'healthy' | 'warning' | 'unhealthy', terminal: { columns?: number; isTTY?: boolean }) => {
    const written: string[] = []
    const stdout = { ...terminal, write: (more: string) => written.push(more) } as never
    const streams = { stdout, stderr: stdout }
    printReport(createOutput({ json: false, quiet: false, verbose: false, color: true, streams }), status, found)
    return written.join('')
  }

  it('in a file: the verdict, then a row a check, in words', () => {
    expect(read('unhealthy', {})).toBe(
      [
        '✗ Storyline is UNHEALTHY: 1 of 3 checks bad, 1 warning',
        '',
        'Check\tStatus\tDetails\tWhat to do',
        'Clock\t✓ healthy\tfine\t',
        'Disk\t! warning\tlow\tFree some.',
        'Bot\t✗ unhealthy\tdead\t\n',
      ].join('\n'),
    )
  })

  it('in a terminal: in colour, what to do below what is wrong, and within its width', () => {
    const text = read('warning', { isTTY: true, columns: 60 })
    expect(text).toContain('\u001b[33m! Storyline is HEALTHY: 3 checks, 1 warning')
    expect(text).toMatch(/! warning\s+│ low\s+│\n│\s+│\s+│ → Free some\./)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are measured without their codes
    const widths = text.split('\n').map((line) => line.replace(/\u001b\[\d+m/g, '').length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(60)
  })
})
