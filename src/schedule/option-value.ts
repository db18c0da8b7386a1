import { InvalidArgumentError } from 'commander'
import type { Parser } from '../settings-values.ts'

/** The rule of a setting, for an option of a command: what breaks it is a usage error (exit 2). */
export function optionValue<T>(parse: Parser<T>): (raw: string) => T {
  return (raw) => {
    const parsed = parse(raw.trim())
    if (parsed.kind === 'ok') return parsed.value
    throw new InvalidArgumentError(`Expected ${parsed.rule}.`)
  }
}
