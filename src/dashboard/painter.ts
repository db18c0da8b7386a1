import { EventEmitter } from 'node:events'
import type { Line, Span, Tone } from './line.ts'

/**
 * Brings lines to the terminal: those that changed since the last time, each at its place, all in one write and with
 * nothing erased before. Ink lays out and writes the whole screen with every key, which takes it 20 to 60 ms on a computer
 * where this takes less than one.
 */
export interface Painter {
  paint(lines: readonly string[]): void
  /** The terminal shows something else now: the next time everything is painted. */
  forget(): void
}

const BEGIN_UPDATE = '\x1b[?2026h'
const END_UPDATE = '\x1b[?2026l'
const CLEAR = '\x1b[2J'
const RESET = '\x1b[0m'
const CLEAR_REST = '\x1b[K'

export function createPainter(write: (text: string) => void): Painter {
  let shown: readonly string[] | null = null
  return {
    paint: (lines) => {
      const count = Math.max(lines.length, shown?.length ?? 0)
      const changes: string[] = shown === null ? [CLEAR] : []
      for (let i = 0; i < count; i++) {
        if (shown !== null && lines[i] === shown[i]) continue
        changes.push(`\x1b[${i + 1};1H${lines[i] ?? ''}${RESET}${CLEAR_REST}`)
      }
      shown = lines
      if (changes.length > 0) write(`${BEGIN_UPDATE}${changes.join('')}${END_UPDATE}`)
    },
    forget: () => {
      shown = null
    },
  }
}

/** For screen readers: what is new is written below, nothing is ever taken back. */
export function createReaderPainter(write: (text: string) => void): Painter {
  let shown: readonly string[] = []
  return {
    paint: (lines) => {
      const fresh = lines.filter((line) => !shown.includes(line))
      shown = lines
      if (fresh.length > 0) write(`${fresh.join('\n')}\n`)
    },
    forget: () => {},
  }
}

const FAINT = '2'
const BOLD = '1'
const INVERSE = '7'
const COLOURS: Readonly<Record<Exclude<Tone, 'faint'>, string>> = { good: '32', warn: '33', bad: '31', accent: '36' }

/** A line with its colours, as a terminal obeys them. */
export function paintLine(line: Line, isColoured: boolean): string {
  return line.map((part) => paintPart(part, isColoured)).join('')
}

function paintPart({ text, tone, isBold, isInverse }: Span, isColoured: boolean): string {
  const codes = [
    ...(isBold ? [BOLD] : []),
    ...(isInverse ? [INVERSE] : []),
    ...(tone === 'faint' ? [FAINT] : []),
    ...(isColoured && tone !== undefined && tone !== 'faint' ? [COLOURS[tone]] : []),
  ]
  return codes.length === 0 ? text : `\x1b[${codes.join(';')}m${text}${RESET}`
}

/** What Ink takes for its stdout: what it would write there is painted already. */
export function noStream(columns: number): NodeJS.WriteStream {
  return Object.assign(new EventEmitter(), {
    isTTY: false,
    columns,
    write: () => true,
  }) as unknown as NodeJS.WriteStream
}
