import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import pino from 'pino'

export interface LogFileOptions {
  /** Absolute. */
  path: string
  level: 'debug' | 'info' | 'warn'
  /** In every line: which run of which command said it. */
  base: { run: string; command: string }
}

/** One for every execution of a command. */
export const newRunId = (): string => randomUUID().slice(0, 8)

export interface LogFile {
  debug(text: string): void
  info(text: string): void
  warn(text: string): void
}

/**
 * Lines of JSON, each with its time. The file is opened for every line, so that it may be rotated at any time; a line that
 * cannot be written is told once, by `onFailure`, and never stops a command.
 */
export function openLogFile({ path, level, base }: LogFileOptions, onFailure: (error: unknown) => void): LogFile {
  let hasFailed = false
  const write = (line: string) => {
    if (hasFailed) return
    try {
      mkdirSync(dirname(path), { recursive: true })
      appendFileSync(path, line, { mode: 0o600 })
    } catch (error) {
      hasFailed = true
      onFailure(error)
    }
  }
  const logger = pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, { write })
  return {
    debug: (text) => logger.debug(withoutDrawing(text)),
    info: (text) => logger.info(withoutDrawing(text)),
    warn: (text) => logger.warn(withoutDrawing(text)),
  }
}

const ESC = String.fromCharCode(27)
/** Kitty's pictures: node's own function leaves their base64 standing. */
const PICTURE = new RegExp(`${ESC}_[^${ESC}]*${ESC}\\\\`, 'g')

/** What colours or draws in a terminal says nothing in a log. */
function withoutDrawing(text: string): string {
  return stripVTControlCharacters(text.replace(PICTURE, ''))
}
