-- runs with: 0030_draft_words
-- Lists of the taxonomy are walked in this order.
CREATE INDEX "contributors_order" ON "contributors" USING btree ("position","key");--> statement-breakpoint
CREATE INDEX "regions_order" ON "regions" USING btree ("position","key");--> statement-breakpoint
CREATE INDEX "tags_order" ON "tags" USING btree ("position","key");