import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { describeUrl, explainDatabaseError } from '../db/connect.ts'
import { type ListeningDatabase, openListening } from '../db/listen.ts'
import { UserError } from '../errors.ts'
import { describeTrouble } from '../health/trouble.ts'
import { type Alarm, createAlarm } from './alarm.ts'
import { findDatabaseUrl } from './ground.ts'
import { openLooks } from './looks.ts'
import type { Live, Snapshot, SnapshotSource } from './snapshot.ts'

/** In milliseconds. */
interface Pace {
  /** Least time from one look to the next: what happens meanwhile is one change. */
  mergeMs: number
  /** Between two looks where nobody tells of changes. */
  pollMs: number
  /** The same where somebody does: due times pass without a change. */
  idleMs: number
  /** How often it is asked whether the database is still there. */
  pingMs: number
  /** Longest wait for an answer. */
  silenceMs: number
  /** How long the note that proves that changes are told may be on its way. */
  probeMs: number
  /** The library is counted again at most so often, when something changed; and so often in any case. */
  libraryMs: { least: number; most: number }
}

const PACE: Pace = {
  mergeMs: 250,
  pollMs: 3000,
  idleMs: 30_000,
  pingMs: 5000,
  silenceMs: 10_000,
  probeMs: 1000,
  libraryMs: { least: 10_000, most: 120_000 },
}

/** Seconds until it is tried again: 1, 2, 4, 8, 10, 10, … */
const backoffMs = (tries: number) => Math.min(10_000, 1000 * 2 ** tries)

/** What lives as long as somebody looks. */
export interface Watch {
  ctx: Context
  pace: Pace
  alarm: Alarm
  isOver: boolean
  /** The connection that is used now. */
  link: ListeningDatabase | undefined
  /** Who waits for a look that begins from now on. */
  waiters: (() => void)[]
  tell(snapshot: Snapshot, by: 'notify' | 'polling'): void
}

/**
 * Snapshots on every change (LISTEN/NOTIFY), by polling where changes cannot be heard, and again after the database was
 * away. Has one connection of its own, and for a moment a second one. It begins to look at once, so that the first look
 * is ready when the screen is.
 */
export function watchSnapshots(ctx: Context, pace: Pace = PACE): SnapshotSource {
  let report = (_: Live) => {}
  let known: Live = { kind: 'opening' }
  const tell = (live: Live) => {
    known = live
    if (!watch.isOver) report(live)
  }
  const watch: Watch = {
    ...{ ctx, pace, alarm: createAlarm(), isOver: false, link: undefined, waiters: [] },
    tell: (snapshot, by) => tell({ kind: 'connected', snapshot, by }),
  }
  const tellLost = (error: unknown) => {
    const { reason } = describeTrouble(error)
    if (known.kind === 'lost' && known.reason === reason) return
    const since = known.kind === 'lost' ? known.since : ctx.now()
    const last = known.kind === 'connected' ? known.snapshot : known.kind === 'lost' ? known.last : null
    tell({ kind: 'lost', since, reason, last })
  }
  const running = keepWatching(watch, tellLost)
  return {
    start: (listener) => {
      report = listener
      tell(known)
    },
    refresh: () =>
      new Promise((resolve) => {
        if (watch.isOver) return resolve()
        watch.waiters.push(resolve)
        watch.alarm.ring()
      }),
    stop: async () => {
      watch.isOver = true
      watch.alarm.ring()
      release(watch.waiters)
      await watch.link?.close()
      await running
    },
  }
}

async function keepWatching(watch: Watch, tellLost: (error: unknown) => void): Promise<void> {
  for (let tries = 0; !watch.isOver; tries += 1) {
    try {
      await watchOneLink(watch, () => {
        tries = 0
      })
    } catch (error) {
      if (watch.isOver) return
      tellLost(error)
      release(watch.waiters)
      // Whoever rang until now meant the connection that is gone.
      watch.alarm.silence()
      await watch.alarm.wait(backoffMs(tries))
    }
  }
}

/** Ends when nobody looks any more; throws when the database is lost. */
async function watchOneLink(watch: Watch, onLook: () => void): Promise<void> {
  const url = findDatabaseUrl(watch.ctx.settings)
  if (url === undefined) {
    throw new UserError('The embedded database is not running: storyline db start', { code: 'database_unreachable' })
  }
  const where = describeUrl(url)
  const gone = new UserError(`The connection to the database at ${where} broke`, { code: 'database_unreachable' })
  const changed = new Set<string>()
  let isGone = false
  const link = openListening(url, {
    onChange: (table) => {
      changed.add(table)
      watch.alarm.ring()
    },
    onClose: () => {
      isGone = true
      if (watch.link === link) watch.alarm.ring()
    },
  })
  watch.link = link
  try {
    const looks = openLooks(watch, link, changed)
    await looks.begin()
    onLook()
    while (!watch.isOver) {
      await pause(watch, looks)
      if (watch.isOver) return
      if (isGone) throw gone
      await looks.goOn()
    }
  } catch (error) {
    throw explainDatabaseError(error, where)
  } finally {
    watch.link = undefined
    await link.close()
  }
}

/** Until something happens, or it is time. */
async function pause({ alarm, pace }: Watch, looks: ReturnType<typeof openLooks>): Promise<void> {
  const wasRung = await alarm.wait(looks.isTold() ? pace.pingMs : pace.pollMs)
  const restMs = pace.mergeMs - looks.ageMs()
  if (wasRung && restMs > 0) await sleep(restMs)
}

function release(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve()
}
