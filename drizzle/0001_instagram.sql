CREATE TABLE "api_quotas" (
	"subject" text PRIMARY KEY NOT NULL,
	"used" integer NOT NULL,
	"total" integer NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hosted_files" (
	"provider" varchar(20) NOT NULL,
	"key" text NOT NULL,
	"queue_item_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"uploaded_at" timestamp with time zone,
	"delete_due_at" timestamp with time zone,
	"delete_attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	CONSTRAINT "hosted_files_provider_key_pk" PRIMARY KEY("provider","key"),
	CONSTRAINT "check_hosted_provider" CHECK (provider in ('cloudinary', 's3'))
);
--> statement-breakpoint
CREATE TABLE "stored_secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"sealed" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"seed" text,
	"expires_at" timestamp with time zone,
	"issued_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_limits" ADD COLUMN "strikes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "fallback_reason" text;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_account_id" text;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_container_id" text;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_container_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_containers" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_before_ids" text[];--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_sends" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "instagram_sent_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "reconcile_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "reconcile_reads" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "posting_queue" ADD COLUMN "reconcile_asked_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "idx_hosted_files_item" ON "hosted_files" USING btree ("queue_item_id");--> statement-breakpoint
CREATE INDEX "idx_hosted_files_delete_due" ON "hosted_files" USING btree ("delete_due_at") WHERE delete_due_at is not null;--> statement-breakpoint
CREATE INDEX "idx_posting_queue_reconcile" ON "posting_queue" USING btree ("reconcile_at") WHERE reconcile_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "posting_queue_one_publish" ON "posting_queue" USING btree ("instagram_account_id") WHERE effect = 'instagram_publish' and (status = 'processing' or (status = 'unconfirmed' and reconcile_asked_at is null));--> statement-breakpoint
CREATE TRIGGER update_stored_secrets_updated_at BEFORE UPDATE ON stored_secrets FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
