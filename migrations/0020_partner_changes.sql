ALTER TABLE "changes" ADD COLUMN "joined_groups" text[];
--> statement-breakpoint
-- With what a story joined and what it left, each change tells what the story was before. Null, of what was new and of all that was
-- logged so far: nobody is told of an end who was not told of it by a change after this.
create or replace function complete_change() returns trigger language plpgsql as $$
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
	new.joined_groups := case when earlier.groups is not null then array(select unnest(present.groups) except select unnest(earlier.groups)) end;
	return new;
end
$$;
