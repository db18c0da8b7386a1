/** State and who wants to know of it: outside React, so that it outlives a suspension. */
export interface Store<State, Event> {
  get(): State
  dispatch(event: Event): void
  /** The answer ends it. */
  subscribe(react: () => void): () => void
}

export function createStore<State, Event>(
  reduce: (state: State, event: Event) => State,
  initial: State,
): Store<State, Event> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    dispatch: (event) => {
      const next = reduce(state, event)
      if (next === state) return
      state = next
      for (const react of [...listeners]) react()
    },
    subscribe: (react) => {
      listeners.add(react)
      return () => void listeners.delete(react)
    },
  }
}
