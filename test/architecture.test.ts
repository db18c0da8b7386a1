import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../src/package-root.ts'

/** Sources by their path below `src/`. */
type Sources = ReadonlyMap<string, string>

const SOURCES: Sources = new Map(
  readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') || path.endsWith('.tsx'))
    .sort()
    .map((path) => [path, readFileSync(join(packageRoot, 'src', path), 'utf8')]),
)

/** Decisions: same input, same answer, no outside world. */
const PURE = [
  'backup/manifest.ts',
  'backup/names.ts',
  'backup/retention.ts',
  'backup/words.ts',
  'bot/authorise.ts',
  'bot/menu.ts',
  'category-mix.ts',
  'bot/texts.ts',
  'dashboard/action.ts',
  'dashboard/actions-for.ts',
  'dashboard/plain.ts',
  'dashboard/snapshot.ts',
  'dashboard/to-json.ts',
  'db/ids.ts',
  'errors.ts',
  'health/check.ts',
  'health/checks/clock.ts',
  'health/checks/database.ts',
  'health/checks/overdue.ts',
  'health/checks/pause.ts',
  'health/checks/plan.ts',
  'health/checks/schema.ts',
  'health/checks/team.ts',
  'health/checks/unconfirmed.ts',
  'health/explain-wait.ts',
  'health/plan-alerts.ts',
  'health/trouble.ts',
  'health/words.ts',
  'history/decide-undo.ts',
  'history/describe-settled.ts',
  'history/outcome.ts',
  'history/refuse-undo.ts',
  'history/settled-item.ts',
  'media/compare-rejections.ts',
  'media/decide-edit.ts',
  'media/file-name-link.ts',
  'media/findings.ts',
  'media/judge-picture.ts',
  'media/library-after.ts',
  'media/library.ts',
  'media/likeness.ts',
  'media/lock-text.ts',
  'media/media-plan.ts',
  'media/metadata-schema.ts',
  'media/metadata.ts',
  'media/pair-moves.ts',
  'media/picture/exif.ts',
  'media/picture/foreign.ts',
  'media/picture/gif.ts',
  'media/picture/jpeg.ts',
  'media/picture/latin1.ts',
  'media/picture/name.ts',
  'media/picture/png.ts',
  'media/picture/proof.ts',
  'media/picture/prove.ts',
  'media/picture/webp.ts',
  'media/printable.ts',
  'media/problems.ts',
  'media/reconcile.ts',
  'media/retire-guard.ts',
  'media/plan-layout.ts',
  'media/revise.ts',
  'media/sheet-layout.ts',
  'media/sheet-text.ts',
  'output/card-box.ts',
  'output/terminal-picture.ts',
  'output/near-time.ts',
  'output/table-layout.ts',
  'output/table-records.ts',
  'output/time.ts',
  'output/wrap.ts',
  'publish/describe-pause.ts',
  'publish/next.ts',
  'publish/report.ts',
  'publish/route.ts',
  'publish/trouble.ts',
  'alerts/subjects.ts',
  'runs/command-run.ts',
  'runs/judge-run.ts',
  'runs/summarise.ts',
  'schedule/rank-by-deficit.ts',
  'schedule/choose-media.ts',
  'schedule/calendar.ts',
  'schedule/calendar-grid.ts',
  'schedule/content.ts',
  'schedule/decide-by-hand.ts',
  'schedule/media-pool.ts',
  'schedule/media-reasons.ts',
  'schedule/random.ts',
  'schedule/slot-window.ts',
  'schedule/slots.ts',
  'schedule/sorted.ts',
  'schedule/variety.ts',
  'schedule/waits-for.ts',
  'settings-values.ts',
  'hosting/judge-cloudinary.ts',
  'hosting/judge-delivery.ts',
  'hosting/judge-s3.ts',
  'http/any-encoding.ts',
  'instagram/choose-access.ts',
  'instagram/classify.ts',
  'instagram/error-table.ts',
  'instagram/graph-json.ts',
  'instagram/graph.ts',
  'instagram/judge-token.ts',
  'instagram/judge.ts',
  'instagram/pages.ts',
  'instagram/reconcile.ts',
  'instagram/redact.ts',
  'instagram/seal.ts',
  'instagram/usage.ts',
  'setup/cron-block.ts',
  'setup/did-you-mean.ts',
  'setup/env-text.ts',
  'setup/jobs.ts',
  'setup/judge-answer.ts',
  'setup/topic-instagram.ts',
  'setup/man-page.ts',
  'setup/units.ts',
  'telegram/buttons.ts',
  'telegram/card.ts',
  'telegram/failure.ts',
  'telegram/html.ts',
  'telegram/membership.ts',
  'telegram/multipart.ts',
  'telegram/redact.ts',
  'users/summarise-stories.ts',
]
/** Packages that only compute. */
const PURE_PACKAGES = ['temporal-polyfill', 'zod', 'node:path', 'node:path/posix', 'node:zlib', 'node:crypto']

