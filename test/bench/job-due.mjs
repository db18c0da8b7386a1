import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './measure.mjs'

const PROCESSES = 8
/** The most that MAX_POSTS_PER_RUN takes. */
const POSTS_PER_RUN = 100
const CHAT = -1001234567890

/** Everything due at once, eight ticks at a time until the queue is empty: every story exactly once. */
export async function benchDue(bench, { items, log }) {
  const { startFakeTelegram } = await bench.importSupport('fake-telegram.ts')
  const db = await bench.addDatabase('bench_due')
  await fillQueue(bench, db.sql, items)
  const fake = await startFakeTelegram({ chats: [{ id: CHAT }] })
  const tick = bench.cli(['process-queue'], {
    ...db.env,
    MEDIA_BASE_PATH: join(bench.folder, 'due'),
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_CHANNEL_ID: String(CHAT),
    TELEGRAM_API_ROOT: fake.url,
    MAX_POSTS_PER_RUN: String(POSTS_PER_RUN),
    MISSED_AFTER_MINUTES: '10080',
  })
  const startedAt = performance.now()
  await sendAll(db.sql, tick, { items, log })
  const seconds = (performance.now() - startedAt) / 1000
  const faults = await findFaults(fake, db.sql, items)
  await fake.close()
  await db.end()
  return [
    {
      job: `${items} due items, ${PROCESSES} processes`,
      measured: faults.length === 0 ? `each once, ${Math.round(items / seconds)} items/s` : faults.join('; '),
      reference: '',
      ratio: null,
      budget: 'each exactly once',
      ok: faults.length === 0,
    },
  ]
}

async function sendAll(sql, tick, { items, log }) {
  // Each round of eight empties at least one run's share, unless something is wrong.
  const mostRounds = Math.ceil(items / POSTS_PER_RUN) + 1
  for (let round = 1; round <= mostRounds; round++) {
    await Promise.all(Array.from({ length: PROCESSES }, () => run(tick, [0, 3])))
    const [{ left }] = await sql`select count(*)::int as left from posting_queue where status <> 'awaiting_team'`
    log(`round ${round}: ${left} left`)
    if (left === 0) return
  }
}

/** Small pictures, each with content of its own: bytes after the end of a JPEG are allowed. */
async function fillQueue(bench, sql, items) {
  const { pattern } = await bench.importSupport('pictures.ts')
  const jpeg = await pattern({ width: 90, height: 160 }).jpeg().toBuffer()
  const folder = join(bench.folder, 'due/stories')
  mkdirSync(folder, { recursive: true })
  const rows = Array.from({ length: items }, (_, n) => {
    const name = `story-${n}.jpg`
    const bytes = Buffer.concat([jpeg, Buffer.from(name)])
    writeFileSync(join(folder, name), bytes)
    return { name, size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') }
  })
  await sql`
    insert into media_items (file_path, file_name, file_size, file_hash, mime_type)
    select 'stories/' || name, name, size, hash, 'image/jpeg'
      from jsonb_to_recordset(${sql.json(rows)}) as row (name text, size bigint, hash text)`
  await sql`
    insert into posting_queue (media_item_id, scheduled_for)
    select id, now() - interval '1 minute' from media_items`
  await sql`vacuum analyze`
}

/** What differs from one document and one card for every item, seen by the chat and by the database. */
async function findFaults(fake, sql, items) {
  const [rows] = await sql`
    select (select count(*)::int from posting_queue where status = 'awaiting_team') as waiting,
           (select count(distinct queue_item_id)::int from telegram_cards) as cards`
  const applied = (method) => fake.calls(method).filter((call) => call.applied)
  const documents = applied('sendDocument').map((call) => call.files[0].fileName)
  const cards = applied('sendPhoto').map((call) => /posted:([0-9a-f-]{36})/.exec(JSON.stringify(call.params))?.[1])
  const counts = {
    'documents sent': documents.length,
    'different documents': new Set(documents).size,
    'cards sent': cards.length,
    'different cards': new Set(cards).size,
    'items that wait for the team': rows.waiting,
    'cards on record': rows.cards,
  }
  const wrong = Object.entries(counts).flatMap(([what, count]) => (count === items ? [] : `${count} ${what}`))
  return [...wrong, ...fake.violations().slice(0, 3)]
}
