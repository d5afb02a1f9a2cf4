-- runs with: 0025_log_origin
-- Whoever indexes brings it into the index in the same transaction, each word once for all of its stories (search/indexing.ts).
ALTER INDEX "search_documents_vector" SET (fastupdate = on, gin_pending_list_limit = 512);
--> statement-breakpoint
-- As before; but story_groups() stands where Postgres takes it into the plan instead of planning it for each row, and what a new story
-- neither joined nor left is not worked out.
create or replace function complete_change() returns trigger language plpgsql as $$
declare
	earlier record;
	present record;
begin
	select uri, groups into earlier from changes where article_id = new.article_id and locale = new.locale order by id desc limit 1;
	select p.snapshot ->> 'uri' as uri,
		array(select g from story_groups(p.article_id, p.locale, p.kind, p.region_ids, p.tag_ids, p.contributor_ids) g) as groups
		into present from published_articles p where p.article_id = new.article_id and p.locale = new.locale;
	new.uri := coalesce(present.uri, earlier.uri);
	new.groups := coalesce(present.groups, earlier.groups);
	new.left_groups := '{}';
	if earlier.groups is not null then
		new.joined_groups := '{}';
		if present.groups is not null then
			new.left_groups := array(select unnest(earlier.groups) except select unnest(present.groups));
			new.joined_groups := array(select unnest(present.groups) except select unnest(earlier.groups));
		end if;
	end if;
	return new;
end
$$;
