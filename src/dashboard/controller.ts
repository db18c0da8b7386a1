import type { Context } from '../context.ts'
import type { Action, ActionsFor, RunAction } from './action.ts'
import type { Effect, Intent } from './key-table.ts'
import { readStroke } from './keys.ts'
import { createPictures } from './pictures.ts'
import { rememberOf } from './remember.ts'
import { knownSnapshot, selectedEntry, topView } from './selection.ts'
import type { SnapshotSource } from './snapshot.ts'
import type { Event } from './state.ts'
import { initialState, reduce, type Size, type State } from './state.ts'
import { createStore, type Store } from './store.ts'
import { nextTickMs } from './times.ts'
import { pageRows, pictureWanted, type Shown, scrollLimit } from './views/screen-lines.ts'
import { loadWeek } from './week.ts'

export interface ControllerDeps {
  ctx: Context
  source: SnapshotSource
  runAction: RunAction
  actionsFor: ActionsFor
}

/** What leaves the screen's own world. */
export type Outside = Record<Exclude<Effect, 'refresh'>, () => void>

/** Between keys, news, the clock and what is shown. */
export interface Controller {
  store: Store<State, Event>
  onStroke(stroke: string): void
  /** What belongs on the screen now. */
  shown(state: State): Shown
  /** The screen has settled: draws the picture that is looked at. */
  onShown(): void
  start(): void
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

/** `ticks`: whether countdowns go on between news. */
export function createController(
  deps: ControllerDeps,
  { size, ticks, outside }: { size: Size; ticks: boolean; outside: Outside },
): Controller {
  const { ctx, source, actionsFor } = deps
  const store = createStore(reduce, initialState(ctx.now(), size))
  const tick = () => store.dispatch({ type: 'tick', now: ctx.now() })
  const pictures = createPictures(ctx, tick)
  const jobs = createJobs(deps, store)
  let timer: NodeJS.Timeout | undefined

  const actionsOf = rememberOf((state: State): readonly Action[] => {
    const isConnected = state.live.kind === 'connected'
    const snapshot = knownSnapshot(state)
    return isConnected && snapshot !== null ? actionsFor(selectedEntry(state), snapshot) : []
  })
  const shown = (state: State): Shown => {
    const wanted = pictureWanted(state)
    return {
      state,
      actions: actionsOf(state),
      picture: wanted ? pictures.peek(wanted.path, wanted.room) : { kind: 'none' },
    }
  }
  const wait = () => {
    clearTimeout(timer)
    if (ticks) timer = setTimeout(tick, nextTickMs(visibleMoments(store.get()), ctx.now()))
  }
  const onEffect = (effect: Effect) => {
    if (effect !== 'refresh') return outside[effect]()
    pictures.forget()
    void source.refresh()
  }
  const perform = (intent: Intent) => {
    const state = store.get()
    if (intent.type === 'effect') onEffect(intent.effect)
    else if (intent.type === 'go') store.dispatch(goEvent(intent, shown(state)))
    else if (intent.type === 'unfit') store.dispatch({ type: 'say', message: unfitWords(intent.verb, state) })
    else if (intent.type === 'choose' && state.running !== null)
      store.dispatch({ type: 'say', message: `One thing at a time: "${state.running.label}" is still under way.` })
    else store.dispatch(intent)
  }
  let unsubscribe = () => {}

  return {
    store,
    shown,
    onStroke: (stroke) => {
      const state = store.get()
      const intent = readStroke(state, stroke, actionsOf(state))
      if (intent !== null) perform(intent)
    },
    onShown: () => {
      const wanted = pictureWanted(store.get())
      pictures.want(wanted?.path ?? null, wanted?.room ?? { columns: 0, rows: 0 })
    },
    start: () => {
      unsubscribe = store.subscribe(() => {
        wait()
        jobs.look()
      })
      wait()
      source.start((live) => store.dispatch({ type: 'live', live, now: ctx.now() }))
    },
    stop: async () => {
      unsubscribe()
      clearTimeout(timer)
      pictures.stop()
      await Promise.all([source.stop(), jobs.done()])
    },
  }
}

/** What the state asks for is done: an action, the week. */
function createJobs({ ctx, source, runAction }: ControllerDeps, store: Store<State, Event>) {
  let running: Promise<void> | null = null
  let weekOf: State['live'] | null = null

  const run = async (action: Action) => {
    const result = await runAction(action)
    running = null
    store.dispatch({ type: 'finished', result })
    await source.refresh()
  }
  const readWeek = async () => store.dispatch({ type: 'week', week: await loadWeek(ctx) })

  return {
    look: () => {
      const state = store.get()
      if (state.running !== null && running === null) running = run(state.running)
      if (topView(state) !== 'week') weekOf = null
      else if (weekOf !== state.live) {
        weekOf = state.live
        void readWeek()
      }
    },
    done: async () => void (await running),
  }
}

function goEvent({ by, unit }: Extract<Intent, { type: 'go' }>, shown: Shown): Event {
  const scroll = scrollLimit(shown)
  // In the details a line goes to the next entry, and a page through what is known of this one.
  if (unit === 'line') return { type: 'move', by, scroll }
  const lines = unit === 'page' ? pageRows(shown) : Number.MAX_SAFE_INTEGER
  return { type: 'scroll', by: by * lines, scroll }
}

function unfitWords(verb: string, { live }: State): string {
  if (live.kind === 'connected') return `"${verb}" does not fit what is selected. ? shows what does.`
  return `"${verb}" has to wait: the database is not there.`
}

/** Only what is near decides how often the screen is looked at again; what is near stands first. */
const LOOKED_AT = 40

function visibleMoments(state: State): (Date | null)[] {
  const snapshot = knownSnapshot(state)
  const view = topView(state)
  if (snapshot === null || (view !== null && view !== 'details')) return []
  const { next, waiting } = snapshot
  return [
    ...next.entries.slice(0, LOOKED_AT).map(({ scheduledFor, nextRetryAt }) => nextRetryAt ?? scheduledFor),
    ...waiting.entries.slice(0, LOOKED_AT).map(({ missedAt }) => missedAt),
  ]
}
