CREATE TABLE "families" (
	"key" bigint PRIMARY KEY NOT NULL,
	"locales" text[] DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "listings" ADD COLUMN "family" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "listings_family_published" ON "listings" USING btree ("key","family","published_at" DESC NULLS FIRST,"article_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "listings_family_updated" ON "listings" USING btree ("key","family","updated_at" DESC NULLS FIRST,"article_id" DESC NULLS FIRST);--> statement-breakpoint
-- The digest of familyKey() in src/modules/articles/listing-keys.ts.
with family as materialized (
	select article_id, array_agg(locale order by locale collate "C") as locales from published_articles group by article_id
), keyed as materialized (
	select article_id, locales, ('x' || encode(substr(sha256(convert_to('family|' || array_to_string(locales, '|'), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint as key
	from family
), known as (
	insert into families (key, locales) select distinct key, locales from keyed
)
update listings l set family = keyed.key from keyed where keyed.article_id = l.article_id;
--> statement-breakpoint
grant select on families to dateline_reader;
