CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_digest" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"value" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "listings" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"key" bigint NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "listings_article_id_locale_key_pk" PRIMARY KEY("article_id","locale","key")
);
--> statement-breakpoint
CREATE TABLE "published_articles" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"slug" text NOT NULL,
	"kind" text NOT NULL,
	"region_ids" uuid[] DEFAULT '{}' NOT NULL,
	"tag_ids" uuid[] DEFAULT '{}' NOT NULL,
	"contributor_ids" uuid[] DEFAULT '{}' NOT NULL,
	"first_published_at" timestamp (3) with time zone NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"version" integer NOT NULL,
	"modified_at" timestamp (3) with time zone NOT NULL,
	"snapshot" jsonb NOT NULL,
	"card" text NOT NULL,
	"document" text NOT NULL,
	"etag" text NOT NULL,
	CONSTRAINT "published_articles_article_id_locale_pk" PRIMARY KEY("article_id","locale"),
	CONSTRAINT "published_articles_slug" UNIQUE("locale","slug")
);
--> statement-breakpoint
CREATE TABLE "redirects" (
	"locale" text NOT NULL,
	"slug" text NOT NULL,
	"article_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "redirects_locale_slug_pk" PRIMARY KEY("locale","slug")
);
--> statement-breakpoint
CREATE TABLE "tombstones" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"slug" text NOT NULL,
	"notice" text,
	"withdrawn_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "tombstones_article_id_locale_pk" PRIMARY KEY("article_id","locale")
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"key_id" uuid,
	"action" text NOT NULL,
	"entity" text NOT NULL,
	"entity_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transaction" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"reason" text NOT NULL,
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contributor_texts" (
	"term_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"tagline" text,
	CONSTRAINT "contributor_texts_term_id_locale_pk" PRIMARY KEY("term_id","locale"),
	CONSTRAINT "contributor_texts_slug" UNIQUE("locale","slug")
);
--> statement-breakpoint
CREATE TABLE "contributors" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"links" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "contributors_key" UNIQUE("key"),
	CONSTRAINT "contributors_type" CHECK ("contributors"."type" in ('person', 'organisation'))
);
--> statement-breakpoint
CREATE TABLE "article_contributors" (
	"article_id" uuid NOT NULL,
	"term_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	CONSTRAINT "article_contributors_article_id_term_id_pk" PRIMARY KEY("article_id","term_id")
);
--> statement-breakpoint
CREATE TABLE "article_regions" (
	"article_id" uuid NOT NULL,
	"term_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	CONSTRAINT "article_regions_article_id_term_id_pk" PRIMARY KEY("article_id","term_id")
);
--> statement-breakpoint
CREATE TABLE "article_tags" (
	"article_id" uuid NOT NULL,
	"term_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	CONSTRAINT "article_tags_article_id_term_id_pk" PRIMARY KEY("article_id","term_id")
);
--> statement-breakpoint
CREATE TABLE "articles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"uri" text NOT NULL,
	"external_id" text,
	"kind" text NOT NULL,
	"region_id" uuid,
	"rights" jsonb,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "articles_external_id" UNIQUE("external_id"),
	CONSTRAINT "articles_kind" CHECK ("articles"."kind" in ('news', 'analysis', 'interview', 'opinion', 'live', 'gallery', 'video', 'page'))
);
--> statement-breakpoint
CREATE TABLE "drafts" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"title" text NOT NULL,
	"standfirst" text,
	"slug" text NOT NULL,
	"body" jsonb NOT NULL,
	"corrections" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"published_version" integer,
	"first_published_at" timestamp (3) with time zone,
	"published_at" timestamp (3) with time zone,
	"revised_at" timestamp (3) with time zone,
	"import_digest" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "drafts_article_id_locale_pk" PRIMARY KEY("article_id","locale"),
	CONSTRAINT "drafts_slug" UNIQUE("locale","slug"),
	CONSTRAINT "drafts_status" CHECK ("drafts"."status" in ('draft', 'published', 'unpublished', 'withdrawn'))
);
--> statement-breakpoint
CREATE TABLE "revisions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "revisions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"article_id" uuid NOT NULL,
	"locale" text,
	"version" integer NOT NULL,
	"content" jsonb NOT NULL,
	"key_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"digest" text PRIMARY KEY NOT NULL,
	"file_name" text NOT NULL,
	"bytes" bigint NOT NULL,
	"lines" integer DEFAULT 0 NOT NULL,
	"created" integer DEFAULT 0 NOT NULL,
	"updated" integer DEFAULT 0 NOT NULL,
	"unchanged" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "region_texts" (
	"term_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"tagline" text,
	CONSTRAINT "region_texts_term_id_locale_pk" PRIMARY KEY("term_id","locale"),
	CONSTRAINT "region_texts_slug" UNIQUE("locale","slug")
);
--> statement-breakpoint
CREATE TABLE "regions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"parent_id" uuid,
	"countries" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "regions_key" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "locales" (
	"tag" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"direction" text NOT NULL,
	"aliases" text[] DEFAULT '{}' NOT NULL,
	"fallback" text[] DEFAULT '{}' NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "locales_direction" CHECK ("locales"."direction" in ('ltr', 'rtl'))
);
--> statement-breakpoint
CREATE TABLE "site" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"name" jsonb NOT NULL,
	"tagline" jsonb NOT NULL,
	"base_url" text NOT NULL,
	"article_url" text NOT NULL,
	"time_zone" text NOT NULL,
	"default_locale" text NOT NULL,
	"social_links" jsonb NOT NULL,
	"app_links" jsonb NOT NULL,
	"menus" jsonb NOT NULL,
	"branding" jsonb NOT NULL,
	"rights" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "site_single_row" CHECK ("site"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "tag_texts" (
	"term_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"tagline" text,
	CONSTRAINT "tag_texts_term_id_locale_pk" PRIMARY KEY("term_id","locale"),
	CONSTRAINT "tag_texts_slug" UNIQUE("locale","slug")
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	CONSTRAINT "tags_key" UNIQUE("key"),
	CONSTRAINT "tags_type" CHECK ("tags"."type" in ('topic', 'person', 'organisation', 'place', 'event', 'series', 'tone'))
);
--> statement-breakpoint
CREATE TABLE "view_counts" (
	"article_id" uuid NOT NULL,
	"hour" timestamp (0) with time zone NOT NULL,
	"locale" text NOT NULL,
	"source" text NOT NULL,
	"views" bigint NOT NULL,
	CONSTRAINT "view_counts_article_id_hour_locale_source_pk" PRIMARY KEY("article_id","hour","locale","source"),
	CONSTRAINT "view_counts_views" CHECK ("view_counts"."views" >= 0)
);
--> statement-breakpoint
CREATE TABLE "view_salts" (
	"day" date PRIMARY KEY NOT NULL,
	"salt" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "view_visitors" (
	"key" bigint PRIMARY KEY NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "published_articles" ADD CONSTRAINT "published_articles_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "redirects" ADD CONSTRAINT "redirects_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tombstones" ADD CONSTRAINT "tombstones_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contributor_texts" ADD CONSTRAINT "contributor_texts_term_id_contributors_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."contributors"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contributor_texts" ADD CONSTRAINT "contributor_texts_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_contributors" ADD CONSTRAINT "article_contributors_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_contributors" ADD CONSTRAINT "article_contributors_term_id_contributors_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."contributors"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_regions" ADD CONSTRAINT "article_regions_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_regions" ADD CONSTRAINT "article_regions_term_id_regions_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."regions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_tags" ADD CONSTRAINT "article_tags_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "article_tags" ADD CONSTRAINT "article_tags_term_id_tags_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."tags"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "articles" ADD CONSTRAINT "articles_region_id_regions_id_fk" FOREIGN KEY ("region_id") REFERENCES "public"."regions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "revisions" ADD CONSTRAINT "revisions_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "region_texts" ADD CONSTRAINT "region_texts_term_id_regions_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."regions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "region_texts" ADD CONSTRAINT "region_texts_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "regions" ADD CONSTRAINT "regions_parent_id_regions_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."regions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site" ADD CONSTRAINT "site_default_locale_locales_tag_fk" FOREIGN KEY ("default_locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tag_texts" ADD CONSTRAINT "tag_texts_term_id_tags_id_fk" FOREIGN KEY ("term_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tag_texts" ADD CONSTRAINT "tag_texts_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_created" ON "api_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "listings_published" ON "listings" USING btree ("key","published_at" DESC NULLS FIRST,"article_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "listings_updated" ON "listings" USING btree ("key","updated_at" DESC NULLS FIRST,"article_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "published_articles_regions" ON "published_articles" USING gin ("region_ids");--> statement-breakpoint
CREATE INDEX "published_articles_tags" ON "published_articles" USING gin ("tag_ids");--> statement-breakpoint
CREATE INDEX "published_articles_contributors" ON "published_articles" USING gin ("contributor_ids");--> statement-breakpoint
CREATE INDEX "redirects_article" ON "redirects" USING btree ("article_id");--> statement-breakpoint
CREATE INDEX "tombstones_slug" ON "tombstones" USING btree ("locale","slug");--> statement-breakpoint
CREATE INDEX "audit_entity" ON "audit" USING btree ("entity","entity_id","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "changes_article" ON "changes" USING btree ("article_id","locale","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "article_contributors_term" ON "article_contributors" USING btree ("term_id");--> statement-breakpoint
CREATE INDEX "article_regions_term" ON "article_regions" USING btree ("term_id");--> statement-breakpoint
CREATE INDEX "article_tags_term" ON "article_tags" USING btree ("term_id");--> statement-breakpoint
CREATE INDEX "articles_region" ON "articles" USING btree ("region_id");--> statement-breakpoint
CREATE INDEX "articles_updated" ON "articles" USING btree ("updated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "revisions_article" ON "revisions" USING btree ("article_id","locale","version" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "regions_parent" ON "regions" USING btree ("parent_id");