import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command as Commander } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands.ts'
import { ExitCode } from '../src/errors.ts'
import { packageRoot } from '../src/package-root.ts'
import { resolveSettings, SETTINGS } from '../src/settings.ts'
import { SETTING_HELP, TOPICS } from '../src/setup/help-topics.ts'

const read = (name: string) => readFileSync(join(packageRoot, name), 'utf8')
const settingNames = Object.values(SETTINGS).map(({ name }) => name)
const GLOBAL_OPTIONS = ['--json', '--no-color', '--quiet', '--verbose', '--help']

/** Long option names that a command knows. */
async function optionsOf(name: string): Promise<string[]> {
  const entry = COMMANDS.find((command) => command.name === name)
  if (!entry) throw new Error(`there is no command ${name}`)
  const command = new Commander(name)
  const { default: definition } = await entry.load()
  definition.configure(command)
  return [...GLOBAL_OPTIONS, ...command.options.flatMap(({ long }) => long ?? [])]
}

/** Every `storyline <command> …` in a text: what follows up to the end of the command. */
function invocationsIn(text: string): string[][] {
  // Inside code only; a sentence may begin with the product's name.
  const found = text.matchAll(
    /(?:^|[`$"] ?|\| |\d\s|^\s+)(?:\$?STORYLINE|storyline|\S*bin\/storyline\.js) ([a-z][^`|#\n)]*)/gm,
  )
  return [...found].map(([, rest = '']) => rest.trim().split(/\s+/))
}

async function expectUsable([name = '', ...words]: string[]): Promise<void> {
  expect(COMMANDS.map((command) => command.name)).toContain(name)
  const known = await optionsOf(name)
  for (const word of words.filter((word) => word.startsWith('--'))) {
    expect(known, `storyline ${name} ${word}`).toContain(word.replace(/[=.,;].*$/, ''))
  }
}

describe('.env.example', () => {
  const lines = read('.env.example').split('\n')
  const assigned = lines.flatMap((line) => /^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line)?.slice(1, 3) ?? [])
  const entries = new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value ?? ''] as const]
    }),
  )

  it('has a line for every setting and for nothing else', () => {
    expect([...entries.keys()].sort()).toEqual([...settingNames].sort())
    expect(assigned).toHaveLength(entries.size * 2)
  })

  it('shows each default as it is', () => {
    for (const spec of Object.values(SETTINGS)) {
      if ('fallback' in spec) expect([spec.name, entries.get(spec.name)]).toEqual([spec.name, spec.fallback])
    }
  })

  it('is itself a right configuration, also with every line switched on', () => {
    const envFile = Object.fromEntries(entries)
    expect(resolveSettings({ home: '/', env: {}, envFile }).problems).toEqual([])
  })

  it('holds no secret', () => {
    expect(entries.get('TELEGRAM_BOT_TOKEN')).toBe('')
    expect(entries.get('DB_PASSWORD')).toBe('')
  })
})

describe('help topics', () => {
  it('explain every setting and nothing else, in the topic environment', () => {
    expect(Object.keys(SETTING_HELP).sort()).toEqual([...settingNames].sort())
    const text = TOPICS.environment?.text() ?? ''
    for (const name of settingNames) expect(text).toMatch(new RegExp(`^  ${name} .*\\S$`, 'm'))
  })

  it('list every exit code and nothing else', () => {
    const listed = [...(TOPICS['exit-codes']?.text() ?? '').matchAll(/(?:^ {2}| {6})(\d+) {2}/gm)]
    expect(listed.map(([, code]) => Number(code)).sort()).toEqual(Object.values(ExitCode).sort())
  })

  it('name only commands, options and topics that exist', async () => {
    for (const { text } of Object.values(TOPICS)) {
      for (const words of invocationsIn(text())) {
        await expectUsable(words)
        if (words[0] === 'help' && words[1]) expect(Object.keys(TOPICS)).toContain(words[1].replace(/\W+$/, ''))
      }
    }
  })
})

