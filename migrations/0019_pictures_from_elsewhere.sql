CREATE TABLE "media_copies" (
	"address" text PRIMARY KEY NOT NULL,
	"file" text NOT NULL,
	"mime_type" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"bytes" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "media" DROP CONSTRAINT "media_size";--> statement-breakpoint
ALTER TABLE "media" ALTER COLUMN "mime_type" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "media" ADD CONSTRAINT "media_size" CHECK ("media"."type" <> 'image' or (num_nulls("media"."width", "media"."height") <> 1 and "media"."width" > 0 and "media"."height" > 0));--> statement-breakpoint
do $$
begin
  -- Cards and documents get the size of the file of their picture by the job that follows a change of the site, as in 0012_media.sql.
  if exists (select from published_articles where image_id is not null) and to_regnamespace('graphile_worker') is not null then
    execute $job$ select graphile_worker.add_job('rebuild', payload := '{"noun": "site"}'::json, job_key := 'rebuild:site') $job$;
  end if;
end
$$;
