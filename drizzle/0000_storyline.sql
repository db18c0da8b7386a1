CREATE TABLE "alerts" (
	"subject" text PRIMARY KEY NOT NULL,
	"severity" varchar(20) NOT NULL,
	"state" varchar(20) NOT NULL,
	"summary" text NOT NULL,
	"fix" text,
	"queue_item_id" uuid,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"notice" varchar(20),
	"notice_lease_until" timestamp with time zone,
	"notice_attempts" integer DEFAULT 0 NOT NULL,
	"announced" boolean DEFAULT false NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "check_alert_severity" CHECK (severity in ('warning', 'critical')),
	CONSTRAINT "check_alert_state" CHECK (state in ('open', 'resolved')),
	CONSTRAINT "check_alert_notice" CHECK (notice is null or notice in ('open', 'resolved'))
);
--> statement-breakpoint
CREATE TABLE "api_limits" (
	"subject" text PRIMARY KEY NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config" (
	"key" varchar(100) PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"description" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "heartbeats" (
	"name" text PRIMARY KEY NOT NULL,
	"beat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"detail" jsonb
);
--> statement-breakpoint
CREATE TABLE "instagram_post_metrics" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"posting_history_id" uuid NOT NULL,
	"instagram_media_id" text NOT NULL,
	"impressions" integer DEFAULT 0 NOT NULL,
	"reach" integer DEFAULT 0 NOT NULL,
	"replies" integer DEFAULT 0 NOT NULL,
	"taps_forward" integer DEFAULT 0 NOT NULL,
	"taps_back" integer DEFAULT 0 NOT NULL,
	"exits" integer DEFAULT 0 NOT NULL,
	"link_clicks" integer DEFAULT 0 NOT NULL,
	"fetched_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "unique_metric_fetch" UNIQUE("posting_history_id","fetched_at")
);
--> statement-breakpoint
CREATE TABLE "media_items" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"file_path" text NOT NULL,
	"file_name" text NOT NULL,
	"file_size" bigint NOT NULL,
	"file_hash" text NOT NULL,
	"mime_type" varchar(100),
	"requires_interaction" boolean DEFAULT false NOT NULL,
	"title" text,
	"link_url" text,
	"caption" text,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"custom_metadata" jsonb,
	"times_posted" integer DEFAULT 0 NOT NULL,
	"last_posted_at" timestamp with time zone,
	"is_active" boolean DEFAULT true NOT NULL,
	"indexed_by_user_id" uuid,
	"category" text,
	"width" integer,
	"height" integer,
	"modified_at" timestamp with time zone,
	"problem" text,
	"is_sample" boolean DEFAULT false NOT NULL,
	"edited_fields" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_items_file_path_unique" UNIQUE("file_path"),
	CONSTRAINT "check_media_file_hash" CHECK (file_hash ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "media_posting_locks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"media_item_id" uuid NOT NULL,
	"locked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"locked_until" timestamp with time zone,
	"lock_reason" varchar(100) DEFAULT 'recent_post' NOT NULL,
	"created_by_user_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "check_lock_reason" CHECK (lock_reason in ('recent_post', 'skip', 'manual_hold', 'seasonal', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "media_product_links" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"media_item_id" uuid NOT NULL,
	"shopify_product_id" uuid NOT NULL,
	"is_primary" boolean DEFAULT false NOT NULL,
	"display_order" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "unique_media_product" UNIQUE("media_item_id","shopify_product_id")
);
--> statement-breakpoint
CREATE TABLE "posting_history" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"media_item_id" uuid NOT NULL,
	"queue_item_id" uuid,
	"story_number" integer,
	"queue_created_at" timestamp with time zone NOT NULL,
	"queue_deleted_at" timestamp with time zone NOT NULL,
	"scheduled_for" timestamp with time zone NOT NULL,
	"media_metadata" jsonb,
	"slot" text,
	"channel" varchar(20),
	"status" varchar(50) NOT NULL,
	"success" boolean NOT NULL,
	"reason" text,
	"posted_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"instagram_media_id" text,
	"instagram_permalink" text,
	"posted_by_user_id" uuid,
	"posted_by_telegram_username" text,
	"settled_by" text,
	"error_message" text,
	"retry_count" integer DEFAULT 0 NOT NULL,
	"telegram_chat_id" bigint,
	"telegram_message_id" bigint,
	"retry_of" uuid,
	"undone_at" timestamp with time zone,
	"settlement" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "check_history_status" CHECK (status in ('posted', 'skipped', 'rejected', 'failed', 'missed', 'cancelled')),
	CONSTRAINT "check_history_posted_at" CHECK ((status = 'posted') = (posted_at is not null)),
	CONSTRAINT "check_history_success" CHECK (success = (status = 'posted'))
);
--> statement-breakpoint
CREATE TABLE "posting_queue" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"story_number" integer GENERATED BY DEFAULT AS IDENTITY (sequence name "posting_queue_story_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"media_item_id" uuid NOT NULL,
	"slot" text,
	"scheduled_for" timestamp with time zone NOT NULL,
	"status" varchar(50) DEFAULT 'pending' NOT NULL,
	"channel" varchar(20) DEFAULT 'telegram' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"effect" varchar(40),
	"effect_started_at" timestamp with time zone,
	"web_hosted_url" text,
	"web_hosted_public_id" text,
	"telegram_chat_id" bigint,
	"telegram_message_id" bigint,
	"telegram_document_message_id" bigint,
	"sent_at" timestamp with time zone,
	"retry_count" integer DEFAULT 0 NOT NULL,
	"max_retries" integer DEFAULT 3 NOT NULL,
	"next_retry_at" timestamp with time zone,
	"last_error" text,
	"retry_of" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "posting_queue_media_item_id_unique" UNIQUE("media_item_id"),
	CONSTRAINT "posting_queue_slot_unique" UNIQUE("slot"),
	CONSTRAINT "check_queue_status" CHECK (status in ('pending', 'processing', 'retrying', 'awaiting_team', 'unconfirmed')),
	CONSTRAINT "check_queue_channel" CHECK (channel in ('telegram', 'instagram')),
	CONSTRAINT "check_queue_lease" CHECK ((status = 'processing') = (lease_owner is not null and lease_until is not null)),
	CONSTRAINT "check_queue_retry" CHECK (status <> 'retrying' or next_retry_at is not null),
	CONSTRAINT "check_queue_effect" CHECK ((effect is null) = (effect_started_at is null)),
	CONSTRAINT "check_queue_awaiting" CHECK (status <> 'awaiting_team' or sent_at is not null)
);
--> statement-breakpoint
CREATE TABLE "rejected_files" (
	"file_path" text PRIMARY KEY NOT NULL,
	"file_size" bigint NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"service_name" varchar(100) NOT NULL,
	"method_name" varchar(100) NOT NULL,
	"user_id" uuid,
	"triggered_by" varchar(50) DEFAULT 'system' NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	"duration_ms" integer,
	"status" varchar(50) DEFAULT 'running' NOT NULL,
	"success" boolean,
	"result_summary" jsonb,
	"error_message" text,
	"error_type" varchar(100),
	"stack_trace" text,
	"input_params" jsonb,
	"metadata" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "check_service_run_status" CHECK (status in ('running', 'completed', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "shopify_products" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"shopify_product_id" bigint NOT NULL,
	"title" text NOT NULL,
	"handle" text NOT NULL,
	"product_url" text NOT NULL,
	"price" numeric(10, 2),
	"compare_at_price" numeric(10, 2),
	"description" text,
	"product_type" varchar(100),
	"vendor" varchar(100),
	"tags" text[],
	"is_active" boolean DEFAULT true NOT NULL,
	"published_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"valid_from" timestamp with time zone DEFAULT now() NOT NULL,
	"valid_to" timestamp with time zone,
	"is_current" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "telegram_cards" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"queue_item_id" uuid NOT NULL,
	"kind" varchar(20) NOT NULL,
	"chat_id" bigint NOT NULL,
	"message_id" bigint NOT NULL,
	"edit_due_at" timestamp with time zone,
	"edit_attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "telegram_cards_message" UNIQUE("chat_id","message_id"),
	CONSTRAINT "check_card_kind" CHECK (kind in ('card', 'question'))
);
--> statement-breakpoint
CREATE TABLE "telegram_chats" (
	"reference" text PRIMARY KEY NOT NULL,
	"chat_id" bigint NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "telegram_updates" (
	"update_id" bigint PRIMARY KEY NOT NULL,
	"processed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"telegram_user_id" bigint NOT NULL,
	"telegram_username" varchar(100),
	"telegram_first_name" varchar(255),
	"telegram_last_name" varchar(255),
	"team_name" varchar(255),
	"role" varchar(50) DEFAULT 'member' NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"total_posts" integer DEFAULT 0 NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_telegram_user_id_unique" UNIQUE("telegram_user_id"),
	CONSTRAINT "check_user_role" CHECK (role in ('admin', 'member'))
);
--> statement-breakpoint
ALTER TABLE "instagram_post_metrics" ADD CONSTRAINT "instagram_post_metrics_history_fk" FOREIGN KEY ("posting_history_id") REFERENCES "public"."posting_history"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_items" ADD CONSTRAINT "media_items_indexed_by_user_id_users_id_fk" FOREIGN KEY ("indexed_by_user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_posting_locks" ADD CONSTRAINT "media_posting_locks_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_posting_locks" ADD CONSTRAINT "media_posting_locks_media_item_fk" FOREIGN KEY ("media_item_id") REFERENCES "public"."media_items"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_product_links" ADD CONSTRAINT "media_product_links_media_item_fk" FOREIGN KEY ("media_item_id") REFERENCES "public"."media_items"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_product_links" ADD CONSTRAINT "media_product_links_product_fk" FOREIGN KEY ("shopify_product_id") REFERENCES "public"."shopify_products"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "posting_history" ADD CONSTRAINT "posting_history_media_item_fk" FOREIGN KEY ("media_item_id") REFERENCES "public"."media_items"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "posting_history" ADD CONSTRAINT "posting_history_user_fk" FOREIGN KEY ("posted_by_user_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD CONSTRAINT "posting_queue_media_item_fk" FOREIGN KEY ("media_item_id") REFERENCES "public"."media_items"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD CONSTRAINT "posting_queue_retry_of_fk" FOREIGN KEY ("retry_of") REFERENCES "public"."posting_history"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_runs" ADD CONSTRAINT "service_runs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_alerts_notice" ON "alerts" USING btree ("since") WHERE notice is not null;--> statement-breakpoint
CREATE INDEX "idx_alerts_open" ON "alerts" USING btree ("since") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "idx_instagram_metrics_media_id" ON "instagram_post_metrics" USING btree ("instagram_media_id");--> statement-breakpoint
CREATE INDEX "idx_media_items_active" ON "media_items" USING btree ("category","last_posted_at" NULLS FIRST,"id") WHERE is_active;--> statement-breakpoint
CREATE INDEX "idx_media_items_hash" ON "media_items" USING btree ("file_hash","is_active");--> statement-breakpoint
CREATE INDEX "idx_media_items_tags" ON "media_items" USING gin ("tags");--> statement-breakpoint
CREATE UNIQUE INDEX "media_posting_locks_one_a_reason" ON "media_posting_locks" USING btree ("media_item_id","lock_reason");--> statement-breakpoint
CREATE INDEX "idx_media_locks_until" ON "media_posting_locks" USING btree ("locked_until");--> statement-breakpoint
CREATE INDEX "idx_media_locks_created_by" ON "media_posting_locks" USING btree ("created_by_user_id");--> statement-breakpoint
CREATE INDEX "idx_media_product_links_product" ON "media_product_links" USING btree ("shopify_product_id");--> statement-breakpoint
CREATE UNIQUE INDEX "posting_history_queue_item_once" ON "posting_history" USING btree ("queue_item_id") WHERE undone_at is null;--> statement-breakpoint
CREATE INDEX "idx_posting_history_created_at" ON "posting_history" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_posting_history_posted_at" ON "posting_history" USING btree ("posted_at");--> statement-breakpoint
CREATE INDEX "idx_posting_history_scheduled_for" ON "posting_history" USING btree ("scheduled_for");--> statement-breakpoint
CREATE INDEX "idx_posting_history_slot" ON "posting_history" USING btree ("slot");--> statement-breakpoint
CREATE INDEX "idx_posting_history_user" ON "posting_history" USING btree ("posted_by_user_id");--> statement-breakpoint
CREATE INDEX "idx_posting_history_media_item" ON "posting_history" USING btree ("media_item_id");--> statement-breakpoint
CREATE INDEX "idx_posting_history_instagram_id" ON "posting_history" USING btree ("instagram_media_id");--> statement-breakpoint
CREATE INDEX "idx_posting_queue_due" ON "posting_queue" USING btree ("status","scheduled_for");--> statement-breakpoint
CREATE INDEX "idx_posting_queue_telegram_msg" ON "posting_queue" USING btree ("telegram_chat_id","telegram_message_id");--> statement-breakpoint
CREATE INDEX "idx_service_runs_service" ON "service_runs" USING btree ("service_name","started_at");--> statement-breakpoint
CREATE INDEX "idx_service_runs_started" ON "service_runs" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "idx_service_runs_status" ON "service_runs" USING btree ("status");--> statement-breakpoint
CREATE INDEX "idx_service_runs_user" ON "service_runs" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "unique_current_product" ON "shopify_products" USING btree ("shopify_product_id") WHERE is_current;--> statement-breakpoint
CREATE INDEX "idx_shopify_products_handle" ON "shopify_products" USING btree ("handle") WHERE is_current;--> statement-breakpoint
CREATE INDEX "idx_shopify_products_version" ON "shopify_products" USING btree ("shopify_product_id","version");--> statement-breakpoint
CREATE INDEX "idx_telegram_cards_item" ON "telegram_cards" USING btree ("queue_item_id");--> statement-breakpoint
CREATE INDEX "idx_telegram_cards_edit_due" ON "telegram_cards" USING btree ("edit_due_at") WHERE edit_due_at is not null;--> statement-breakpoint
CREATE INDEX "idx_telegram_updates_processed_at" ON "telegram_updates" USING btree ("processed_at");--> statement-breakpoint
CREATE INDEX "idx_users_team" ON "users" USING btree ("team_name");--> statement-breakpoint
CREATE INDEX "idx_users_username" ON "users" USING btree (lower("telegram_username"));--> statement-breakpoint
CREATE VIEW "v_user_stats" AS
SELECT
	u.id AS user_id,
	u.telegram_username,
	u.role,
	u.team_name,
	count(h.id)::int AS total_posts,
	(count(h.id) FILTER (WHERE h.success))::int AS successful_posts,
	max(h.posted_at) AS last_post_at,
	count(DISTINCT (h.posted_at AT TIME ZONE 'UTC')::date)::int AS active_days
FROM users u
LEFT JOIN posting_history h ON h.posted_by_user_id = u.id AND h.undone_at IS NULL
GROUP BY u.id, u.telegram_username, u.role, u.team_name;
--> statement-breakpoint
CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.updated_at = now();
	RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_media_items_updated_at BEFORE UPDATE ON media_items FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_posting_queue_updated_at BEFORE UPDATE ON posting_queue FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_alerts_updated_at BEFORE UPDATE ON alerts FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_telegram_chats_updated_at BEFORE UPDATE ON telegram_chats FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_config_updated_at BEFORE UPDATE ON config FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
--> statement-breakpoint
CREATE TRIGGER update_shopify_products_updated_at BEFORE UPDATE ON shopify_products FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
