import { askChoice, askSecret, askText, askYesNo, type TextQuestion } from '../output/ask-person.ts'

/** Somebody who answers questions. Each rejects with exit 130 when they leave. */
export interface Asker {
  /** Not shown while it is typed. */
  secret(message: string): Promise<string>
  text(message: string, question: TextQuestion): Promise<string>
  choice<T>(message: string, choices: readonly { name: string; value: T }[]): Promise<T>
  yesNo(message: string, fallback: boolean): Promise<boolean>
}

/** The person at the terminal; only where there is one. */
export const TERMINAL: Asker = { secret: askSecret, text: askText, choice: askChoice, yesNo: askYesNo }
