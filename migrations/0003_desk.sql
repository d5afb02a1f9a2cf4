CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"access_digest" "bytea" NOT NULL,
	"access_expires_at" timestamp (3) with time zone NOT NULL,
	"refresh_digest" "bytea" NOT NULL,
	"used_refresh_digest" "bytea",
	"refresh_expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "sessions_access" UNIQUE("access_digest"),
	CONSTRAINT "sessions_refresh" UNIQUE("refresh_digest")
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"key" "bytea" PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"window_ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"locales" text[],
	"region_ids" uuid[],
	"password_hash" text,
	"subject" text,
	"disabled_at" timestamp (3) with time zone,
	"last_signed_in_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_subject" UNIQUE("subject"),
	CONSTRAINT "users_role" CHECK ("users"."role" in ('administrator', 'editor', 'author', 'translator', 'contributor', 'integrator'))
);
--> statement-breakpoint
CREATE TABLE "comments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"article_id" uuid NOT NULL,
	"locale" text,
	"parent_id" uuid,
	"pointer" text,
	"text" text NOT NULL,
	"user_id" uuid,
	"key_id" uuid,
	"author_name" text NOT NULL,
	"resolved_at" timestamp (3) with time zone,
	"resolved_by" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fields" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"label" jsonb NOT NULL,
	"type" text NOT NULL,
	"choices" text[] DEFAULT '{}' NOT NULL,
	"kinds" text[] DEFAULT '{}' NOT NULL,
	"localised" boolean DEFAULT false NOT NULL,
	"required" boolean DEFAULT false NOT NULL,
	"public" boolean DEFAULT true NOT NULL,
	"filterable" boolean DEFAULT false NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "fields_key" UNIQUE("key"),
	CONSTRAINT "fields_type" CHECK ("fields"."type" in ('text', 'number', 'boolean', 'date', 'choice', 'article', 'tag')),
	CONSTRAINT "fields_filterable" CHECK (not "fields"."filterable" or ("fields"."public" and "fields"."type" <> 'text'))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"actor_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"answer" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_actor_id_digest_pk" PRIMARY KEY("actor_id","digest")
);
--> statement-breakpoint
CREATE TABLE "locks" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"holder_id" uuid NOT NULL,
	"holder_name" text NOT NULL,
	"acquired_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "locks_article_id_locale_pk" PRIMARY KEY("article_id","locale")
);
--> statement-breakpoint
CREATE TABLE "previews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"user_id" uuid,
	"key_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "previews_digest" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "path_redirects" (
	"id" uuid PRIMARY KEY NOT NULL,
	"path" text NOT NULL,
	"target" text,
	"article_id" uuid,
	"locale" text,
	"status" smallint DEFAULT 301 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "path_redirects_path" UNIQUE("path"),
	CONSTRAINT "path_redirects_status" CHECK ("path_redirects"."status" in (301, 302, 307, 308, 410))
);
--> statement-breakpoint
CREATE TABLE "term_redirects" (
	"noun" text NOT NULL,
	"locale" text NOT NULL,
	"name" text NOT NULL,
	"term_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "term_redirects_noun_locale_name_pk" PRIMARY KEY("noun","locale","name")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"action" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"draft_version" integer,
	"update_type" text,
	"embargoed" boolean DEFAULT false NOT NULL,
	"removal" jsonb,
	"resume_status" text,
	"user_id" uuid,
	"key_id" uuid,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"failed_at" timestamp (3) with time zone,
	"failure" jsonb,
	CONSTRAINT "schedules_article_id_locale_action_pk" PRIMARY KEY("article_id","locale","action"),
	CONSTRAINT "schedules_action" CHECK ("schedules"."action" in ('publish', 'unpublish'))
);
--> statement-breakpoint
ALTER TABLE "drafts" DROP CONSTRAINT "drafts_status";--> statement-breakpoint
-- What was taken back without a word is a draft again.
UPDATE "drafts" SET "status" = 'draft' WHERE "status" = 'unpublished';--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "locales" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "region_ids" uuid[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaced_by" uuid;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "type" text DEFAULT 'withdrawn' NOT NULL;--> statement-breakpoint
ALTER TABLE "tombstones" ADD COLUMN "target_id" uuid;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "extra" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "original_locale" text;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "created_by" uuid;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "drafts" ADD COLUMN "extra" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "drafts" ADD COLUMN "status_since" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "drafts" ADD COLUMN "assignee_id" uuid;--> statement-breakpoint
ALTER TABLE "drafts" ADD COLUMN "source_version" integer;--> statement-breakpoint
ALTER TABLE "revisions" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "revisions" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "revisions" ADD COLUMN "restored_from" integer;--> statement-breakpoint
ALTER TABLE "locales" ADD COLUMN "slug_script" text DEFAULT 'native' NOT NULL;--> statement-breakpoint
ALTER TABLE "site" ADD COLUMN "revision_days" integer;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_parent_id_comments_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."comments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "locks" ADD CONSTRAINT "locks_draft" FOREIGN KEY ("article_id","locale") REFERENCES "public"."drafts"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "previews" ADD CONSTRAINT "previews_draft_fk" FOREIGN KEY ("article_id","locale") REFERENCES "public"."drafts"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_draft" FOREIGN KEY ("article_id","locale") REFERENCES "public"."drafts"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_used_refresh" ON "sessions" USING btree ("used_refresh_digest");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_refresh_expires" ON "sessions" USING btree ("refresh_expires_at");--> statement-breakpoint
CREATE INDEX "sign_in_failures_window" ON "sign_in_failures" USING btree ("window_ends_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "users_created" ON "users" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "comments_article" ON "comments" USING btree ("article_id","created_at","id");--> statement-breakpoint
CREATE INDEX "comments_parent" ON "comments" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "locks_expires" ON "locks" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "previews_draft" ON "previews" USING btree ("article_id","locale","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "previews_expires" ON "previews" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "path_redirects_target" ON "path_redirects" USING btree ("target");--> statement-breakpoint
CREATE INDEX "path_redirects_article" ON "path_redirects" USING btree ("article_id","locale");--> statement-breakpoint
CREATE INDEX "path_redirects_updated" ON "path_redirects" USING btree ("updated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "term_redirects_term" ON "term_redirects" USING btree ("term_id");--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" USING btree ("at") WHERE "schedules"."failed_at" is null;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_original_locale_locales_tag_fk" FOREIGN KEY ("original_locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_assignee_id_users_id_fk" FOREIGN KEY ("assignee_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tombstones_target" ON "tombstones" USING btree ("target_id");--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit" USING btree ("at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "audit_user" ON "audit" USING btree ("user_id","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "articles_deleted" ON "articles" USING btree ("deleted_at") WHERE "articles"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "articles_created_by" ON "articles" USING btree ("created_by");--> statement-breakpoint
CREATE INDEX "drafts_waiting" ON "drafts" USING btree ("status","locale","status_since");--> statement-breakpoint
CREATE INDEX "drafts_assignee" ON "drafts" USING btree ("assignee_id");--> statement-breakpoint
ALTER TABLE "tombstones" ADD CONSTRAINT "tombstones_type" CHECK ("tombstones"."type" in ('gone', 'withdrawn', 'redirect'));--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_status" CHECK ("drafts"."status" in ('draft', 'in_review', 'approved', 'scheduled', 'published', 'withdrawn', 'archived'));--> statement-breakpoint
ALTER TABLE "locales" ADD CONSTRAINT "locales_slug_script" CHECK ("locales"."slug_script" in ('native', 'latin'));
--> statement-breakpoint
update articles a set original_locale = (
  select d.locale from drafts d where d.article_id = a.id order by d.created_at, d.locale = (select default_locale from site) desc, d.locale limit 1
);
--> statement-breakpoint
update drafts d set source_version = o.version from articles a
join drafts o on o.article_id = a.id and o.locale = a.original_locale
where a.id = d.article_id and d.locale <> a.original_locale;
--> statement-breakpoint
grant select on path_redirects, term_redirects to dateline_reader;
--> statement-breakpoint
-- Append-only for everybody, the owner of the table included.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
--> statement-breakpoint
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function refuse_change();
