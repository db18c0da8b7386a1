import { fileURLToPath } from 'node:url'

/** Folder of the installed package: one level above `src/` and, once bundled, above `dist/`. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url))
