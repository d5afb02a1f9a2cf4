CREATE TABLE "hub_hosts" (
	"host" text PRIMARY KEY NOT NULL,
	"leased_until" timestamp (3) with time zone,
	"lease" uuid,
	"failures" integer DEFAULT 0 NOT NULL,
	"paused_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "hub_news" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "hub_news_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"locale" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hub_requests" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "hub_requests_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host" text NOT NULL,
	"kind" text NOT NULL,
	"intent_id" uuid,
	"hub" text,
	"locale" text,
	"subscription_id" uuid,
	"content_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT date_trunc('milliseconds', now()) NOT NULL,
	CONSTRAINT "hub_requests_ping" UNIQUE("hub","locale"),
	CONSTRAINT "hub_requests_kind" CHECK (case "hub_requests"."kind" when 'verify' then "hub_requests"."intent_id" is not null when 'ping' then "hub_requests"."hub" is not null and "hub_requests"."locale" is not null
        when 'deliver' then "hub_requests"."subscription_id" is not null and "hub_requests"."content_id" is not null else false end)
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" bigint PRIMARY KEY NOT NULL,
	"event" text NOT NULL,
	"reason" text NOT NULL,
	"article_id" uuid NOT NULL,
	"article" jsonb NOT NULL,
	"happened_at" timestamp (3) with time zone NOT NULL,
	"webhook_ids" uuid[] NOT NULL
);
--> statement-breakpoint
ALTER TABLE "hub_topics" ADD COLUMN "due_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "lease" uuid;--> statement-breakpoint
ALTER TABLE "hub_requests" ADD CONSTRAINT "hub_requests_intent_id_hub_intents_id_fk" FOREIGN KEY ("intent_id") REFERENCES "public"."hub_intents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hub_requests" ADD CONSTRAINT "hub_requests_subscription_id_hub_subscriptions_id_fk" FOREIGN KEY ("subscription_id") REFERENCES "public"."hub_subscriptions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hub_requests" ADD CONSTRAINT "hub_requests_content_id_hub_contents_id_fk" FOREIGN KEY ("content_id") REFERENCES "public"."hub_contents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "hub_requests_due" ON "hub_requests" USING btree ("host","next_at");--> statement-breakpoint
CREATE INDEX "hub_requests_order" ON "hub_requests" USING btree ("subscription_id","id");--> statement-breakpoint
CREATE INDEX "hub_requests_intent" ON "hub_requests" USING btree ("intent_id");--> statement-breakpoint
CREATE INDEX "hub_requests_content" ON "hub_requests" USING btree ("content_id");--> statement-breakpoint
-- One row for an event, however many are told: with ten receivers, 86 % of the CPU time of a thousand changes went into their messages with indexes and
-- foreign keys. Who is told is decided here, by the filters of this moment; a message for each is made afterwards (webhooks/spreading.ts).
-- A job without a key: two who publish at once would wait for each other at one.
create or replace function enqueue_deliveries() returns trigger language plpgsql as $$
begin
	if not exists (select from webhooks where disabled_at is null) then
		return null;
	end if;
	with hooks as materialized (select id, events, locales, region_ids, tag_ids from webhooks where disabled_at is null)
	insert into webhook_events (id, event, reason, article_id, article, happened_at, webhook_ids)
	select c.id, e.event, c.reason, c.article_id, jsonb_build_object('id', c.article_id, 'uri', p.uri, 'locale', c.locale, 'slug', p.slug, 'version', c.version, 'kind', p.kind,
		'regions', array(select r.key from regions r where r.id = any(p.region_ids) order by r.key),
		'tags', array(select t.key from tags t where t.id = any(p.tag_ids) order by t.key)), c.at, h.ids
	from fresh c
	cross join lateral (select 'article.' || case
		when c.type = 'redirect' then 'redirected'
		when c.type = 'upsert' then case when c.reason = 'published' then 'published' else 'updated' end
		when c.reason in ('unpublished', 'expired') then 'unpublished'
		when c.reason in ('deleted', 'erased') then 'deleted'
		else 'withdrawn' end as event) e
	-- Of what is public at this moment. The limit keeps the planner to one look by the key for each change.
	left join lateral (select p.slug, p.kind, p.region_ids, p.tag_ids, p.snapshot ->> 'uri' as uri from published_articles p
		where p.article_id = c.article_id and p.locale = c.locale limit 1) p on true
	cross join lateral (select array_agg(w.id) as ids from hooks w
		where (w.events is null or e.event = any(w.events))
			and (w.locales is null or c.locale = any(w.locales))
			and (w.region_ids is null or p.region_ids && w.region_ids)
			and (w.tag_ids is null or p.tag_ids && w.tag_ids)) h
	-- A renamed region would send a message for each story in it, which is what it was; whoever keeps copies of texts follows /v1/changes.
	where c.reason <> 'rebuilt' and h.ids is not null
	order by c.id;
	if found then
		perform graphile_worker.add_job('dispatch_webhooks');
	end if;
	return null;
end
$$;
--> statement-breakpoint
-- Rows and a job without a key, for the same reason: with one for each language, whoever published waited until the one before had committed.
create or replace function announce_to_hubs() returns trigger language plpgsql as $$
begin
  if exists (select from hub_topics) or exists (select from site where cardinality(hubs) > 0) then
    insert into hub_news (locale) select distinct locale from fresh order by locale;
    perform graphile_worker.add_job('dispatch_hub');
  end if;
  return null;
end
$$;
