CREATE TABLE "media" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"type" text DEFAULT 'image' NOT NULL,
	"mime_type" text NOT NULL,
	"width" integer,
	"height" integer,
	"bytes" bigint,
	"focal_point" jsonb,
	"texts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_url" UNIQUE("url"),
	CONSTRAINT "media_type" CHECK ("media"."type" in ('image', 'video', 'audio')),
	CONSTRAINT "media_size" CHECK ("media"."type" <> 'image' or (num_nulls("media"."width", "media"."height") = 0 and "media"."width" > 0 and "media"."height" > 0))
);
--> statement-breakpoint
ALTER TABLE "published_articles" ADD COLUMN "image_id" uuid;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "image_id" uuid;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_image_id_media_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."media"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "published_articles_image" ON "published_articles" USING btree ("image_id") WHERE "published_articles"."image_id" is not null;--> statement-breakpoint
CREATE INDEX "articles_image" ON "articles" USING btree ("image_id") WHERE "articles"."image_id" is not null;--> statement-breakpoint
-- Readers see what is recorded of a picture as long as a published story shows it: one of a draft is not there for them.
alter table media enable row level security;
--> statement-breakpoint
create policy media_shown on media for select to dateline_reader using (exists (select from published_articles p where p.image_id = media.id));
--> statement-breakpoint
grant select on media to dateline_reader;
--> statement-breakpoint
-- Nobody is told of a new one: no answer shows it before a story does, which announces itself.
create trigger announce after update or delete or truncate on media for each statement execute function announce_noun('media');
--> statement-breakpoint
do $$
begin
  -- Cards and documents get the new member by the job that follows a change of the site. A new database has neither stories
  -- nor, before its first migrations are through, the queue.
  if exists (select from published_articles) and to_regnamespace('graphile_worker') is not null then
    execute $job$ select graphile_worker.add_job('rebuild', payload := '{"noun": "site"}'::json, job_key := 'rebuild:site') $job$;
  end if;
end
$$;
