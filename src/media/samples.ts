import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { and, eq } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { mediaItems, postingQueue } from '../db/schema.ts'
import { errorCode } from '../errors.ts'
import { settle } from '../history/settle.ts'
import { SAMPLE_RETIRED } from './problems.ts'

/** Hashes of the pictures that come with Storyline; hidden, so that it is no picture's metadata. */
const SAMPLES_FILE = 'stories/.samples.json'

/** Content hashes of the samples in this library; empty when it has none. */
export function readSampleHashes(root: string): Set<string> {
  try {
    const listed: unknown = JSON.parse(readFileSync(join(root, SAMPLES_FILE), 'utf8'))
    const hashes = typeof listed === 'object' && listed !== null && 'sha256' in listed ? listed.sha256 : []
    return new Set(Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [])
  } catch (error) {
    // Without the list a library has no samples; those that the database knows stay samples.
    if (errorCode(error) !== undefined || error instanceof SyntaxError) return new Set()
    throw error
  }
}

export interface RetiredSamples {
  retired: number
  /** Stories of samples that left the queue. */
  cancelled: number
}

/** Takes all samples out of the library and their stories out of the queue, each with its history row. Harmless when repeated. */
export async function retireSamples(ctx: Context): Promise<RetiredSamples> {
  const retired = await ctx.db
    .update(mediaItems)
    .set({ isActive: false, problem: SAMPLE_RETIRED })
    .where(and(eq(mediaItems.isSample, true), eq(mediaItems.isActive, true)))
    .returning({ id: mediaItems.id })
  return { retired: retired.length, cancelled: await cancelRetiredSamples(ctx) }
}

/** Also what an interrupted run left behind, or a schedule that was planned at the same moment. */
export async function cancelRetiredSamples({ db, settings }: Context): Promise<number> {
  const queued = await db
    .select({ id: postingQueue.id })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(and(eq(mediaItems.isSample, true), eq(mediaItems.isActive, false)))
  let cancelled = 0
  for (const { id } of queued) {
    const result = await settle(db, {
      queueItemId: id,
      settings,
      decide: () => ({ status: 'cancelled', reason: 'the sample stories retired', actor: { kind: 'storyline' } }),
    })
    if (result.kind === 'settled') cancelled++
  }
  return cancelled
}
