import type { Size } from './state.ts'

/** The terminal that the screen takes over, and gives back whatever happens. The one file that touches the process. */
export interface Terminal {
  stdin: NodeJS.ReadStream
  write(text: string): void
  size(): Size
  /** Calls back at every change of the size; the answer ends it. */
  onResize(react: () => void): () => void
  /** Takes the alternate screen and hides the cursor. */
  enter(): void
  /** Gives both back; a second time it does nothing. */
  leave(): void
  /** Stops this program and its group, as the shell expects of Ctrl-Z. `goOn`: the shell said so, or there was none to stop for. */
  suspend(goOn: () => void): void
  /** As if Ctrl-C had been pressed where it still means a signal. */
  interrupt(): void
  /** Calls back when it is to go to the background, and when it was brought back; the answer ends it. */
  onJobControl(react: { stop(): void; goOn(): void }): () => void
}

const ENTER_SCREEN = '\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H'
const LEAVE_SCREEN = '\x1b[0m\x1b[?25h\x1b[?1049l'

/** Time for the signal to arrive; being stopped does not count. */
const STOPPED_MS = 50

/** `isPlain`: for a screen reader, which reads what is written from top to bottom: no second screen. */
export function openTerminal({ isPlain }: { isPlain: boolean }): Terminal {
  const { stdin, stdout } = process
  let hasEntered = false
  const leave = () => {
    if (!hasEntered) return
    hasEntered = false
    stdout.write(LEAVE_SCREEN)
  }
  return {
    stdin,
    write: (text) => void stdout.write(text),
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize: (react) => {
      stdout.on('resize', react)
      return () => void stdout.off('resize', react)
    },
    enter: () => {
      if (isPlain || hasEntered) return
      hasEntered = true
      stdout.write(ENTER_SCREEN)
    },
    leave,
    suspend: (goOn) => {
      const own = process.listeners('SIGTSTP')
      process.removeAllListeners('SIGTSTP')
      // The whole group, as the terminal does it. Where no shell could wake it up again the kernel ignores this signal.
      process.kill(0, 'SIGTSTP')
      setTimeout(() => {
        for (const listener of own) process.on('SIGTSTP', listener)
        goOn()
      }, STOPPED_MS)
    },
    interrupt: () => void process.kill(process.pid, 'SIGINT'),
    onJobControl: (react) => watchSignals(react, leave),
  }
}

/**
 * Ink brings a signal handler that kills the process when it finds itself alone, which it is as soon as main.ts's, which
 * listens once, has run: with one more listener it keeps quiet, and the orderly way is taken. A second signal ends the
 * process at once, as everywhere else.
 */
function watchSignals({ stop, goOn }: { stop(): void; goOn(): void }, leave: () => void): () => void {
  const ending = () => void setImmediate(unwatch)
  const unwatch = () => {
    for (const name of ENDING) process.off(name, ending)
    process.off('SIGTSTP', stop)
    process.off('SIGCONT', goOn)
  }
  for (const name of ENDING) process.on(name, ending)
  process.on('SIGTSTP', stop)
  process.on('SIGCONT', goOn)
  // The last net: an error that nobody catches ends the process without coming back here.
  process.on('exit', leave)
  return () => {
    unwatch()
    process.off('exit', leave)
  }
}

const ENDING = ['SIGINT', 'SIGTERM'] as const
