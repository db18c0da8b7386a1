import { openAlert } from '../alerts/alerts.ts'
import type { Context } from '../context.ts'
import { heldCalls } from '../db/api-limits.ts'
import { inTransaction } from '../db/connect.ts'
import { type InstagramAccess, loadInstagramAccess, openGraph } from '../instagram/access.ts'
import { GraphError } from '../instagram/graph.ts'
import { judgeRead } from '../instagram/judge.ts'
import { createReader, type InstagramReader } from '../instagram/reads.ts'
import { decideReconcile, type ReconcileFacts, type Verdict } from '../instagram/reconcile.ts'
import type { Closure } from './channels/channel.ts'
import { writeClosure } from './deliver.ts'
import { claimDoubtful, type Doubtful, factsOf, LostDoubt, writeVerdict } from './doubtful.ts'
import { findCandidates } from './find-candidates.ts'
import { accountSubject, settlePublished } from './instagram-steps.ts'
import { rememberPermalink } from './permalink.ts'
import type { TickReport } from './report.ts'
import { liveQuestion } from './trouble.ts'

const MAX_PER_RUN = 20
const LONGEST_DOUBT_SECONDS = 7200

/** Reads what became of publish calls whose answer was no proof, one item after the other; never publishes anything. */
export async function reconcileDue(ctx: Context, report: TickReport): Promise<void> {
  let reading: Reading | undefined
  try {
    for (let read = 0; read < MAX_PER_RUN && !ctx.signal.aborted; read += 1) {
      const doubtful = await claimDoubtful(ctx.db)
      if (!doubtful) return
      reading ??= await openReading(ctx)
      await reconcileOne(ctx, reading, doubtful, report)
    }
  } finally {
    reading?.close()
  }
}

type Reading =
  | { kind: 'ready'; access: InstagramAccess; reader: InstagramReader; close(): void }
  | { kind: 'incomplete'; reason: string; close(): void }

async function openReading(ctx: Context): Promise<Reading> {
  const found = await loadInstagramAccess(ctx)
  if (found.kind === 'incomplete') return { kind: 'incomplete', reason: found.reason, close: () => {} }
  const { access } = found
  const graph = openGraph(access, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  return { kind: 'ready', access, reader: createReader(graph, access), close: () => graph.close() }
}

async function reconcileOne(ctx: Context, reading: Reading, doubtful: Doubtful, report: TickReport): Promise<void> {
  const { verdict, knownIds } = await judgeOne(ctx, reading, doubtful)
  try {
    await carryOut(ctx, {
      doubtful,
      verdict,
      knownIds,
      report,
      reader: reading.kind === 'ready' ? reading.reader : null,
    })
  } catch (error) {
    // Somebody answered meanwhile, or the call came back after all.
    if (!(error instanceof LostDoubt)) throw error
  }
}

/** `knownIds`: live stories that are certainly not ours; null: none were read. */
interface Judged {
  verdict: Verdict
  knownIds: string[] | null
}

async function judgeOne(ctx: Context, reading: Reading, doubtful: Doubtful): Promise<Judged> {
  const { item } = doubtful
  const known = factsOf(doubtful, ctx.settings.missedAfterMinutes)
  const unread = (verdict: Verdict): Judged => ({ verdict, knownIds: null })
  const cannot = (why: string) =>
    unread(
      item.reconcileAskedAt === null ? { kind: 'ask', reason: why } : { kind: 'wait', seconds: 3600, isClean: false },
    )
  if (reading.kind === 'incomplete') return cannot(`Instagram cannot be read: ${reading.reason}`)
  const { access, reader } = reading
  if (item.instagramAccountId !== access.accountId)
    return cannot('it belongs to another account than the one that is set up')
  // The first reading after a call is worth it even when we are asked to wait: most doubts end with it.
  const held = doubtful.isFirst ? null : await heldCalls(ctx.db, [accountSubject(access.accountId)])
  if (held) return unread(waitFor(held.seconds, known))
  const { knownIds, ...seen } = await read(ctx, reader, doubtful)
  const facts: ReconcileFacts = { ...known, ...seen }
  return { verdict: decideReconcile(facts), knownIds }
}

/** A hold that lasts longer than a doubt may: somebody can look while we must not. */
function waitFor(
  heldSeconds: number,
  { secondsSinceSent, isAsked }: Pick<ReconcileFacts, 'secondsSinceSent' | 'isAsked'>,
): Verdict {
  if (!isAsked && secondsSinceSent + heldSeconds > LONGEST_DOUBT_SECONDS) {
    return { kind: 'ask', reason: 'Instagram asks us not to call for a while, so it cannot be read' }
  }
  return { kind: 'wait', seconds: Math.ceil(heldSeconds), isClean: false }
}

/** Null where Instagram did not tell; what that means for the channel is told once. */
async function read(ctx: Context, reader: InstagramReader, doubtful: Doubtful) {
  const { instagramContainerId: containerId, instagramAccountId } = doubtful.item
  const accountId = instagramAccountId ?? ''
  const container = containerId === null ? null : await readOrNull(ctx, accountId, () => reader.container(containerId))
  const stories = await readOrNull(ctx, accountId, () => reader.stories())
  const found = stories === null ? null : await findCandidates(ctx, doubtful, stories)
  return {
    container: container?.code ?? null,
    candidates: found?.candidates ?? null,
    knownIds: found?.knownIds ?? null,
  }
}

async function readOrNull<T>(ctx: Context, accountId: string, question: () => Promise<T>): Promise<T | null> {
  try {
    return await question()
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    const end = judgeRead(error.failure)
    if (end.kind === 'blocked' || end.kind === 'throttled') await close(ctx, end, accountId)
    ctx.out.debug(`storyline: ${error.label} could not be read: ${error.failure.reason}`)
    return null
  }
}

async function close(ctx: Context, closure: Closure, accountId: string): Promise<void> {
  const subjects = { instagram: accountSubject(accountId), hosting: '' }
  await inTransaction(ctx.db, (tx) => writeClosure(tx, closure, subjects))
}

interface Carried {
  doubtful: Doubtful
  verdict: Verdict
  knownIds: string[] | null
  report: TickReport
  reader: InstagramReader | null
}

async function carryOut(ctx: Context, { doubtful, verdict, knownIds, report, reader }: Carried): Promise<void> {
  const { id, instagramAccountId, lastError } = doubtful.item
  switch (verdict.kind) {
    case 'posted': {
      const { mediaId } = verdict
      await settlePublished(ctx, { queueItemId: id, accountId: instagramAccountId ?? '', mediaId })
      const permalink = reader && mediaId !== null ? await rememberPermalink(ctx, reader, id) : null
      report.delivered.push({ id, channel: 'instagram', instagramMediaId: mediaId, permalink })
      return
    }
    case 'wait':
      await writeVerdict(ctx.db, doubtful, verdict)
      if (doubtful.item.reconcileAskedAt === null) {
        report.unconfirmed.push({ id, reason: `${lastError ?? 'it may be live'}; Instagram is being read` })
      }
      return
    case 'ask': {
      const { reason } = verdict
      await inTransaction(ctx.db, async (tx) => {
        await writeVerdict(tx, doubtful, verdict)
        await openAlert(tx, liveQuestion(doubtful.item, reason))
      })
      report.unconfirmed.push({ id, reason })
      return
    }
    case 'resend':
    case 'rebuild':
    case 'stop':
      await writeVerdict(ctx.db, doubtful, verdict, knownIds)
      return
    default:
      verdict satisfies never
  }
}
