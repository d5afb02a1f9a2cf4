CREATE TABLE "change_log" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" uuid DEFAULT gen_random_uuid() NOT NULL,
	"trimmed_transaction" "xid8" DEFAULT '0' NOT NULL,
	"trimmed_id" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "change_log_only" CHECK ("change_log"."is_only")
);
--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "uri" text;--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "groups" text[];--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "left_groups" text[];--> statement-breakpoint
CREATE INDEX "changes_order" ON "changes" USING btree ("transaction","id");--> statement-breakpoint
insert into change_log default values;
--> statement-breakpoint
-- Readers follow the log: nothing is in it but what was public.
grant select on changes, change_log to dateline_reader;
--> statement-breakpoint
update changes c set uri = p.snapshot ->> 'uri', groups = array(select story_groups(p.article_id, p.locale, p.kind, p.region_ids, p.tag_ids, p.contributor_ids)), left_groups = '{}'
from published_articles p where p.article_id = c.article_id and p.locale = c.locale;
--> statement-breakpoint
-- Whoever writes a change has the story as it is now, and the change before: each writer would have to look, this one always does.
create function complete_change() returns trigger language plpgsql as $$
declare
	earlier record;
	present record;
begin
	select uri, groups into earlier from changes where article_id = new.article_id and locale = new.locale order by id desc limit 1;
	select snapshot ->> 'uri' as uri, array(select story_groups(article_id, locale, kind, region_ids, tag_ids, contributor_ids)) as groups
		into present from published_articles where article_id = new.article_id and locale = new.locale;
	new.uri := coalesce(present.uri, earlier.uri);
	new.groups := coalesce(present.groups, earlier.groups);
	new.left_groups := case when present.groups is null then '{}' else array(select unnest(earlier.groups) except select unnest(present.groups)) end;
	return new;
end
$$;
--> statement-breakpoint
create trigger complete_change before insert on changes for each row execute function complete_change();
--> statement-breakpoint
create trigger announce after insert on changes for each statement execute function announce_noun('changes');
