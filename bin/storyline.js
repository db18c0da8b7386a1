#!/usr/bin/env node
import { existsSync, fstatSync, readFileSync, writeFileSync } from 'node:fs'

const STDOUT = 1
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const bundle = new URL('../dist/main.js', import.meta.url)

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`storyline: Node ${process.versions.node} is too old; it needs 20.19 or newer.\n`)
  process.exitCode = 1
} else if (!existsSync(bundle)) {
  process.stderr.write('storyline: it has not been built yet.\n  Run `npm ci` in its folder.\n')
  process.exitCode = 1
} else {
  const help = findHelp(process.argv.slice(2))
  if (help === undefined) {
    const { main } = await import(bundle.href)
    await main()
  } else {
    try {
      // Not process.stdout: for a pipe it loads the network.
      writeFileSync(STDOUT, help)
    } catch {
      // The reader went away (`storyline --help | head`): nobody is left to tell.
    }
  }
}

/** The build keeps every help text: it is shown without loading the program. Undefined: the program must say it. */
function findHelp(argv) {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const isAsked = words.length === 0 || words.includes('--help') || words.includes('-h')
  if (!isAsked || isNarrowTerminal()) return undefined
  const [name = 'storyline'] = words.filter((word) => !['--json', '--no-color', '--quiet', '--verbose'].includes(word))
  try {
    const texts = JSON.parse(readFileSync(new URL('../dist/help.json', import.meta.url), 'utf8'))
    return new Map(Object.entries(texts)).get(name.startsWith('-') ? 'storyline' : name)
  } catch {
    return undefined
  }
}

function isNarrowTerminal() {
  try {
    return fstatSync(STDOUT).isCharacterDevice() && process.stdout.columns < 80
  } catch {
    // There is no stdout at all.
    return false
  }
}
