CREATE SEQUENCE "public"."entry_positions" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"status" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"title" text,
	"body" jsonb NOT NULL,
	"author" text,
	"is_pinned" boolean NOT NULL,
	"is_key" boolean NOT NULL,
	"first_published_at" timestamp (3) with time zone,
	"user_id" uuid,
	"key_id" uuid,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "entries_status" CHECK ("entries"."status" in ('draft', 'published'))
);
--> statement-breakpoint
CREATE TABLE "published_entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"position" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"is_pinned" boolean NOT NULL,
	"is_key" boolean NOT NULL,
	"entry" text
);
--> statement-breakpoint
ALTER TABLE "site" ADD COLUMN "share_networks" text[];--> statement-breakpoint
ALTER TABLE "site" ADD COLUMN "short_url" text;--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_draft_fk" FOREIGN KEY ("article_id","locale") REFERENCES "public"."drafts"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "entries_draft" ON "entries" USING btree ("article_id","locale","at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "published_entries_order" ON "published_entries" USING btree ("article_id","locale","at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "published_entries"."entry" is not null;--> statement-breakpoint
CREATE INDEX "published_entries_key" ON "published_entries" USING btree ("article_id","locale","at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "published_entries"."entry" is not null and "published_entries"."is_key";--> statement-breakpoint
CREATE INDEX "published_entries_pinned" ON "published_entries" USING btree ("article_id","locale","at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "published_entries"."entry" is not null and "published_entries"."is_pinned";--> statement-breakpoint
CREATE INDEX "published_entries_changes" ON "published_entries" USING btree ("article_id","locale","position");--> statement-breakpoint
grant select on published_entries to dateline_reader;
--> statement-breakpoint
-- What the entries of a live story are shown in is made of them in one language, and of the story.
create function announce_entries() returns trigger language plpgsql as $$
declare
  groups text[];
begin
  -- One branch each: a transition table that the operation does not have may not even be named.
  if tg_op = 'INSERT' then
    select array_agg(distinct 'entries/' || article_id || '/' || locale) into groups from fresh;
  elsif tg_op = 'DELETE' then
    select array_agg(distinct 'entries/' || article_id || '/' || locale) into groups from stale;
  else
    select array_agg(distinct 'entries/' || article_id || '/' || locale) into groups from (table fresh union all table stale) e;
  end if;
  if groups is not null then
    perform announce_groups(groups);
  end if;
  return null;
end
$$;
--> statement-breakpoint
create trigger announce_insert after insert on published_entries referencing new table as fresh for each statement execute function announce_entries();
--> statement-breakpoint
create trigger announce_update after update on published_entries referencing old table as stale new table as fresh for each statement execute function announce_entries();
--> statement-breakpoint
create trigger announce_delete after delete on published_entries referencing old table as stale for each statement execute function announce_entries();
--> statement-breakpoint
-- What is public was published before its original was kept with it.
update published_articles p set snapshot = jsonb_set(p.snapshot, '{originalLocale}', to_jsonb(a.original_locale))
from articles a where a.id = p.article_id and a.original_locale is not null;
--> statement-breakpoint
do $$
begin
  -- The documents of stories get their new members by the job that follows a change of the site. A new database has neither stories
  -- nor, before its first migrations are through, the queue.
  if exists (select from published_articles) and to_regnamespace('graphile_worker') is not null then
    execute $job$ select graphile_worker.add_job('rebuild', payload := '{"noun": "site"}'::json, job_key := 'rebuild:site') $job$;
  end if;
end
$$;
