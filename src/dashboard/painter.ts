import { EventEmitter } from 'node:events'

/**
 * Brings the lines of a frame to the terminal: those that changed since the last time, each at its place, all in one write
 * and with nothing erased before.
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

/**
 * What Ink takes for its stdout: frames go to the painter. Ink's own writer erases every line before it writes it, and the
 * whole terminal when the frame is as tall.
 */
export function frameStream(columns: () => number, painter: Painter): NodeJS.WriteStream {
  const write = (frame: string) => {
    painter.paint(frame.split('\n'))
    return true
  }
  const stream = Object.assign(new EventEmitter(), { isTTY: false, write })
  return Object.defineProperty(stream, 'columns', { get: columns }) as unknown as NodeJS.WriteStream
}
