-- runs with: 0034_cheaper_imports
-- As before; but a webhook that is limited to regions or tags is told of the erasure of a story that was in them.
create or replace function enqueue_deliveries() returns trigger language plpgsql as $$
begin
	if not exists (select from webhooks where disabled_at is null) then
		return null;
	end if;
	with hooks as materialized (select id, events, locales, region_ids, tag_ids from webhooks where disabled_at is null)
	insert into webhook_events (id, event, reason, article_id, article, happened_at, webhook_ids)
	select c.id, e.event, c.reason, c.article_id, jsonb_build_object('id', c.article_id, 'uri', p.uri, 'locale', c.locale, 'slug', p.slug, 'version', c.version, 'kind', p.kind,
		'regions', array(select r.key from regions r where r.id = any(p.region_ids) order by r.key),
		'tags', array(select t.key from tags t where t.id = any(p.tag_ids) order by t.key)), c.at, h.ids
	from fresh c
	cross join lateral (select 'article.' || case
		when c.type = 'redirect' then 'redirected'
		when c.type = 'upsert' then case when c.reason = 'published' then 'published' else 'updated' end
		when c.reason in ('unpublished', 'expired') then 'unpublished'
		when c.reason in ('deleted', 'erased') then 'deleted'
		else 'withdrawn' end as event) e
	-- Of what is public at this moment. The limit keeps the planner to one look by the key for each change.
	left join lateral (select p.slug, p.kind, p.region_ids, p.tag_ids, p.snapshot ->> 'uri' as uri from published_articles p
		where p.article_id = c.article_id and p.locale = c.locale limit 1) p on true
	-- What is erased is not public any more: it was made of what the change before it says.
	cross join lateral (select case when p.slug is null then c.groups else c.left_groups end as groups) f
	cross join lateral (select array_agg(w.id) as ids from hooks w
		where (w.events is null or e.event = any(w.events))
			and (w.locales is null or c.locale = any(w.locales))
			-- What has left a filter with this change is told there as well: whoever was told that a story is there is told what becomes of it.
			and (w.region_ids is null or p.region_ids && w.region_ids or f.groups && array(
				select 'articles/' || c.locale || '/region/' || x from unnest(w.region_ids) x))
			and (w.tag_ids is null or p.tag_ids && w.tag_ids or f.groups && array(
				select 'articles/' || c.locale || '/tag/' || x from unnest(w.tag_ids) x))) h
	-- A renamed region would send a message for each story in it, which is what it was; whoever keeps copies of texts follows /v1/changes.
	where c.reason <> 'rebuilt' and h.ids is not null
	order by c.id;
	if found then
		perform graphile_worker.add_job('dispatch_webhooks');
	end if;
	return null;
end
$$;
