import { sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { shortId } from '../db/ids.ts'
import { printable } from '../media/printable.ts'

/** Stories, by the id of their queue item, as people know them: `#47 stories/memes/mug.jpg`, whether open or settled. */
export async function nameStories(db: Database, ids: readonly string[]): Promise<(id: string) => string> {
  const rows =
    ids.length === 0
      ? []
      : await db.execute<{ id: string; storyNumber: number | null; file: string }>(sql`
          with wanted as (select unnest(${`{${ids.join(',')}}`}::uuid[]) as id),
          known as (
            select q.id, q.story_number, m.file_path as file
              from wanted join posting_queue q using (id) join media_items m on m.id = q.media_item_id
            union
            select wanted.id, h.story_number, m.file_path
              from wanted join posting_history h on h.queue_item_id = wanted.id and h.undone_at is null
              join media_items m on m.id = h.media_item_id)
          select id, story_number as "storyNumber", file from known`)
  const names = new Map(rows.map(({ id, storyNumber, file }) => [id, `#${storyNumber} ${printable(file)}`]))
  return (id) => names.get(id) ?? shortId(id)
}
