-- runs with: 0030_draft_words
ALTER TABLE "articles" ADD COLUMN "draft_locales" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "drafts" ADD COLUMN "is_behind" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "drafts_behind" ON "drafts" USING btree ("article_id","locale") WHERE "drafts"."is_behind";
--> statement-breakpoint
-- Triggers, since nodes of the version before know neither column. Whoever writes a draft holds the lock of its article (desk/queries.ts),
-- so that no version is missed that another transaction is about to commit.
create function mark_behind(ids uuid[]) returns void language plpgsql as $$
begin
	update drafts d set is_behind = not d.is_behind
	from articles a join drafts o on o.article_id = a.id and o.locale = a.original_locale
	where a.id = any(ids) and d.article_id = a.id
		and d.is_behind <> (d.locale <> o.locale and o.version > coalesce(d.source_version, 0));
end
$$;
--> statement-breakpoint
-- A story comes with a draft in its original language, in the same transaction: named here, most stories are not written a second time.
create function place_original() returns trigger language plpgsql as $$
begin
	if new.original_locale is not null then
		new.draft_locales := array[new.original_locale];
	end if;
	return new;
end
$$;
--> statement-breakpoint
create trigger place_original before insert on articles for each row execute function place_original();
--> statement-breakpoint
-- Drafts go with their articles alone.
create function place_drafts() returns trigger language plpgsql as $$
begin
	update articles a set draft_locales = a.draft_locales || array(select l from unnest(f.locales) l where l <> all(a.draft_locales))
	from (select article_id, array_agg(locale order by locale) as locales from fresh group by article_id) f
	where f.article_id = a.id and not a.draft_locales @> f.locales;
	perform mark_behind(array(select distinct article_id from fresh));
	return null;
end
$$;
--> statement-breakpoint
create trigger place_drafts after insert on drafts referencing new table as fresh for each statement execute function place_drafts();
--> statement-breakpoint
create function judge_drafts() returns trigger language plpgsql as $$
begin
	perform mark_behind(array[new.article_id]);
	return null;
end
$$;
--> statement-breakpoint
create trigger judge_drafts after update of version, source_version on drafts for each row
when ((old.version, old.source_version) is distinct from (new.version, new.source_version)) execute function judge_drafts();
--> statement-breakpoint
create function judge_article() returns trigger language plpgsql as $$
begin
	perform mark_behind(array[new.id]);
	return null;
end
$$;
--> statement-breakpoint
create trigger judge_article after update of original_locale on articles for each row
when (old.original_locale is distinct from new.original_locale) execute function judge_article();
