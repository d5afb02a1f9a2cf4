-- Whoever changes what the public is answered from, in whatever way, announces it in the same transaction: nodes then drop the
-- answers that were made of it. Names of groups as in src/caching/groups.ts.
create function announce_groups(groups text[]) returns void language plpgsql as $$
begin
  if cardinality(groups) > 2000 then
    perform pg_notify('dateline_cache', 'site');
  else
    -- A payload has 8,000 bytes at most, the longest group 95.
    perform pg_notify('dateline_cache', string_agg(name, ' '))
      from unnest(groups) with ordinality g(name, n) group by (n - 1) / 80;
  end if;
end
$$;
--> statement-breakpoint
-- Arguments: what all rows of the table belong to.
create function announce_noun() returns trigger language plpgsql as $$
begin
  perform announce_groups(tg_argv);
  return null;
end
$$;
--> statement-breakpoint
-- A story, and the lists that it stands in or stood in before.
create function announce_stories() returns trigger language plpgsql as $$
declare
  groups text[];
begin
  -- One branch each: a transition table that the operation does not have may not even be named.
  if tg_op = 'INSERT' then
    select array_agg(distinct g) into groups from fresh s, story_groups(s.article_id, s.locale, s.kind, s.region_ids, s.tag_ids, s.contributor_ids) g;
  elsif tg_op = 'DELETE' then
    select array_agg(distinct g) into groups from stale s, story_groups(s.article_id, s.locale, s.kind, s.region_ids, s.tag_ids, s.contributor_ids) g;
  else
    select array_agg(distinct g) into groups from (table fresh union all table stale) s,
      story_groups(s.article_id, s.locale, s.kind, s.region_ids, s.tag_ids, s.contributor_ids) g;
  end if;
  if groups is not null then
    perform announce_groups(groups);
  end if;
  return null;
end
$$;
--> statement-breakpoint
create function story_groups(article_id uuid, locale text, kind text, region_ids uuid[], tag_ids uuid[], contributor_ids uuid[])
returns setof text language sql immutable as $$
  select unnest(array['article/' || article_id, 'articles/' || locale, 'articles/' || locale || '/kind/' || kind])
  union all select 'articles/' || locale || '/region/' || id from unnest(region_ids) id
  union all select 'articles/' || locale || '/tag/' || id from unnest(tag_ids) id
  union all select 'articles/' || locale || '/contributor/' || id from unnest(contributor_ids) id
$$;
--> statement-breakpoint
create trigger announce_insert after insert on published_articles referencing new table as fresh for each statement execute function announce_stories();
--> statement-breakpoint
create trigger announce_update after update on published_articles referencing old table as stale new table as fresh for each statement execute function announce_stories();
--> statement-breakpoint
create trigger announce_delete after delete on published_articles referencing old table as stale for each statement execute function announce_stories();
--> statement-breakpoint
do $$
declare
  name text;
begin
  foreach name in array array['site', 'locales', 'fields'] loop
    execute format('create trigger announce after insert or update or delete or truncate on %I for each statement execute function announce_noun(''site'')', name);
  end loop;
  foreach name in array array['region', 'tag', 'contributor'] loop
    execute format('create trigger announce after insert or update or delete or truncate on %I for each statement execute function announce_noun(%L)', name || 's', name || 's');
    execute format('create trigger announce after insert or update or delete or truncate on %I for each statement execute function announce_noun(%L)', name || '_texts', name || 's');
  end loop;
end
$$;
