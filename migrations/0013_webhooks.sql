CREATE TABLE "webhook_deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"webhook_id" uuid NOT NULL,
	"event" text NOT NULL,
	"reason" text NOT NULL,
	"article_id" uuid NOT NULL,
	"article" jsonb NOT NULL,
	"sequence" bigint NOT NULL,
	"happened_at" timestamp (3) with time zone NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT date_trunc('milliseconds', now()),
	"attempted_at" timestamp (3) with time zone,
	"response_status" integer,
	"answer" text,
	"error" text,
	"duration_ms" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "webhook_deliveries_status" CHECK ("webhook_deliveries"."status" in ('pending', 'delivered', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "webhook_secrets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"webhook_id" uuid NOT NULL,
	"secret" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"events" text[],
	"locales" text[],
	"region_ids" uuid[],
	"tag_ids" uuid[],
	"disabled_at" timestamp (3) with time zone,
	"disabled_reason" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"paused_until" timestamp (3) with time zone,
	"last_delivered_at" timestamp (3) with time zone,
	"leased_until" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("webhook_id","next_at","sequence") WHERE "webhook_deliveries"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_order" ON "webhook_deliveries" USING btree ("webhook_id","article_id","sequence") WHERE "webhook_deliveries"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_log" ON "webhook_deliveries" USING btree ("webhook_id","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_created" ON "webhook_deliveries" USING brin ("created_at");--> statement-breakpoint
CREATE INDEX "webhook_secrets_webhook" ON "webhook_secrets" USING btree ("webhook_id");--> statement-breakpoint
-- RFC 9562 section 5.7: 48 bits of Unix time in milliseconds, version, then random bits.
create function uuid_v7() returns uuid language sql volatile as $$
	select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;
--> statement-breakpoint
-- Whoever changes what is public writes a change, and with it what is to be sent: one place, which nobody can forget. Where nobody listens, it
-- costs a look at an empty table for each statement; where somebody does, one job for each statement, however many receivers and stories.
-- A job without a key: two who publish at once would wait for each other at one.
create function enqueue_deliveries() returns trigger language plpgsql as $$
begin
	if not exists (select from webhooks where disabled_at is null) then
		return null;
	end if;
	insert into webhook_deliveries (id, webhook_id, event, reason, article_id, article, sequence, happened_at)
	select uuid_v7(), w.id, e.event, c.reason, c.article_id, a.article, c.id, c.at
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
	cross join lateral (select jsonb_build_object('id', c.article_id, 'uri', p.uri, 'locale', c.locale, 'slug', p.slug, 'version', c.version, 'kind', p.kind,
		'regions', array(select r.key from regions r where r.id = any(p.region_ids) order by r.key),
		'tags', array(select t.key from tags t where t.id = any(p.tag_ids) order by t.key)) as article) a
	join webhooks w on w.disabled_at is null
		and (w.events is null or e.event = any(w.events))
		and (w.locales is null or c.locale = any(w.locales))
		and (w.region_ids is null or p.region_ids && w.region_ids)
		and (w.tag_ids is null or p.tag_ids && w.tag_ids)
	-- A renamed region would send a message for each story in it; whoever keeps copies of texts follows /v1/changes.
	where c.reason <> 'rebuilt'
	order by c.id;
	if found then
		perform graphile_worker.add_job('dispatch_webhooks');
	end if;
	return null;
end
$$;
--> statement-breakpoint
create trigger enqueue_deliveries after insert on changes referencing new table as fresh for each statement execute function enqueue_deliveries();