describe('crontab.example', () => {
  const jobs = read('crontab.example')
    .split('\n')
    .flatMap((line) => {
      const [, minute, hour, rest, command] = /^([\d*/,-]+) +([\d*/,-]+) +(\S+ \S+ \S+) +(.*)$/.exec(line) ?? []
      return command === undefined ? [] : [{ minute: minute ?? '', hour: hour ?? '', rest, command }]
    })

  it('runs only commands and options that exist', async () => {
    expect(jobs.length).toBeGreaterThanOrEqual(3)
    for (const { command } of jobs) {
      const [node, program, ...words] = command.split(/\s+/)
      expect([node, program]).toEqual(['"$STORYLINE_NODE"', '"$STORYLINE"'])
      await expectUsable(words)
    }
  })

  it('ticks every five minutes, and indexes and plans by itself', () => {
    const commands = jobs.map(({ minute, command }) => `${minute} ${command.split(' ')[2]}`)
    expect(commands).toContain('*/5 process-queue')
    expect(commands.some((job) => job.endsWith(' index-media'))).toBe(true)
    expect(commands.some((job) => job.endsWith(' create-schedule'))).toBe(true)
  })

  it('starts no two jobs in the same minute, but for the tick', () => {
    const others = jobs.filter(({ command }) => !command.includes('process-queue'))
    const minutes = others.flatMap(({ minute }) => minute.split(','))
    expect(minutes.every((minute) => /^\d+$/.test(minute))).toBe(true)
    expect(new Set(minutes).size).toBe(minutes.length)
    // Not beside a tick either: the Pi has enough to do then.
    expect(minutes.filter((minute) => Number(minute) % 5 === 0)).toEqual([])
  })

  it('defines everything that a line uses', () => {
    const text = read('crontab.example')
    for (const [, name] of text.matchAll(/\$([A-Z_]+)/g)) expect(text).toMatch(new RegExp(`^${name}=`, 'm'))
  })
})

describe('the examples of every command', () => {
  it.each(COMMANDS.map(({ name }) => name))('%s', async (name) => {
    const entry = COMMANDS.find((command) => command.name === name)
    const { examples } = (await entry?.load())?.default ?? { examples: [] }
    expect(examples.length).toBeGreaterThanOrEqual(2)
    const words = examples.map(([example]) => example).flatMap((example) => invocationsIn(`$ ${example}`))
    expect(words.some(([first]) => first === name)).toBe(true)
    for (const invocation of words) await expectUsable(invocation)
    for (const [, does] of examples) expect(does).toMatch(/\S/)
  })
})

describe.runIf(existsSync(join(packageRoot, 'README.md')))('README.md', () => {
  const readme = () => read('README.md')

  it('lists every command and none that does not exist', () => {
    const table = readme().split('## Commands')[1]?.split('\n## ')[0] ?? ''
    const words = [...table.matchAll(/`([^`]+)`/g)].flatMap(([, word = '']) => word.split(/[ |\\]/)[0] ?? [])
    expect(new Set(words)).toEqual(new Set(COMMANDS.map(({ name }) => name)))
  })

  it('shows only commands and options that exist', async () => {
    const invocations = invocationsIn(readme())
    expect(invocations.length).toBeGreaterThan(5)
    for (const words of invocations) await expectUsable(words)
  })

  it('names only settings that exist, with the right defaults', () => {
    const rows = [...readme().matchAll(/^\| (`[A-Z_`, ]+`) \| ([^|]*) \|/gm)]
    expect(rows.length).toBeGreaterThan(5)
    for (const [, names = '', defaults = ''] of rows) {
      const listed = names.replaceAll('`', '').split(', ')
      const shown = defaults.replaceAll('`', '').split(', ')
      listed.forEach((name, index) => {
        if (name === 'STORYLINE_HOME') return
        expect(settingNames).toContain(name)
        const spec = Object.values(SETTINGS).find((setting) => setting.name === name)
        expect([name, shown[index] ?? shown[0]]).toEqual([name, spec && 'fallback' in spec ? spec.fallback : '–'])
      })
    }
  })

  it('lists every exit code', () => {
    const table = readme().split('## Exit codes')[1]?.split('\n## ')[0] ?? ''
    for (const code of Object.values(ExitCode)) expect(table).toMatch(new RegExp(`\\b${code}\\b`))
  })

  it('shows npm scripts and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const [, name = ''] of readme().matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name)
    for (const [, path = ''] of readme().matchAll(/\]\(((?!https?:|#)[^)]+)\)/g)) {
      expect(existsSync(join(packageRoot, path)), path).toBe(true)
    }
  })
})

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as {
    engines: { node: string }
    bin: Record<string, string>
    files: string[]
    scripts: Record<string, string>
    type: string
  }

  it('asks for the Node that the launcher checks', () => {
    const [, major, minor] = /^>=(\d+)\.(\d+)\.0$/.exec(manifest.engines.node) ?? []
    expect(read('bin/storyline.js')).toContain(`major < ${major} || (major === ${major} && minor < ${minor})`)
  })

  it('names files that exist', () => {
    expect(Object.keys(manifest.bin)).toEqual(['storyline', 'storyline-cli'])
    for (const path of Object.values(manifest.bin)) expect(existsSync(join(packageRoot, path)), path).toBe(true)
    for (const path of manifest.files.filter((name) => name !== 'dist')) {
      expect(existsSync(join(packageRoot, path.replace(/\/\*.*$/, ''))), path).toBe(true)
    }
  })

  it('has one command that checks everything', () => {
    for (const part of ['lint', 'types', 'unused', 'test']) expect(manifest.scripts.check).toContain(part)
  })
})
