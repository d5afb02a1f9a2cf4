CREATE TABLE "front_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"front_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"slot" text,
	"content" jsonb NOT NULL,
	"user_id" uuid,
	"key_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fronts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"public" boolean DEFAULT true NOT NULL,
	"title" jsonb NOT NULL,
	"description" jsonb NOT NULL,
	"slots" jsonb NOT NULL,
	"changes_at" timestamp (3) with time zone[] DEFAULT '{}' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "fronts_slug" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "front_changes" ADD CONSTRAINT "front_changes_front_id_fronts_id_fk" FOREIGN KEY ("front_id") REFERENCES "public"."fronts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "front_changes_at" ON "front_changes" USING btree ("front_id","at","id");--> statement-breakpoint
-- Readers see fronts that are public, and of their changes those alone whose time has come, without who made them.
alter table fronts enable row level security;
--> statement-breakpoint
create policy fronts_public on fronts for select to dateline_reader using (public);
--> statement-breakpoint
grant select on fronts to dateline_reader;
--> statement-breakpoint
alter table front_changes enable row level security;
--> statement-breakpoint
create policy front_changes_due on front_changes for select to dateline_reader using (at <= now());
--> statement-breakpoint
grant select (id, front_id, at, slot, content) on front_changes to dateline_reader;
--> statement-breakpoint
create trigger announce after insert or update or delete or truncate on fronts for each statement execute function announce_noun('fronts');
--> statement-breakpoint
create trigger announce after insert or update or delete or truncate on front_changes for each statement execute function announce_noun('fronts');
