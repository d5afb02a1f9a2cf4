ALTER TABLE "previews" ALTER COLUMN "article_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "previews" ALTER COLUMN "locale" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "previews" ADD COLUMN "front_id" uuid;--> statement-breakpoint
ALTER TABLE "previews" ADD CONSTRAINT "previews_front_id_fronts_id_fk" FOREIGN KEY ("front_id") REFERENCES "public"."fronts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "previews_front" ON "previews" USING btree ("front_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
ALTER TABLE "previews" ADD CONSTRAINT "previews_one" CHECK (num_nonnulls("previews"."article_id", "previews"."locale") = case when "previews"."front_id" is null then 2 else 0 end);