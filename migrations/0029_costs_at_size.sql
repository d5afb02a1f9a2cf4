-- runs with: 0028_schedule_versions
ALTER TABLE "listings" DROP CONSTRAINT "listings_locale_locales_tag_fk";
--> statement-breakpoint
DROP INDEX "previews_expires";--> statement-breakpoint
CREATE INDEX "audit_key" ON "audit" USING btree ("key_id","id" DESC NULLS FIRST) WHERE "audit"."key_id" is not null;--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "articles_kind_updated" ON "articles" USING btree ("kind","updated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "schedules_order" ON "schedules" USING btree ("at","article_id","locale","action");