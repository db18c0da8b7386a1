import { sql } from 'drizzle-orm'
import type { ListeningDatabase } from '../db/listen.ts'
import { within } from '../health/within.ts'
import { type Ground, readGround } from './ground.ts'
import { type LibraryLook, loadLibrary } from './load-library.ts'
import { joinLooks } from './load-snapshot.ts'
import { loadStories, type StoriesLook } from './load-stories.ts'
import type { Watch } from './watch.ts'

/** Tables that decide what the library panel counts. */
const OF_LIBRARY = ['media_items', 'media_posting_locks', 'posting_queue', 'posting_history']

interface Seen {
  ground: Ground
  stories: StoriesLook
  library: LibraryLook
}

const answered = <T>({ pace }: Watch, work: Promise<T>) =>
  within(AbortSignal.timeout(pace.silenceMs), 'The database does not answer', work)

/** What is seen over one connection. `changed`: tables that were told of since the last look. */
export function openLooks(watch: Watch, link: ListeningDatabase, changed: Set<string>) {
  const { ctx, pace } = watch
  let seen: Seen | undefined
  let isTold = false
  let lookedAtMs = 0
  const tell = () => {
    if (seen) watch.tell(joinLooks(seen.stories, seen.library, seen.ground.settings), isTold ? 'notify' : 'polling')
  }
  const counting = createCounting(watch, link, (counted) => {
    if (seen) seen = { ...seen, ...counted }
    tell()
  })
  const lookAtStories = (ground: Ground) => {
    lookedAtMs = performance.now()
    if (OF_LIBRARY.some((table) => changed.has(table))) counting.expire()
    changed.clear()
    return answered(watch, loadStories(ctx, ground))
  }
  const lookFirst = async () => {
    // Told first, then looked: no change falls between the two.
    isTold = await answered(watch, link.listen(ctx.random, pace.probeMs))
    const ground = await answered(watch, readGround(ctx, link.db))
    const [stories, library] = await Promise.all([lookAtStories(ground), counting.first(ground)])
    seen = { ground, stories, library }
  }
  const lookAgain = async () => {
    if (!seen) return
    const stories = await lookAtStories(seen.ground)
    seen = { ...seen, stories }
  }
  /** Whoever asked before it begins is answered when it has been told, or cannot be. */
  const serve = async (look: () => Promise<void>) => {
    const waiters = watch.waiters.splice(0)
    if (waiters.length > 0) counting.expire()
    try {
      await look()
      tell()
    } finally {
      for (const resolve of waiters) resolve()
    }
  }
  /** Nothing is asked twice: somebody may have rung for something else. */
  const isDue = () => {
    const ageMs = performance.now() - lookedAtMs
    return changed.size > 0 || watch.waiters.length > 0 || ageMs >= (isTold ? pace.idleMs : pace.pollMs)
  }

  return {
    isTold: () => isTold,
    ageMs: () => performance.now() - lookedAtMs,
    /** The first look, with all of it. */
    begin: () => serve(lookFirst),
    /** Looks when there is a reason to, and otherwise asks whether the database is still there. */
    goOn: async () => {
      counting.check()
      if (isDue()) await serve(lookAgain)
      else await answered(watch, link.db.execute(sql`select 1`))
      void counting.goOn()
    },
  }
}

/** The library is counted beside the looks, which must not wait for it. */
function createCounting(
  watch: Watch,
  link: ListeningDatabase,
  onCounted: (counted: Pick<Seen, 'ground' | 'library'>) => void,
) {
  const { ctx, pace, alarm } = watch
  let countedAtMs = 0
  let isStale = false
  let isBusy = false
  let failure: unknown
  const isDue = () =>
    !isBusy && performance.now() - countedAtMs >= (isStale ? pace.libraryMs.least : pace.libraryMs.most)
  return {
    first: (ground: Ground) => {
      countedAtMs = performance.now()
      return answered(watch, loadLibrary(ctx, ground))
    },
    /** Something that it counts changed. */
    expire: () => {
      isStale = true
    },
    /** Throws what went wrong since. */
    check: () => {
      if (failure !== undefined) throw failure
    },
    goOn: async () => {
      if (!isDue()) return
      isBusy = true
      isStale = false
      countedAtMs = performance.now()
      try {
        // Settings may have changed, too.
        const ground = await answered(watch, readGround(ctx, link.db))
        onCounted({ ground, library: await answered(watch, loadLibrary(ctx, ground)) })
      } catch (error) {
        failure = error
        alarm.ring()
      } finally {
        isBusy = false
      }
    },
  }
}
