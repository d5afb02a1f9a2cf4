-- The role that answers the public: it can read what is published and the taxonomy, and nothing else.
-- Roles belong to the whole server, so another database may have made it, perhaps at this moment.
do $$
begin
  -- Asked first: an account that may not create roles is refused even where the role is there.
  if not exists (select from pg_roles where rolname = 'dateline_reader') then
    create role dateline_reader nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;
end
$$;
--> statement-breakpoint
do $$
begin
  -- Tried and not looked up: whoever made a role may grant it, but from Postgres 16 on not take it, and only 16 can tell.
  execute 'set local role dateline_reader';
  execute 'reset role';
exception
  when insufficient_privilege then
    begin
      execute format('grant dateline_reader to %I', current_user);
    exception
      when unique_violation then null;
    end;
end
$$;
--> statement-breakpoint
grant usage on schema public to dateline_reader;
--> statement-breakpoint
grant select on site, locales, regions, region_texts, tags, tag_texts, contributors, contributor_texts,
  published_articles, listings, redirects, tombstones, view_counts to dateline_reader;
--> statement-breakpoint
-- The two texts are read whole and often: out of line and uncompressed costs the reader nothing to unpack.
alter table published_articles alter column card set storage main, alter column document set storage external;
--> statement-breakpoint
-- Counting updates a row in place (HOT) when its page has room.
alter table view_counts set (fillfactor = 70);
--> statement-breakpoint
insert into locales (tag, name, direction) values ('en', 'English', 'ltr');
--> statement-breakpoint
insert into site (name, tagline, base_url, article_url, time_zone, default_locale, social_links, app_links, menus, branding, rights)
values (
  '{"en": "Newsroom"}', '{}', 'https://www.example.org', 'https://www.example.org/{locale}/{slug}', 'UTC', 'en', '[]', '[]', '[]',
  '{"light": {"background": "#ffffff", "text": "#111111", "accent": "#0b5fff", "logoUrl": null},
    "dark": {"background": "#111111", "text": "#eeeeee", "accent": "#7aa7ff", "logoUrl": null}}',
  '{"usageTerms": {}, "attributionRequired": true, "attributionUrl": null, "holder": null, "licenceUrl": null}'
);
