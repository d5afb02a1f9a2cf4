-- Trigrams guess at typing errors. A trusted extension: the owner of the database may have it made.
create extension if not exists pg_trgm;
--> statement-breakpoint
CREATE TABLE "search_documents" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"kind" text NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"region_ids" uuid[] DEFAULT '{}' NOT NULL,
	"tag_ids" uuid[] DEFAULT '{}' NOT NULL,
	"vector" "tsvector" NOT NULL,
	CONSTRAINT "search_documents_article_id_locale_pk" PRIMARY KEY("article_id","locale")
);
--> statement-breakpoint
CREATE TABLE "search_state" (
	"format" text PRIMARY KEY NOT NULL,
	"built_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_words" (
	"locale" text NOT NULL,
	"word" text NOT NULL,
	"latin" text NOT NULL,
	CONSTRAINT "search_words_locale_word_pk" PRIMARY KEY("locale","word")
);
--> statement-breakpoint
ALTER TABLE "search_documents" ADD CONSTRAINT "search_documents_story" FOREIGN KEY ("article_id","locale") REFERENCES "public"."published_articles"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "search_words" ADD CONSTRAINT "search_words_locale_locales_tag_fk" FOREIGN KEY ("locale") REFERENCES "public"."locales"("tag") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_documents_vector" ON "search_documents" USING gin ("vector") WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "search_words_latin" ON "search_words" USING gin ("latin" gin_trgm_ops) WITH (fastupdate=false);--> statement-breakpoint
-- Only the stories of a page, and those that are ranked, need their vector: apart from the row, a common word reads a tenth of the pages.
alter table search_documents alter column vector set storage external;
--> statement-breakpoint
grant select on search_documents, search_words to dateline_reader;
