import type { CategoryMix } from '../category-mix.ts'
import type { Context } from '../context.ts'
import { inTransaction, type Transaction } from '../db/connect.ts'
import type { ChannelName } from '../db/schema.ts'
import { routeItem } from '../publish/route.ts'
import type { Settings } from '../settings.ts'
import { type ListedMedia, loadCandidates } from './candidates.ts'
import { type ChooseMediaInput, chooseMedia, type MediaPlan, type Shortfall } from './choose-media.ts'
import { insertQueueItems, lockPlanning } from './insert-queue-items.ts'
import { localDate } from './parse-when.ts'
import { seededRandom } from './random.ts'
import { loadScheduleFacts, type ScheduleFacts } from './schedule-facts.ts'
import { countFree, isLargeLibrary, loadShortlist } from './shortlist.ts'
import { planSlots, type Slot } from './slots.ts'

export interface ScheduleRequest {
  days: number
  postsPerDay: number
  /** First local day, `YYYY-MM-DD`; default: today. */
  from?: string
  /** The same seed and the same library give the same plan. */
  seed: string
  dryRun: boolean
}

interface ScheduledStory {
  /** Null in a dry run. */
  id: string | null
  slot: string
  scheduledFor: Date
  file: string
  channel: ChannelName
  reason: string
}

export interface ScheduleReport {
  scheduled: ScheduledStory[]
  shortfalls: Shortfall[]
  runwayDays: number
  /** Slots that were free before. */
  freeSlots: number
}

/** The longest stretch that the category mix looks back over, in days. */
const MIX_MEMORY_DAYS = 7
const MS_PER_DAY = 86_400_000

/**
 * Fills the free slots of the coming days. Facts, decision and insert are one transaction under the planning lock: of
 * two runs at once the second one sees what the first one planned, and a repeated run finds nothing free.
 */
export async function makeSchedule(ctx: Context, request: ScheduleRequest): Promise<ScheduleReport> {
  const { settings } = ctx
  const now = ctx.now()
  const { categoryMix = null } = settings
  return inTransaction(ctx.db, async (tx) => {
    if (!request.dryRun) await lockPlanning(tx)
    const facts = await loadScheduleFacts(tx, {
      now,
      firstDay: request.from ?? localDate(now, settings.timeZone),
      days: request.days,
      memoryDays: Math.max(distanceDays(settings), MIX_MEMORY_DAYS),
    })
    const slots = freeSlots(settings, request, facts, now)
    const { plan, media } = await choose(tx, { settings, request, facts, slots, now, categoryMix })
    const stories = toStories(plan, media, settings)
    const scheduled = request.dryRun ? stories.map(({ story }) => story) : await insert(tx, stories)
    return { scheduled, shortfalls: plan.shortfalls, runwayDays: plan.runwayDays, freeSlots: slots.length }
  })
}

function distanceDays({ avoidRepostDays, repostTtlDays }: Settings): number {
  return Math.max(avoidRepostDays, repostTtlDays)
}

function freeSlots(settings: Settings, request: ScheduleRequest, { taken }: ScheduleFacts, now: Date): Slot[] {
  return planSlots({
    now,
    days: request.days,
    ...(request.from === undefined ? {} : { from: request.from }),
    postsPerDay: request.postsPerDay,
    timeZone: settings.timeZone,
    windowStartMinutes: settings.postingStartMinutes,
    windowEndMinutes: settings.postingEndMinutes,
    jitterMinutes: settings.slotJitterMinutes,
    random: seededRandom(`${request.seed} slots`),
    taken,
  })
}

interface Choice {
  settings: Settings
  request: ScheduleRequest
  facts: ScheduleFacts
  slots: Slot[]
  now: Date
  categoryMix: CategoryMix | null
}

interface Chosen {
  plan: MediaPlan
  media: readonly ListedMedia[]
}

