/** So many answers are kept: more than the largest screen shows at once. */
const MAX_KEPT = 5000

/** The same answer for the same key without working it out again: the same names and times are shown with every key. */
export function remember<Key extends string | number, Answer>(work: (key: Key) => Answer): (key: Key) => Answer {
  const kept = new Map<Key, Answer>()
  return (key) => {
    const known = kept.get(key)
    if (known !== undefined) return known
    if (kept.size >= MAX_KEPT) kept.clear()
    const answer = work(key)
    kept.set(key, answer)
    return answer
  }
}

/** The same for what is never changed once it is made: kept as long as the thing itself. */
export function rememberOf<Thing extends object, Answer>(work: (thing: Thing) => Answer): (thing: Thing) => Answer {
  const kept = new WeakMap<Thing, { answer: Answer }>()
  return (thing) => {
    const known = kept.get(thing)
    if (known) return known.answer
    const answer = work(thing)
    kept.set(thing, { answer })
    return answer
  }
}
