import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { patchPostgres } from '../bin/patch-postgres.mjs'

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: [patchPostgres()],
  test: {
    // Through the plugin, as in the bundle.
    server: { deps: { inline: ['postgres', /drizzle-orm/] } },
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 3,
  },
})
