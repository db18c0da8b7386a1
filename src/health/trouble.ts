import { errorCode, UserError } from '../errors.ts'

/** Why something could not be read, for people. A query's own message holds its parameters: only its code is shown. */
export function describeTrouble(error: unknown): { reason: string; fix: string | null } {
  if (error instanceof UserError) return { reason: error.message, fix: error.fix ?? null }
  const code = errorCode(error)
  const isQuery = error instanceof Error && 'query' in error
  if (isQuery) return { reason: `the database refused a query (${code ?? 'unknown error'})`, fix: null }
  return { reason: error instanceof Error ? error.message : String(error), fix: null }
}
