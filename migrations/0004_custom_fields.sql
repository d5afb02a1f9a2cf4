CREATE INDEX "published_articles_extra" ON "published_articles" USING gin (("snapshot" -> 'extra')) WHERE "published_articles"."snapshot" -> 'extra' is not null;--> statement-breakpoint
CREATE INDEX "articles_extra" ON "articles" USING gin ("extra") WHERE "articles"."extra" <> '{}';--> statement-breakpoint
CREATE INDEX "drafts_extra" ON "drafts" USING gin ("extra") WHERE "drafts"."extra" <> '{}';--> statement-breakpoint
-- Readers filter by public fields; of internal ones the role that answers them sees no row.
alter table fields enable row level security;
--> statement-breakpoint
create policy fields_public on fields for select to dateline_reader using (public);
--> statement-breakpoint
grant select on fields to dateline_reader;
