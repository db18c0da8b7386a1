/** Exit codes are an API (SPEC §7): scripts and cron rely on them. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  notConfigured: 4,
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export interface UserErrorOptions {
  /** Stable word for scripts, e.g. `media_root_missing`. */
  code: string
  /** What to do about it, in one sentence. */
  fix?: string
  exitCode?: ExitCode
  cause?: unknown
}

/** Somebody can fix this: printed without a stack. Anything else that is thrown is a bug and keeps its stack. */
export class UserError extends Error {
  readonly code: string
  readonly fix: string | undefined
  readonly exitCode: ExitCode

  constructor(message: string, options: UserErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UserError'
    this.code = options.code
    this.fix = options.fix
    this.exitCode = options.exitCode ?? ExitCode.failed
  }
}

/** Argument or option that cannot be used: exit 2. */
export function usageError(message: string, fix?: string): UserError {
  return new UserError(message, { code: 'usage', exitCode: ExitCode.usage, ...(fix ? { fix } : {}) })
}

/** A setting is missing or wrong: exit 4. */
export function notConfigured(message: string, fix: string): UserError {
  return new UserError(message, { code: 'not_configured', exitCode: ExitCode.notConfigured, fix })
}

/** The code of the first error in the chain of causes that has one (`23505`, `ECONNREFUSED`, …). */
export function errorCode(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = (current as { code?: unknown }).code
    if (typeof code === 'string') return code
    if (current instanceof AggregateError && current.errors.length > 0) {
      const inner = errorCode(current.errors[0])
      if (inner) return inner
    }
  }
  return undefined
}
