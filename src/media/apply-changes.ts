import { inArray, type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import { rejectedFiles } from '../db/schema.ts'
import { errorCode } from '../errors.ts'
import type { Content } from './findings.ts'
import { fileNameOf, type Rejection } from './library.ts'
import type { Activity, Addition, Description, MediaPlan, Retirement, Revision } from './media-plan.ts'
import { isAddition, isRetirement, isRevision } from './media-plan.ts'

/** Rows of one statement. */
const BATCH_ROWS = 500

/** A row that the database would not take; all others are stored. */
export interface RefusedRow {
  path: string
  reason: string
}

/** Stores a plan in a handful of statements, whatever its size. The caller holds the library's lock. */
export async function applyMediaChanges(tx: Transaction, plan: MediaPlan): Promise<RefusedRow[]> {
  const revisions = plan.changes.filter(isRevision)
  const moves = revisions.filter(({ kind }) => kind === 'move')
  // Through a place that no file can have: two items may exchange their paths, and each path is unique at any time.
  await inBatches(moves, (batch) => tx.execute(relocate(batch, ({ id }) => `moving:${id}`)))
  await inBatches(moves, (batch) => tx.execute(relocate(batch, ({ path }) => path)))
  const refused = [
    ...(await writeRows(tx, revisions, revise)),
    ...(await writeRows(tx, plan.changes.filter(isRetirement), retire)),
    ...(await writeRows(tx, plan.changes.filter(isAddition), add)),
    ...(await writeRows(tx, plan.newProblems, remember)),
  ]
  await inBatches(plan.forgotten, (paths) => tx.delete(rejectedFiles).where(inArray(rejectedFiles.filePath, paths)))
  return refused
}

async function inBatches<T>(rows: readonly T[], work: (batch: T[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH_ROWS) await work(rows.slice(from, from + BATCH_ROWS))
}

type Row = { path: string }

/** One statement for a batch; when the database refuses it, its halves are tried, down to the row that is at fault. */
async function writeRows<T extends Row>(
  tx: Transaction,
  rows: readonly T[],
  toStatement: (rows: readonly T[]) => SQL,
): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  const write = async (batch: readonly T[]): Promise<void> => {
    try {
      // A savepoint: a refused statement would otherwise end the whole transaction.
      await tx.transaction((inner) => inner.execute(toStatement(batch)))
    } catch (error) {
      const code = errorCode(error) ?? ''
      const [first, ...others] = batch
      if (!isRefusal(code) || !first) throw error
      if (others.length === 0) {
        refused.push({ path: first.path, reason: `the database refused it (${code})` })
        return
      }
      const middle = Math.ceil(batch.length / 2)
      await write(batch.slice(0, middle))
      await write(batch.slice(middle))
    }
  }
  await inBatches(rows, write)
  return refused
}

/** SQLSTATE classes 22 (data), 23 (constraints) and 54 (limits): the row's fault, not the connection's. */
function isRefusal(code: string): boolean {
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code)
}

function relocate(moves: readonly Revision[], target: (move: Revision) => string): SQL {
  const rows = moves.map((move) => ({ id: move.id, path: target(move) }))
  return sql`
    update media_items m set file_path = v.path
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id uuid, path text)
    where m.id = v.id`
}

const COLUMNS = sql.raw(`
  id uuid, file_path text, file_name text, category text, is_sample boolean, title text, link_url text, caption text,
  tags text[], requires_interaction boolean, custom_metadata jsonb, file_hash text, file_size bigint,
  modified_at timestamptz, mime_type text, width integer, height integer, is_active boolean, problem text,
  resets_counters boolean`)

function toRow(description: Description, content: Content | null, activity: Activity | null) {
  return {
    file_path: description.path,
    file_name: fileNameOf(description.path),
    category: description.category,
    is_sample: description.isSample,
    title: description.title,
    link_url: description.linkUrl,
    caption: description.caption,
    tags: description.tags,
    requires_interaction: description.requiresInteraction,
    custom_metadata: description.customMetadata,
    file_hash: content?.hash,
    file_size: content?.sizeBytes,
    modified_at: content && new Date(content.modifiedMs).toISOString(),
    mime_type: content?.mimeType,
    width: content?.width,
    height: content?.height,
    is_active: activity?.isActive,
    problem: activity?.problem,
  }
}

function add(additions: readonly Addition[]): SQL {
  const rows = additions.map(({ description, content, activity }) => toRow(description, content, activity))
  return sql`
    insert into media_items (file_path, file_name, category, is_sample, title, link_url, caption, tags,
      requires_interaction, custom_metadata, file_hash, file_size, modified_at, mime_type, width, height, is_active, problem)
    select file_path, file_name, category, is_sample, title, link_url, caption, tags,
      requires_interaction, custom_metadata, file_hash, file_size, modified_at, mime_type, width, height, is_active, problem
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(${COLUMNS})
    on conflict (file_path) do nothing`
}

/** What a revision leaves out stays as it is in the row: others write to it too. */
function revise(revisions: readonly Revision[]): SQL {
  const rows = revisions.map(({ id, resetsCounters, description, content, activity }) => ({
    ...toRow(description, content, activity),
    id,
    resets_counters: resetsCounters,
  }))
  return sql`
    update media_items m set
      file_name = v.file_name, category = v.category, is_sample = v.is_sample, title = v.title, link_url = v.link_url,
      caption = v.caption, tags = v.tags, requires_interaction = v.requires_interaction,
      custom_metadata = v.custom_metadata,
      file_hash = coalesce(v.file_hash, m.file_hash), file_size = coalesce(v.file_size, m.file_size),
      modified_at = coalesce(v.modified_at, m.modified_at), mime_type = coalesce(v.mime_type, m.mime_type),
      width = coalesce(v.width, m.width), height = coalesce(v.height, m.height),
      is_active = coalesce(v.is_active, m.is_active),
      problem = case when v.is_active is null then m.problem else v.problem end,
      times_posted = case when v.resets_counters then 0 else m.times_posted end,
      last_posted_at = case when v.resets_counters then null else m.last_posted_at end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(${COLUMNS})
    where m.id = v.id`
}

function retire(retirements: readonly Retirement[]): SQL {
  const rows = retirements.map(({ id, why }) => ({ id, why }))
  return sql`
    update media_items m set is_active = false, problem = v.why
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id uuid, why text)
    where m.id = v.id and m.is_active`
}

function remember(rejections: readonly Rejection[]): SQL {
  const rows = rejections.map(({ path, sizeBytes, modifiedMs, reason }) => ({
    path,
    size: sizeBytes,
    modified_at: new Date(modifiedMs).toISOString(),
    reason,
  }))
  return sql`
    insert into rejected_files (file_path, file_size, modified_at, reason)
    select path, size, modified_at, reason
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as v(path text, size bigint, modified_at timestamptz, reason text)
    on conflict (file_path) do update
      set file_size = excluded.file_size, modified_at = excluded.modified_at, reason = excluded.reason`
}
