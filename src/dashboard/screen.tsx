import { type Instance, render, useInput } from 'ink'
import { useEffect, useSyncExternalStore } from 'react'
import { type Controller, type ControllerDeps, createController } from './controller.ts'
import { Frame } from './frame.tsx'
import type { Line } from './line.ts'
import { createPainter, createReaderPainter, frameStream } from './painter.ts'
import { strokesOf } from './strokes.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { readerLines } from './views/reader.ts'
import { type Shown, screenLines } from './views/screen-lines.ts'

export type ScreenDeps = ControllerDeps

const SENTENCE_COLUMNS = 1000

/** Takes the terminal until the person leaves or `ctx.signal` fires, and gives it back whatever happens. */
export function runScreen(deps: ScreenDeps): Promise<void> {
  const isPlain = deps.ctx.env.INK_SCREEN_READER === 'true'
  return runScreenOn(openTerminal({ isPlain }), deps, isPlain)
}

/** `isPlain`: sentences for a screen reader instead of a picture of the state. */
export async function runScreenOn(terminal: Terminal, deps: ScreenDeps, isPlain: boolean): Promise<void> {
  const { ctx } = deps
  const painter = (isPlain ? createReaderPainter : createPainter)(terminal.write)
  let leave = () => {}
  let fail: (error: unknown) => void = () => {}
  const left = new Promise<void>((resolve, reject) => {
    leave = resolve
    fail = reject
  })

  // Sentences are not cut.
  const frames = frameStream(() => (isPlain ? SENTENCE_COLUMNS : terminal.size().columns), painter)
  let paintings = 0
  /** Everything anew: the size has changed, or something else was on the terminal. */
  const show = () => {
    painter.forget()
    controller.store.dispatch({ type: 'resize', size: terminal.size() })
    paintings++
    return (
      <App
        controller={controller}
        linesOf={isPlain ? readerLines : screenLines}
        isColoured={ctx.out.color}
        painting={paintings}
      />
    )
  }
  let instance: Instance | null = null
  const redraw = () => instance?.rerender(show())
  const release = () => {
    instance?.unmount()
    instance = null
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
    instance?.unmount()
    terminal.enter()
    instance = render(show(), {
      stdout: frames,
      stdin: terminal.stdin,
      // Whole frames, each as soon as it is made.
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    })
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

interface AppProps {
  controller: Controller
  linesOf(shown: Shown): readonly Line[]
  isColoured: boolean
  /** Another one: nothing of what was painted can be kept. */
  painting: number
}

function App({ controller, linesOf, isColoured, painting }: AppProps) {
  const { store } = controller
  const state = useSyncExternalStore(store.subscribe, store.get)
  useInput((input, key) => {
    for (const stroke of strokesOf(input, key)) controller.onStroke(stroke)
  })
  useEffect(() => controller.onShown())
  return <Frame key={painting} lines={linesOf(controller.shown(state))} isColoured={isColoured} />
}
