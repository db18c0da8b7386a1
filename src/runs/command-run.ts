/** One execution of a command, as the ledger knows it. */
export interface CommandRun {
  command: string
  /** `cli`: somebody sits at the terminal; `system`: cron, systemd, a script. */
  triggeredBy: 'cli' | 'system'
  /** Options and arguments; secrets are never among them (they come from files, prompts and the environment). */
  params: unknown
  host: string
  /** Names the running program for good, also after its pid was given to another one; null: it cannot be told here. */
  identity: string | null
}

export interface RunEnd {
  exitCode: number
  durationMs: number
  /** The document of --json; undefined: there was none. */
  result: unknown
  /** Safe to store: no parameters of queries. */
  error: { code: string; message: string; stack: string | null } | null
}
