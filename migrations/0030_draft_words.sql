-- runs with: 0029_costs_at_size
CREATE TABLE "draft_words" (
	"article_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"words" "tsvector" NOT NULL,
	CONSTRAINT "draft_words_article_id_locale_pk" PRIMARY KEY("article_id","locale")
);
--> statement-breakpoint
ALTER TABLE "draft_words" ADD CONSTRAINT "draft_words_draft" FOREIGN KEY ("article_id","locale") REFERENCES "public"."drafts"("article_id","locale") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "draft_words_words" ON "draft_words" USING gin ("words");