/** A large library goes through a shortlist; whether what it cannot fill is really missing, only the whole one knows. */
async function choose(tx: Transaction, choice: Choice): Promise<Chosen> {
  if (await isLargeLibrary(tx)) {
    const { media, unlistedFree } = await loadListed(tx, choice)
    const plan = chooseMedia({ ...inputOf(choice), candidates: media, unlistedFree })
    if (plan.shortfalls.length === 0) return { plan, media }
  }
  const media = await loadCandidates(tx, choice.now)
  return { plan: chooseMedia({ ...inputOf(choice), candidates: media }), media }
}

function inputOf({ settings, request, facts, slots, now, categoryMix }: Choice): Omit<ChooseMediaInput, 'candidates'> {
  const { timeZone, avoidRepostDays, repostTtlDays } = settings
  const random = seededRandom(`${request.seed} media`)
  const { postsPerDay } = request
  return {
    now,
    timeZone,
    slots,
    planned: facts.planned,
    avoidRepostDays,
    repostTtlDays,
    categoryMix,
    postsPerDay,
    random,
  }
}

async function loadListed(tx: Transaction, choice: Choice): Promise<{ media: ListedMedia[]; unlistedFree: number }> {
  const { settings, request, facts, slots, now, categoryMix } = choice
  const [firstSlot, lastSlot] = [slots[0]?.at ?? now, slots.at(-1)?.at ?? now]
  const { seed } = request
  const ids = await loadShortlist(tx, { now, firstSlot, lastSlot, slotCount: slots.length, seed })
  const media = await loadCandidates(tx, now, ids)
  const unwanted = [...(categoryMix ?? [])].flatMap(([category, share]) => (share === 0 ? [category] : []))
  const free = await countFree(tx, { now, distanceDays: distanceDays(settings), unwanted })
  return { media, unlistedFree: Math.max(0, free - countListedFree(media, choice, facts)) }
}

/** Of the listed pictures, those that `countFree` counted too. */
function countListedFree(media: readonly ListedMedia[], choice: Choice, { planned }: ScheduleFacts): number {
  const { settings, categoryMix } = choice
  const nowMs = choice.now.getTime()
  const shownSinceMs = nowMs - distanceDays(settings) * MS_PER_DAY
  const near = new Set(planned.flatMap(({ at, fileHash }) => (at.getTime() > shownSinceMs ? [fileHash] : [])))
  const free = media.filter(({ fileHash, category, lockedUntil, lastPostedAt }) => {
    const isWanted = category === null || categoryMix?.get(category) !== 0
    const isLocked = lockedUntil !== null && (lockedUntil === 'forever' || lockedUntil.getTime() > nowMs)
    const wasShown = near.has(fileHash) || (lastPostedAt !== null && lastPostedAt.getTime() > shownSinceMs)
    return isWanted && !isLocked && !wasShown
  })
  return new Set(free.map(({ fileHash }) => fileHash)).size
}

interface PlannedStory {
  mediaItemId: string
  story: ScheduledStory
}

function toStories(
  { chosen }: MediaPlan,
  media: readonly ListedMedia[],
  { enableInstagramApi }: Settings,
): PlannedStory[] {
  const byId = new Map(media.map((item) => [item.id, item]))
  return chosen.flatMap(({ slot, mediaId, reason }) => {
    const item = byId.get(mediaId)
    if (!item) return []
    const channel = routeItem({ enableInstagramApi, requiresInteraction: item.requiresInteraction })
    const story = { id: null, slot: slot.slot, scheduledFor: slot.at, file: item.filePath, channel, reason }
    return [{ mediaItemId: mediaId, story }]
  })
}

async function insert(tx: Transaction, stories: readonly PlannedStory[]): Promise<ScheduledStory[]> {
  const rows = stories.map(({ mediaItemId, story: { slot, scheduledFor, channel } }) => {
    return { mediaItemId, slot, scheduledFor, channel }
  })
  const inserted = await insertQueueItems(tx, rows)
  const ids = new Map(inserted.map(({ id, mediaItemId }) => [mediaItemId, id]))
  return stories.flatMap(({ mediaItemId, story }) => {
    const id = ids.get(mediaItemId)
    return id === undefined ? [] : [{ ...story, id }]
  })
}
