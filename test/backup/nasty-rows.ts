import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'

/** Fills every table with rows of every kind that there is, with all that is hard to write down. */
export async function seedNastyRows(db: Database): Promise<void> {
  await db.execute(sql.raw(NASTY))
}

const NASTY = String.raw`
do $rows$
declare
  ana uuid := gen_random_uuid();
  item uuid;
  past uuid := gen_random_uuid();
  nasty text[] := array['', ' ', '''', '"', '\', '\\', '\N', 'NULL', E'a\tb', E'a\nb', E'\r\n', E'\x01\x1f\x7f', '😀👩‍👩‍👧', 'ä́ö', E'\n--: 5\n', E'\n\\.\n', 'commit;',
    E';\ncommit;\n', '$$', '$rows', '{a,"b"}', '(1,2)', E'\u2028', '%s %L', ':name :''x''', '\q', repeat('x', 5000), '0', 'null', 'E''x'''];
begin
  insert into users (id, telegram_user_id, telegram_username, telegram_first_name, role, updated_at)
    values (ana, 9007199254740991, 'o''neill\', E'\U0001F600\t', 'admin', '2020-02-29 12:34:56.789012+00'),
           (gen_random_uuid(), 1, null, '', 'member', '1999-12-31 23:59:59.999999+00');
  for i in 1 .. array_length(nasty, 1) loop
    insert into media_items (file_path, file_name, file_size, file_hash, title, caption, tags, custom_metadata, last_posted_at, category, edited_fields, updated_at)
      values (i || nasty[i], nasty[i], 9223372036854775807, encode(sha256(i::text::bytea), 'hex'), nasty[i], nullif(nasty[i], ''),
              nasty, jsonb_build_object(nasty[i], nasty, 'n', 1.50, 'deep', '{"a":[null,true,1e3]}'::jsonb),
              '2026-03-29 01:59:59.000001+00'::timestamptz + i * interval '1 hour', nasty[i], '{}', '2001-01-01 00:00:00.000001+00')
      returning id into item;
    insert into media_posting_locks (media_item_id, locked_until, created_by_user_id) values (item, case when i % 2 = 0 then 'infinity'::timestamptz end, ana);
    insert into shopify_products (shopify_product_id, title, handle, product_url, price, compare_at_price, tags)
      values (-i, nasty[i], 'h', 'u', i * 1.10, null, case when i % 3 = 0 then null else array[nasty[i], null, 'x'] end);
  end loop;
  insert into media_product_links (media_item_id, shopify_product_id) select item, id from shopify_products limit 2;
  insert into posting_history (id, media_item_id, queue_created_at, queue_deleted_at, scheduled_for, status, success, posted_at, posted_by_user_id, settlement)
    values (past, item, 'epoch', '0044-03-15 00:00:00+00 BC', '2300-01-01', 'posted', true, '-infinity', ana, '{"lock": null}');
  insert into instagram_post_metrics (posting_history_id, instagram_media_id) values (past, '17999999999999999');
  insert into posting_queue (media_item_id, slot, scheduled_for, retry_of, instagram_before_ids, last_error, updated_at)
    values (item, '2099-11-21/2', '2099-11-21 12:00:00+00', past, array['1', null, '"'], nasty[11], '2000-01-01');
  insert into config (key, value, updated_at) values ('timezone', 'Europe/Berlin', '2000-01-01'), ('of nobody', E'a=1,\nb=2', '2000-01-01');
  insert into stored_secrets (name, key_id, sealed) values ('instagram', 'k', 'c2VhbGVk');
  insert into heartbeats (name, detail) values ('tick', '[1, "two", {"three": null}]');
  insert into service_runs (service_name, method_name, input_params, stack_trace) values ('x', 'y', 'null', E'at a\n  at b');
  insert into rejected_files (file_path, file_size, modified_at, reason) select nasty[i], -1, 'epoch', nasty[i] from generate_series(1, 9) i;
  insert into telegram_cards (queue_item_id, kind, chat_id, message_id) values (past, 'card', -1009999999999, 2147483648);
  insert into alerts (subject, severity, state, summary) values ('x', 'warning', 'open', nasty[10]);
  insert into telegram_updates (update_id) values (9007199254740991);
  insert into telegram_chats (reference, chat_id) values ('@x', -1);
  insert into api_limits (subject, until, reason) values ('x', 'infinity', '');
  insert into api_quotas (subject, used, total) values ('x', -2147483648, 2147483647);
  insert into hosted_files (provider, key, queue_item_id) values ('s3', nasty[13], past), ('cloudinary', nasty[13], past);
  insert into pauses (paused_by, reason, resumed_at) values ('@ana', nasty[13], '2020-01-01');
  insert into backups (name, kind, location, size_bytes) values ('gone', 'full', '/elsewhere', 9223372036854775807);
  insert into config_changes (key, old_value, new_value, changed_by) values ('x', '', null, nasty[4]);
  perform nextval('posting_queue_story_number_seq') from generate_series(1, 41);
end $rows$`
