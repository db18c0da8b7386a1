import { createReadStream } from 'node:fs'
import { text } from 'node:stream/consumers'
import { isatty, WriteStream } from 'node:tty'
import { ExitCode, UserError } from '../errors.ts'

const STDIN = 0
const STDERR = 2

/** Whether somebody sits there who can answer. */
export function canAsk(): boolean {
  return isatty(STDIN) && isatty(STDERR)
}

/** A secret: from the terminal, masked, or all of stdin when there is none. */
export async function askSecret(message: string): Promise<string> {
  if (!canAsk()) return text(createReadStream('', { fd: STDIN }))
  const { password } = await import('@inquirer/prompts')
  return answered(() => password({ message, mask: true }, onStderr()))
}

/** One of several; only where `canAsk`. */
export async function askChoice<T>(message: string, choices: readonly { name: string; value: T }[]): Promise<T> {
  const { select } = await import('@inquirer/prompts')
  return answered(() => select({ message, choices }, onStderr()))
}

export interface TextQuestion {
  /** What Enter alone means. */
  fallback?: string | undefined
  /** What is wrong with an answer; null: nothing. */
  judge(answer: string): string | null
}

/** A line without the spaces around it; only where `canAsk`. */
export async function askText(message: string, { fallback, judge }: TextQuestion): Promise<string> {
  const { input } = await import('@inquirer/prompts')
  const validate = (typed: string) => judge(typed.trim()) ?? true
  const preset = fallback === undefined ? {} : { default: fallback }
  return (await answered(() => input({ message, validate, ...preset }, onStderr()))).trim()
}

/** Only where `canAsk`. */
export async function askYesNo(message: string, fallback: boolean): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts')
  return answered(() => confirm({ message, default: fallback }, onStderr()))
}

/** Stdout is for the result. */
const onStderr = () => ({ output: new WriteStream(STDERR) })

/** Ctrl-C in a prompt is an error of its library, known by its name only. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error
    throw new UserError('Interrupted: nothing was changed', { code: 'interrupted', exitCode: ExitCode.interrupted })
  }
}