/** The edge, where clock, chance and environment come in as arguments. */
const CLOCK_AND_CHANCE = ['main.ts']
/** Who may speak to `process`, and why. */
const USES_PROCESS: Readonly<Record<string, string>> = {
  'main.ts': 'the edge',
  'setup/version-command.ts': 'prints what runs it',
  'setup/installation.ts': 'cron and systemd are told the paths of node and of this program',
  'dashboard/terminal.ts': 'takes the terminal over and gives it back, also in the background',
  'media/index-media.ts': 'a folder on the command line is relative to where the command was started',
}
const usesProcess = (path: string) => path in USES_PROCESS || path.startsWith('db/embedded/')

/** One table, one command after the other: maps are read as a whole. */
const MAY_BE_LONG = ['db/schema.ts', 'commands.ts']
const MAX_LINES = 250

/** What a tick must not load (SPEC §14). */
const NOT_IN_A_TICK = [
  'zod',
  'temporal-polyfill',
  'cli-progress',
  'chalk',
  'sharp',
  'telegraf',
  'ink',
  'commander',
  'cloudinary',
  'aws4fetch',
  '@inquirer/prompts',
  'pino',
]

interface Import {
  /** Path below `src/`, or the name of a package. */
  target: string
  kind: 'static' | 'type' | 'dynamic'
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function importsOf(path: string, source: string): Import[] {
  const text = withoutComments(source)
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind']) => {
    const isOwn = specifier.startsWith('.')
    found.push({ target: isOwn ? posix.normalize(posix.join(posix.dirname(path), specifier)) : specifier, kind })
  }
  for (const [, type, specifier = ''] of text.matchAll(/^(?:import|export) (type )?[^'";=]*?from '([^']+)'/gm)) {
    add(specifier, type ? 'type' : 'static')
  }
  for (const [, specifier = ''] of text.matchAll(/^import '([^']+)'/gm)) add(specifier, 'static')
  for (const [, specifier = ''] of text.matchAll(/\bimport\('([^']+)'\)/g)) add(specifier, 'dynamic')
  return found
}

/** `file -> target` for every import that `isForbidden`. */
function forbidden(sources: Sources, isForbidden: (path: string, found: Import) => boolean): string[] {
  return [...sources].flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((found) => isForbidden(path, found))
      .map(({ target }) => `${path} -> ${target}`),
  )
}

/** Texts for people may speak of anything; what they interpolate is code. */
function withoutTexts(source: string): string {
  const plain = withoutComments(source).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
  return plain.replace(/`((?:[^`\\]|\\.)*)`/g, (_, body: string) =>
    [...body.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code).join(';'),
  )
}

/** Paths whose code (not comments) matches. */
function mentioning(sources: Sources, pattern: RegExp, code = withoutComments): string[] {
  return [...sources].filter(([, source]) => pattern.test(code(source))).map(([path]) => path)
}

/** Everything that loading `entry` loads as well; dynamic imports are where it ends. */
function staticallyReachable(sources: Sources, entry: string): Set<string> {
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const { target, kind } of importsOf(path, sources.get(path) ?? '')) if (kind === 'static') visit(target)
  }
  visit(entry)
  return reached
}

const RULES: Readonly<Record<string, (sources: Sources) => string[]>> = {
  'nothing imports cli.ts but main.ts': (sources) =>
    forbidden(sources, (path, { target }) => target === 'cli.ts' && path !== 'main.ts'),

  'channels and hosting know no database, but for types': (sources) =>
    forbidden(
      sources,
      (path, { target, kind }) =>
        /^(publish\/channels|hosting)\//.test(path) && /^db\//.test(target) && kind !== 'type',
    ),

  'channels and hosting use no drizzle and no postgres': (sources) =>
    forbidden(
      sources,
      (path, { target }) => /^(publish\/channels|hosting)\//.test(path) && /^(drizzle-orm|postgres)/.test(target),
    ),

  'a pure file imports only pure files, types and packages that compute': (sources) =>
    forbidden(sources, (path, { target, kind }) => {
      if (!PURE.includes(path) || kind === 'type') return false
      return kind === 'dynamic' || !(PURE.includes(target) || PURE_PACKAGES.includes(target))
    }),

  'a pure file has no timers, no network, no console, no process': (sources) =>
    mentioning(
      sources,
      /\b(setTimeout|setInterval|setImmediate|fetch|console|process|globalThis|queueMicrotask|performance)\b/,
      withoutTexts,
    ).filter((path) => PURE.includes(path)),

  'clock and chance come in as arguments': (sources) =>
    mentioning(sources, /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\bTemporal\.Now\b/).filter(
      (path) => !CLOCK_AND_CHANCE.includes(path),
    ),

  'the environment comes in as an argument': (sources) =>
    mentioning(sources, /\bprocess\.env\b|\bimport\.meta\.env\b/).filter((path) => path !== 'main.ts'),

  'only the edge speaks to process': (sources) =>
    mentioning(sources, /\bprocess\b(?=\.|\s*\})|\bglobalThis\b|'node:process'/).filter((path) => !usesProcess(path)),

  'nothing ends the process': (sources) => mentioning(sources, /\bprocess\.(exit|abort)\b/),

  'nothing prints past the output': (sources) => mentioning(sources, /\bconsole\./),

  'telegraf only routes, in bot/router.ts': (sources) =>
    forbidden(
      sources,
      (path, { target, kind }) => target.startsWith('telegraf') && kind !== 'type' && path !== 'bot/router.ts',
    ),

  'sharp only renders, in media/render-*': (sources) =>
    forbidden(sources, (path, { target, kind }) => {
      return target === 'sharp' && kind !== 'type' && !/^media\/render-[a-z-]+\.ts$/.test(path)
    }),

  'a tick loads nothing that it does not need': (sources) =>
    [...staticallyReachable(sources, 'publish/process-queue.ts')].filter((path) => NOT_IN_A_TICK.includes(path)),

  'starting loads nothing that belongs to one command': (sources) =>
    [...staticallyReachable(sources, 'main.ts')].filter(
      (path) => NOT_IN_A_TICK.includes(path) || /^(media|schedule|bot|setup|users)\//.test(path),
    ),

  'every file that is imported exists, with its ending': (sources) =>
    forbidden(sources, (_, { target }) => {
      return /^[a-z./-]*\.tsx?$/.test(target)
        ? !sources.has(target)
        : target.startsWith('.') && !target.endsWith('.json')
    }),

  'no file is longer than a person reads': (sources) =>
    [...sources]
      .filter(([path, source]) => source.trimEnd().split('\n').length > MAX_LINES && !MAY_BE_LONG.includes(path))
      .map(([path]) => path),

  'every export of a contract says what it means': (sources) =>
    [...sources]
      .filter(([path]) => path === 'publish/channels/channel.ts' || path === 'hosting/hosting.ts')
      .flatMap(([path, source]) => {
        const undocumented = source.matchAll(/(?<!\*\/\n)^export (?:\w+ )+?(\w+)/gm)
        return [...undocumented].map(([, name]) => `${path}: ${name}`)
      }),
}

describe('the house keeps its rules', () => {
  it.each(Object.keys(RULES))('%s', (name) => {
    expect(RULES[name]?.(SOURCES)).toEqual([])
  })

  it('every pure file that is listed exists', () => {
    expect(PURE.filter((path) => !SOURCES.has(path))).toEqual([])
    expect(Object.keys(USES_PROCESS).filter((path) => !SOURCES.has(path))).toEqual([])
  })

  it('the sources were found, and their imports read', () => {
    expect(SOURCES.size).toBeGreaterThan(100)
    expect(importsOf('main.ts', SOURCES.get('main.ts') ?? '')).toContainEqual({ target: 'cli.ts', kind: 'static' })
    expect(staticallyReachable(SOURCES, 'publish/process-queue.ts')).toContain('publish/due.ts')
  })
})

/** One breach of every rule, so that a rule that notices nothing is noticed. */
describe('a breach is noticed:', () => {
  const BREACHES: readonly [rule: string, path: string, source: string, reported: string][] = [
    ['nothing imports cli.ts but main.ts', 'bot/x.ts', "import { runCli } from '../cli.ts'", 'bot/x.ts -> cli.ts'],
    ['nothing imports cli.ts but main.ts', 'bot/x.ts', "await import('../cli.ts')", 'bot/x.ts -> cli.ts'],
    [
      'channels and hosting know no database, but for types',
      'publish/channels/x.ts',
      "import { type Effect, sql } from '../../db/schema.ts'",
      'publish/channels/x.ts -> db/schema.ts',
    ],
    [
      'channels and hosting use no drizzle and no postgres',
      'hosting/x.ts',
      "import { sql } from 'drizzle-orm'",
      'hosting/x.ts -> drizzle-orm',
    ],
    [
      'a pure file imports only pure files, types and packages that compute',
      'publish/next.ts',
      "import {\n  readFileSync,\n} from 'node:fs'",
      'publish/next.ts -> node:fs',
    ],
    [
      'a pure file imports only pure files, types and packages that compute',
      'telegram/card.ts',
      "import { openAlert } from '../alerts/alerts.ts'",
      'telegram/card.ts -> alerts/alerts.ts',
    ],
    [
      'a pure file imports only pure files, types and packages that compute',
      'schedule/slots.ts',
      "export * from '../db/connect.ts'",
      'schedule/slots.ts -> db/connect.ts',
    ],
    [
      'a pure file has no timers, no network, no console, no process',
      'publish/next.ts',
      'const x = await fetch("https://e.org")',
      'publish/next.ts',
    ],
    ['clock and chance come in as arguments', 'bot/x.ts', 'const now = new Date()', 'bot/x.ts'],
    ['clock and chance come in as arguments', 'settings.ts', 'const at = Date.now() // ms', 'settings.ts'],
    ['clock and chance come in as arguments', 'schedule/x.ts', 'shuffle(Math.random)', 'schedule/x.ts'],
    ['the environment comes in as an argument', 'settings.ts', 'const { env } = { env: process.env }', 'settings.ts'],
    ['only the edge speaks to process', 'bot/x.ts', 'process.on("SIGINT", stop)', 'bot/x.ts'],
    ['only the edge speaks to process', 'bot/x.ts', 'const { process } = globalThis', 'bot/x.ts'],
    ['nothing ends the process', 'main.ts', 'process.exit(1)', 'main.ts'],
    ['nothing prints past the output', 'cli.ts', 'console.log("x")', 'cli.ts'],
    [
      'telegraf only routes, in bot/router.ts',
      'bot/press.ts',
      "import { Telegraf } from 'telegraf'",
      'bot/press.ts -> telegraf',
    ],
    ['sharp only renders, in media/render-*', 'media/x.ts', "import sharp from 'sharp'", 'media/x.ts -> sharp'],
    ['a tick loads nothing that it does not need', 'publish/report.ts', "import { z } from 'zod'", 'zod'],
    [
      'starting loads nothing that belongs to one command',
      'cli.ts',
      "import { showMedia } from './media/show-media.ts'",
      'media/show-media.ts',
    ],
    [
      'every file that is imported exists, with its ending',
      'bot/x.ts',
      "import { y } from './y.ts'",
      'bot/x.ts -> bot/y.ts',
    ],
    ['no file is longer than a person reads', 'bot/x.ts', 'x\n'.repeat(251), 'bot/x.ts'],
    [
      'every export of a contract says what it means',
      'hosting/hosting.ts',
      '/** Meaning. */\nexport type A = 1\n\nexport interface Host {}',
      'hosting/hosting.ts: Host',
    ],
  ]

  it.each(BREACHES)('%s (%s)', (rule, path, source, reported) => {
    const check = RULES[rule]
    expect(check?.(new Map([...SOURCES, [path, source]]))).toContain(reported)
  })

  it('there is one for every rule', () => {
    expect(new Set(BREACHES.map(([rule]) => rule))).toEqual(new Set(Object.keys(RULES)))
  })

  it('but what stands in a comment or is only a type breaks nothing', () => {
    const source = [
      "import type { sql } from 'drizzle-orm'",
      '/** Not `Date.now()`. */',
      'const a = 1 // new Date()',
      "const link = 'https://example.org/process.env'.length",
    ].join('\n')
    const sources = new Map([...SOURCES, ['publish/next.ts', source]])
    expect(RULES['clock and chance come in as arguments']?.(sources)).toEqual([])
    expect(RULES['a pure file imports only pure files, types and packages that compute']?.(sources)).toEqual([])
  })
})
