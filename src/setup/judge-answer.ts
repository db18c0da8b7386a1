import type { Setting } from '../settings-list.ts'

/** The rule of a setting, as a judge of what somebody typed. */
export function judgeBy({ parse }: Pick<Setting<unknown>, 'parse'>): (typed: string) => string | null {
  return (typed) => {
    const parsed = parse(typed)
    return parsed.kind === 'wrong' ? `Expected ${parsed.rule}` : null
  }
}
