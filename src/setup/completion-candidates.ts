import { readdirSync } from 'node:fs'
import { type SQL, sql } from 'drizzle-orm'
import { begunAtOf } from '../backup/names.ts'
import type { Database } from '../db/connect.ts'
import type { Settings } from '../settings.ts'
import type { Asked } from './completion-words.ts'

/** Most that a shell is given; more letters narrow it down. */
const MOST = 200

export interface Candidate {
  value: string
  /** Shown beside it where the shell can. */
  description: string
}

interface Row extends Record<string, unknown> {
  value: string
  description: string | null
}

/** What is already typed and stays, and what the candidates begin with. */
interface Typed {
  kept: string
  start: string
}

/** Values that begin with what was typed, of the kind asked for. */
export async function findCandidates(
  db: Database,
  asked: Exclude<Asked, 'backups'>,
  typed: string,
): Promise<Candidate[]> {
  const { kept, start } = splitTyped(asked, typed)
  const rows = await db.execute<Row>(sql`select * from (${queryFor(asked, start)}) as found limit ${MOST}`)
  return rows.map(({ value, description }) => ({ value: kept + value, description: description ?? '' }))
}

/** Names of backups, newest first; none when the folder cannot be read. */
export function findBackupNames({ backupDir }: Settings, typed: string): Candidate[] {
  const names = readdirSync(backupDir).filter((name) => begunAtOf(name) !== undefined && name.startsWith(typed))
  return names
    .sort()
    .reverse()
    .slice(0, MOST)
    .map((value) => ({ value, description: '' }))
}

/** `a,b,c` completes its last tag; `#47` and `@sarah` are numbers and names with a sign before them. */
function splitTyped(asked: Asked, typed: string): Typed {
  const length =
    asked === 'tags' ? typed.lastIndexOf(',') + 1 : asked === 'media' ? 0 : (/^[#@]/.exec(typed)?.[0].length ?? 0)
  return { kept: typed.slice(0, length), start: typed.slice(length) }
}

function queryFor(asked: Exclude<Asked, 'backups'>, start: string): SQL {
  switch (asked) {
    case 'media':
      return media(start)
    case 'tags':
      return sql`select tag as value, count(*) || ' pictures' as description
        from media_items, unnest(tags) as tag where is_active and starts_with(tag, ${start}) group by tag order by tag`
    case 'categories':
      return sql`select category as value, count(*) || ' pictures' as description
        from media_items where is_active and starts_with(category, ${start}) group by category order by category`
    case 'usernames':
      return sql`select telegram_username as value, concat_ws(' ', telegram_first_name, telegram_last_name) as description
        from users where starts_with(lower(telegram_username), lower(${start})) order by telegram_username`
    case 'telegram-ids':
      return sql`select telegram_user_id::text as value,
               concat_ws(' ', '@' || telegram_username, telegram_first_name, telegram_last_name) as description
        from users where starts_with(telegram_user_id::text, ${start}) order by telegram_user_id`
    case 'queued':
      return queued(start, sql`true`)
    case 'movable':
      return queued(start, sql`status in ('pending', 'retrying')`)
    case 'unconfirmed':
      return queued(start, sql`status = 'unconfirmed'`)
    case 'repeatable':
      return settled(start, sql`status in ('failed', 'missed', 'cancelled')`)
    case 'undoable':
      return settled(start, sql`status <> 'failed'`)
    default:
      return asked satisfies never
  }
}

/** File names; paths as soon as one is begun, or when no name begins like that. */
function media(start: string): SQL {
  const [named, within] = [sql`starts_with(file_name, ${start})`, sql`starts_with(file_path, ${start})`]
  const isPath = start.includes('/')
  return sql`
    select file_name as value, coalesce(min(title), case when count(*) > 1 then count(*) || ' pictures' end) as description
      from media_items where ${named} and not ${isPath}::boolean group by file_name
    union all
    select file_path, title from media_items
     where ${within} and (${isPath}::boolean or not exists (select 1 from media_items where ${named}))
    order by value`
}

/** By number, or by id where one was begun. */
function queued(start: string, isMeant: SQL): SQL {
  return sql`
    select ${numberOrId(sql`story_number`, sql`posting_queue.id`, start)} as value, status || ' ' || file_path as description
      from posting_queue join media_items on media_items.id = media_item_id
     where ${isMeant} and ${begins(sql`story_number`, sql`posting_queue.id`, start)}
     order by scheduled_for`
}

function settled(start: string, isMeant: SQL): SQL {
  return sql`
    select ${numberOrId(sql`story_number`, sql`id`, start)} as value,
           status || ' ' || coalesce(media_metadata ->> 'file', '') as description
      from posting_history
     where undone_at is null and ${isMeant} and ${begins(sql`story_number`, sql`id`, start)}
     order by queue_deleted_at desc`
}

const begins = (number: SQL, id: SQL, start: string) =>
  sql`(starts_with(${number}::text, ${start}) or (${start} <> '' and starts_with(${id}::text, ${start})))`

const numberOrId = (number: SQL, id: SQL, start: string) =>
  sql`case when starts_with(${number}::text, ${start}) then ${number}::text else ${id}::text end`
