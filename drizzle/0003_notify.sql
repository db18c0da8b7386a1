-- Whoever looks (the dashboard) is told which table changed. One note a statement, not a row; equal notes of a transaction
-- are sent once, at its commit.
CREATE FUNCTION notify_storyline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('storyline', TG_TABLE_NAME);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER notify_posting_queue AFTER INSERT OR UPDATE OR DELETE ON posting_queue FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_posting_history AFTER INSERT OR UPDATE OR DELETE ON posting_history FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_media_items AFTER INSERT OR UPDATE OR DELETE ON media_items FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_media_posting_locks AFTER INSERT OR UPDATE OR DELETE ON media_posting_locks FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_alerts AFTER INSERT OR UPDATE OR DELETE ON alerts FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_pauses AFTER INSERT OR UPDATE OR DELETE ON pauses FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
--> statement-breakpoint
CREATE TRIGGER notify_heartbeats AFTER INSERT OR UPDATE OR DELETE ON heartbeats FOR EACH STATEMENT EXECUTE FUNCTION notify_storyline();
