import type { LogFile } from './log-file.ts'
import type { Output } from './output.ts'

/** Where lines go besides the terminal, as soon as it is known. */
export interface LogSink {
  /** Lines that are shown only if the command ends badly: cron mails whatever is printed. */
  held?: string[] | undefined
  file?: LogFile | undefined
}

/** The same output, which also writes what it says into the log: also what --quiet and --json leave out. */
export function teeOutput(out: Output, sink: LogSink): Output {
  return {
    ...out,
    print: (text = '') => {
      if (sink.held) sink.held.push(text)
      else out.print(text)
      if (text !== '') sink.file?.info(text)
    },
    note: (text) => {
      out.note(text)
      sink.file?.info(text)
    },
    warn: (text) => {
      out.warn(text)
      sink.file?.warn(text)
    },
    debug: (text) => {
      out.debug(text)
      sink.file?.debug(text)
    },
  }
}
