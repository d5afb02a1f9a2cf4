CREATE TABLE "developments" (
	"article_id" uuid PRIMARY KEY NOT NULL,
	"follows_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trending" (
	"span" text NOT NULL,
	"key" bigint NOT NULL,
	"position" smallint NOT NULL,
	"article_id" uuid NOT NULL,
	"score" numeric NOT NULL,
	"views" bigint NOT NULL,
	CONSTRAINT "trending_span_key_position_pk" PRIMARY KEY("span","key","position")
);
--> statement-breakpoint
CREATE TABLE "trending_refreshes" (
	"span" text PRIMARY KEY NOT NULL,
	"refreshed_at" timestamp (3) with time zone NOT NULL,
	"took" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "view_closing" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"before" date NOT NULL
);
--> statement-breakpoint
CREATE TABLE "view_corrections" (
	"article_id" uuid PRIMARY KEY NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "view_days" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"day" date NOT NULL,
	"views" bigint NOT NULL,
	CONSTRAINT "view_days_article_id_locale_day_pk" PRIMARY KEY("article_id","locale","day")
);
--> statement-breakpoint
ALTER TABLE "published_articles" ADD COLUMN "related_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "related_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "follows_id" uuid;--> statement-breakpoint
CREATE INDEX "developments_follows" ON "developments" USING btree ("follows_id");--> statement-breakpoint
CREATE INDEX "view_days_day" ON "view_days" USING btree ("day");--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_follows_id_articles_id_fk" FOREIGN KEY ("follows_id") REFERENCES "public"."articles"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "published_articles_related" ON "published_articles" USING gin ("related_ids") WHERE "published_articles"."related_ids" <> '{}';--> statement-breakpoint
CREATE INDEX "articles_follows" ON "articles" USING btree ("follows_id") WHERE "articles"."follows_id" is not null;--> statement-breakpoint
CREATE INDEX "articles_related" ON "articles" USING gin ("related_ids") WHERE "articles"."related_ids" <> '{}';--> statement-breakpoint
CREATE INDEX "view_counts_hour" ON "view_counts" USING btree ("hour");--> statement-breakpoint
grant select on trending, trending_refreshes, developments to dateline_reader;
--> statement-breakpoint
-- No day is closed yet: the first refresh sums up all that were.
insert into view_closing (before) values ('-infinity');
--> statement-breakpoint
-- Rewritten each minute where something has moved: room in the page keeps that in place (HOT).
alter table trending set (fillfactor = 70);
--> statement-breakpoint
-- A window that was made anew, as in src/caching/groups.ts; a row for each.
create function announce_span() returns trigger language plpgsql as $$
begin
  perform announce_groups(array['trending/' || coalesce(new.span, old.span)]);
  return null;
end
$$;
--> statement-breakpoint
create trigger announce after insert or update or delete on trending_refreshes for each row execute function announce_span();
--> statement-breakpoint
-- A chain of stories: whoever shows one shows others of it.
create function announce_chain() returns trigger language plpgsql as $$
begin
  perform announce_groups(array['chains']);
  return null;
end
$$;
--> statement-breakpoint
create trigger announce after insert or update or delete on developments for each row execute function announce_chain();
