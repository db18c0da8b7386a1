import type { Entry, Snapshot } from './snapshot.ts'

/**
 * What can be done with what is selected: a command of the command line, run by its own code. The same words on the
 * screen as in the shell, and nothing that only the dashboard can do.
 */
export interface Action {
  verb: Verb
  /** `post now`. */
  label: string
  /** Name in COMMANDS. */
  command: string
  args: readonly string[]
  options: Readonly<Record<string, unknown>>
  /** What it does to whom, before it is done: `Cancel #47 mug.jpg?`; null: it is done at once. */
  question: string | null
  /** A line that somebody has to type first; `option` receives it. Null: none. */
  asks: { prompt: string; option: string; preset: string; isRequired: boolean } | null
}

export const VERBS = [
  'post now',
  'skip',
  're-plan',
  'hold',
  'retry',
  'confirm posted',
  'confirm not posted',
  'confirm sent',
  'undo',
  'cancel',
  'pause',
  'resume',
  'resume and send',
  'run tick',
  'check health',
] as const
export type Verb = (typeof VERBS)[number]

/** What came of it: the lines that the command would have printed. */
export interface ActionResult {
  isDone: boolean
  lines: readonly string[]
}

/** Every verb that fits, in the order of VERBS. Pure. */
export type ActionsFor = (selected: Entry | null, snapshot: Snapshot) => readonly Action[]
/** Never throws: an error is a result. */
export type RunAction = (action: Action) => Promise<ActionResult>
