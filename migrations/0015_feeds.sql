CREATE TABLE "hub_contents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"topic" text NOT NULL,
	"media_type" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hub_intents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"mode" text NOT NULL,
	"topic" text NOT NULL,
	"format" text NOT NULL,
	"query" jsonb NOT NULL,
	"callback" text NOT NULL,
	"host" text NOT NULL,
	"secret" text,
	"lease_seconds" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hub_subscriptions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"topic" text NOT NULL,
	"callback" text NOT NULL,
	"host" text NOT NULL,
	"secret" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "hub_subscriptions_callback" UNIQUE("topic","callback")
);
--> statement-breakpoint
CREATE TABLE "hub_topics" (
	"url" text PRIMARY KEY NOT NULL,
	"format" text NOT NULL,
	"query" jsonb NOT NULL,
	"locales" text[] DEFAULT '{}' NOT NULL,
	"told" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "uri" text;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "kind" text;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "published_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "region_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "tag_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "contributor_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "site" ADD COLUMN "tag_authority" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "site" ADD COLUMN "hubs" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "hub_contents" ADD CONSTRAINT "hub_contents_topic_hub_topics_url_fk" FOREIGN KEY ("topic") REFERENCES "public"."hub_topics"("url") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hub_subscriptions" ADD CONSTRAINT "hub_subscriptions_topic_hub_topics_url_fk" FOREIGN KEY ("topic") REFERENCES "public"."hub_topics"("url") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "hub_intents_created" ON "hub_intents" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "hub_subscriptions_host" ON "hub_subscriptions" USING btree ("host");--> statement-breakpoint
CREATE INDEX "tombstones_withdrawn" ON "tombstones" USING btree ("locale","withdrawn_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "changes_at" ON "changes" USING btree ("locale","at" DESC NULLS FIRST);
--> statement-breakpoint
-- The authority of the first URI that went out stays: readers know the feeds by it.
create function set_tag_authority() returns trigger language plpgsql as $$
begin
  if new.tag_authority = '' or (new.base_url <> old.base_url and not exists (select from changes)) then
    new.tag_authority := substring(new.base_url from '^https?://([^/:]+)') || ',' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD');
  end if;
  return new;
end
$$;
--> statement-breakpoint
create trigger set_tag_authority before update of base_url on site for each row execute function set_tag_authority();
--> statement-breakpoint
update site set base_url = base_url;
--> statement-breakpoint
-- Of those that were withdrawn before, places are not known: feeds with filters leave them out.
update tombstones t set uri = a.uri, kind = a.kind from articles a where a.id = t.article_id;
--> statement-breakpoint
-- When something last changed in a language, and nothing of what.
grant select (locale, at) on changes to dateline_reader;
--> statement-breakpoint
-- Hubs are told in the transaction of the change; changes within a second are told at once.
create function announce_to_hubs() returns trigger language plpgsql as $$
begin
  if exists (select from hub_topics) or exists (select from site where cardinality(hubs) > 0) then
    perform graphile_worker.add_job('hub_changes', json_build_object('locale', c.locale), job_key := 'hub_changes/' || c.locale,
      run_at := now() + interval '1 second', max_attempts := 10, job_key_mode := 'preserve_run_at')
      from (select distinct locale from fresh order by locale) c;
  end if;
  return null;
end
$$;
--> statement-breakpoint
create trigger announce_to_hubs after insert on changes referencing new table as fresh for each statement execute function announce_to_hubs();
