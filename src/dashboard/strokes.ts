import type { Key } from 'ink'

/** Names of the keys that are no text. */
const NAMED: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  // What terminals send for the key above Enter.
  ['delete', 'backspace'],
]

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const CONTROL = /^\p{Cc}$/u

/** `j`, `enter`, `ctrl+c`, `shift+tab`: one for each key, also of what was pasted or typed faster than it was read. */
export function strokesOf(input: string, key: Key): string[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab']
  const named = NAMED.find(([flag]) => key[flag])
  if (named) return [named[1]]
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input}`]
  const characters = Array.from(graphemes.segment(input), ({ segment }) => segment)
  const strokes = characters.flatMap((character) => {
    if (character === '\r' || character === '\n' || character === '\r\n') return ['enter']
    return CONTROL.test(character) ? [] : [character]
  })
  // Esc and a key that came right after it look like the key with Alt, which has no meaning here.
  return key.meta ? ['esc', ...strokes] : strokes
}
