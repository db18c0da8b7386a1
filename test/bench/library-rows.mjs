/**
 * A library that has been in use for a while, without files: six categories of unequal size, two to four tags, a third
 * posted (one an hour, the latest an hour ago, with history), what was posted lately locked, some held for ever.
 */
export async function fillLibrary(sql, count) {
  await sql`
    insert into media_items (file_path, file_name, file_size, file_hash, mime_type, category, tags, width, height,
                             modified_at, times_posted, last_posted_at)
    select 'stories/' || category || '/' || n || '.jpg', n || '.jpg', 300000 + n, encode(sha256(n::text::bytea), 'hex'),
           'image/jpeg', category, tags, 1080, 1920, now() - interval '1 year',
           case when n % 3 = 0 then 1 + n / 3 % 4 else 0 end,
           case when n % 3 = 0 then now() - make_interval(hours => n / 3) end
      from generate_series(1, ${count}::int) as n,
           lateral (select (array['memes', 'memes', 'memes', 'products', 'products', 'quotes', 'customers', 'events', 'team'])
                             [1 + n * 7919 % 9] as category) as c,
           lateral (select array_agg(distinct 'tag-' || (n * 31 + k * k * 17) % 60) as tags
                      from generate_series(1, 2 + n % 3) as k) as t`
  await sql`
    insert into posting_history (media_item_id, queue_item_id, story_number, queue_created_at, queue_deleted_at,
                                 scheduled_for, media_metadata, channel, status, success, posted_at, sent_at)
    select id, gen_random_uuid(), row_number() over (order by last_posted_at), last_posted_at - interval '3 days',
           last_posted_at, last_posted_at - interval '20 minutes',
           jsonb_build_object('file', file_path, 'file_hash', file_hash, 'title', null, 'link_url', null, 'caption', null,
                              'tags', to_jsonb(tags), 'category', category, 'custom_metadata', null),
           'telegram', 'posted', true, last_posted_at, last_posted_at - interval '20 minutes'
      from media_items where last_posted_at is not null`
  await sql`
    insert into media_posting_locks (media_item_id, locked_at, locked_until, lock_reason)
    select id, last_posted_at, last_posted_at + interval '30 days', 'recent_post'
      from media_items where last_posted_at > now() - interval '60 days'
    union all
    select id, now(), null, 'manual_hold' from media_items where right(file_hash, 2) = '00'`
  // What autovacuum does within a minute or two after such a load.
  await sql`vacuum analyze`
}
