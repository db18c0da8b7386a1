import { columnsOf, type Line, padLine, type Span, span } from '../line.ts'
import { knownSnapshot } from '../selection.ts'
import type { Snapshot } from '../snapshot.ts'
import type { State } from '../state.ts'
import { ago, clock, dayAndClock } from '../times.ts'
import { healthSummary } from './lists.ts'

/** The first lines: how things are, in words. */
export function headerLines(state: State, width: number): Line[] {
  const snapshot = knownSnapshot(state)
  return [firstLine(state, snapshot, width), ...banners(state, snapshot, width)]
}

function firstLine(state: State, snapshot: Snapshot | null, width: number): Line {
  const name: Span = { text: ' Storyline  ', isBold: true }
  if (snapshot === null) return padLine([name, span(state.live.kind === 'lost' ? '✗ no database' : 'opening…')], width)
  const { text, tone } = healthSummary(snapshot)
  const left: Span[] = [name, { text, tone, isBold: true }]
  if (snapshot.paused) left.push(span('  paused', 'warn'))
  if (snapshot.isDryRun) left.push(span('  DRY RUN: nothing is really sent', 'warn'))
  const used = left.reduce((sum, part) => sum + columnsOf(part.text), 0)
  const right = facts(state, snapshot).find((words) => columnsOf(words) + 3 <= width - used) ?? ''
  return padLine([...left, span(`${right} `.padStart(Math.max(0, width - used)), 'faint')], width)
}

/** From the most to the least that is said. */
function facts({ now, live }: State, { health, timeZone }: Snapshot): string[] {
  const tick = health.lastTickAt === null ? 'never ticked' : `last tick ${ago(health.lastTickAt, now)}`
  const how = live.kind === 'connected' ? (live.by === 'notify' ? 'live' : 'polling') : ''
  const today = dayAndClock(now, timeZone)
  const full = [tick, how, `${today} ${timeZone}`].filter(Boolean).join(' · ')
  return [full, `${tick} · ${today}`, `${tick} · ${clock(now, timeZone)}`, clock(now, timeZone)]
}

function banners({ live }: State, snapshot: Snapshot | null, width: number): Line[] {
  const lines: Line[] = []
  if (live.kind === 'lost' && snapshot !== null) {
    const since = clock(live.since, snapshot.timeZone)
    const words = ` ✗ Database lost since ${since}; this is what was known then. Trying again. (${live.reason})`
    lines.push(padLine([{ text: words, tone: 'bad', isBold: true }], width))
  }
  if (snapshot?.paused) {
    lines.push(padLine([span(` = ${pauseWords(snapshot.paused, snapshot.timeZone)}`, 'warn')], width))
  }
  return lines
}

/** The reason, which may be long, comes last. */
function pauseWords({ by, reason, since }: NonNullable<Snapshot['paused']>, timeZone: string): string {
  const why = reason === null ? '' : `: ${reason}`
  return `Paused, nothing is sent (p goes on); since ${dayAndClock(since, timeZone)} by ${by}${why}`
}
