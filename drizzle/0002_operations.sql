CREATE TABLE "backups" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" varchar(20) NOT NULL,
	"location" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"verified_at" timestamp with time zone,
	"is_good" boolean,
	"problem" text,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "config_changes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"key" varchar(100) NOT NULL,
	"old_value" text,
	"new_value" text,
	"changed_by" text NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pauses" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"paused_at" timestamp with time zone DEFAULT now() NOT NULL,
	"paused_by" text NOT NULL,
	"reason" text,
	"resumed_at" timestamp with time zone,
	"resumed_by" text,
	"resumed_how" text
);
--> statement-breakpoint
CREATE INDEX "idx_backups_created_at" ON "backups" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_config_changes_key" ON "config_changes" USING btree ("key","changed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "pauses_one_open" ON "pauses" USING btree ((resumed_at is null)) WHERE resumed_at is null;