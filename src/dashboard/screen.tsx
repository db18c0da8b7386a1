import { render, useInput } from 'ink'
import { useEffect, useLayoutEffect, useSyncExternalStore } from 'react'
import { type Controller, type ControllerDeps, createController } from './controller.ts'
import { createPainter, createReaderPainter, noStream, paintLine } from './painter.ts'
import { strokesOf } from './strokes.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { readerLines } from './views/reader.ts'
import { type Shown, screenLines } from './views/screen-lines.ts'

export type ScreenDeps = ControllerDeps

/** Takes the terminal until the person leaves or `ctx.signal` fires, and gives it back whatever happens. */
export function runScreen(deps: ScreenDeps): Promise<void> {
  const isPlain = deps.ctx.env.INK_SCREEN_READER === 'true'
  return runScreenOn(openTerminal({ isPlain }), deps, isPlain)
}

/** `isPlain`: sentences for a screen reader instead of a picture of the state. */
export async function runScreenOn(terminal: Terminal, deps: ScreenDeps, isPlain: boolean): Promise<void> {
  const { ctx } = deps
  const painter = (isPlain ? createReaderPainter : createPainter)(terminal.write)
  let unmount = () => {}
  let leave = () => {}
  let fail: (error: unknown) => void = () => {}
  const left = new Promise<void>((resolve, reject) => {
    leave = resolve
    fail = reject
  })

  const paint = (shown: Shown) => {
    const lines = isPlain ? readerLines(shown) : screenLines(shown).map((line) => paintLine(line, ctx.out.color))
    painter.paint(lines)
  }
  const redraw = () => {
    painter.forget()
    controller.store.dispatch({ type: 'resize', size: terminal.size() })
  }
  const release = () => {
    unmount()
    // What is typed from now on is for the shell.
    terminal.stdin.pause()
    terminal.leave()
  }
  const suspend = () => {
    release()
    terminal.suspend(takeOver)
  }
  const interrupt = () => {
    release()
    terminal.interrupt()
  }
  const controller = createController(deps, {
    size: terminal.size(),
    ticks: !isPlain,
    outside: { quit: leave, interrupt, suspend, redraw },
  })
  const takeOver = () => {
    unmount()
    terminal.enter()
    redraw()
    const instance = render(<App controller={controller} paint={paint} />, {
      stdout: noStream(terminal.size().columns),
      stdin: terminal.stdin,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    })
    unmount = instance.unmount
    instance.waitUntilExit().catch(fail)
  }

  const unwatch = [terminal.onResize(redraw), terminal.onJobControl({ stop: suspend, goOn: takeOver })]
  ctx.signal.addEventListener('abort', leave)
  try {
    if (ctx.signal.aborted) return
    takeOver()
    controller.start()
    await left
  } finally {
    ctx.signal.removeEventListener('abort', leave)
    for (const end of unwatch) end()
    release()
    const { running } = controller.store.get()
    if (running !== null) ctx.out.note(`"${running.label}" is still under way; Storyline ends when it is done.`)
    await controller.stop()
  }
}

/** Keys and life cycle are Ink's and React's. */
function App({ controller, paint }: { controller: Controller; paint(shown: Shown): void }) {
  const { store } = controller
  const state = useSyncExternalStore(store.subscribe, store.get)
  useInput((input, key) => {
    for (const stroke of strokesOf(input, key)) controller.onStroke(stroke)
  })
  const shown = controller.shown(state)
  useLayoutEffect(() => paint(shown))
  useEffect(() => controller.onShown())
  return null
}
