import { randomUUID } from 'node:crypto'
import { appendFileSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
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
      if (!existsSync(path)) createOwned(path)
      appendFileSync(path, line)
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

/** What root makes belongs to whom the folder above belongs to: `sudo storyline …` must not lock out the services. */
function createOwned(path: string): void {
  const missing = [path]
  let above = dirname(path)
  for (; !existsSync(above); above = dirname(above)) missing.unshift(above)
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, '', { mode: 0o600 })
  if (userInfo().uid !== 0) return
  const { uid, gid } = statSync(above)
  for (const made of missing) chownSync(made, uid, gid)
}

const ESC = String.fromCharCode(27)
/** Kitty's pictures: node's own function leaves their base64 standing. */
const PICTURE = new RegExp(`${ESC}_[^${ESC}]*${ESC}\\\\`, 'g')

/** What colours or draws in a terminal says nothing in a log. */
function withoutDrawing(text: string): string {
  return stripVTControlCharacters(text.replace(PICTURE, ''))
}
