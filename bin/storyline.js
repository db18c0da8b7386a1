#!/usr/bin/env node
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const bundle = new URL('../dist/main.js', import.meta.url)

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`storyline: Node ${process.versions.node} is too old; it needs 20.19 or newer.\n`)
  process.exitCode = 1
} else if (!existsSync(bundle)) {
  process.stderr.write('storyline: it has not been built yet.\n  Run `npm ci` in its folder.\n')
  process.exitCode = 1
} else {
  const { main } = await import(bundle.href)
  await main()
}
