export interface OutputStreams {
  stdout: NodeJS.WritableStream & { columns?: number; isTTY?: boolean }
  stderr: NodeJS.WritableStream & { isTTY?: boolean }
}

export interface OutputOptions {
  json: boolean
  quiet: boolean
  verbose: boolean
  /** False with --no-color or NO_COLOR; a stream that is no terminal never gets colours anyway. */
  color: boolean
  streams: OutputStreams
}

/** Results go to stdout, everything else to stderr (SPEC §7). */
export interface Output {
  readonly json: boolean
  readonly verbose: boolean
  /** Whether results may be coloured. */
  readonly color: boolean
  /** Columns of the terminal; undefined when stdout is not one. */
  readonly columns: number | undefined
  /** Whether progress may be drawn on stderr. */
  readonly canDraw: boolean
  /** Lines of the result for people; silent with --json. */
  print(text?: string): void
  /** The one JSON document of --json; silent without it. */
  document(value: unknown): void
  /** Commentary for people; silent with --quiet. */
  note(text: string): void
  /** Something is wrong; never silent. */
  warn(text: string): void
  /** Only with --verbose. */
  debug(text: string): void
}

export function createOutput({ json, quiet, verbose, color, streams }: OutputOptions): Output {
  const { stdout, stderr } = streams
  return {
    json,
    verbose,
    color: color && stdout.isTTY === true,
    columns: stdout.isTTY ? stdout.columns || 80 : undefined,
    canDraw: stderr.isTTY === true && !quiet && !json,
    print: (text = '') => {
      if (!json) stdout.write(`${text}\n`)
    },
    document: (value) => {
      if (json) stdout.write(`${JSON.stringify(value, null, 2)}\n`)
    },
    note: (text) => {
      if (!quiet) stderr.write(`${text}\n`)
    },
    warn: (text) => void stderr.write(`${text}\n`),
    debug: (text) => {
      if (verbose) stderr.write(`${text}\n`)
    },
  }
}
