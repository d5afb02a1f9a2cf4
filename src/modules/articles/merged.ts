// Has snapshots of stories name the terms that stay, where they name some that were merged into others. It builds no text.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { Extra } from '../fields/values.ts';
import type { Snapshot } from './snapshot.ts';

/** Keys of the custom fields that link to a story or to a tag. */
export async function listLinkKeys(db: Db, type: 'article' | 'tag'): Promise<string[]> {
  const { rows } = await db.execute<{ key: string }>(sql`select key from fields where type = ${type} and public`);
  return rows.map(({ key }) => key);
}

interface Naming {
  articleId: string;
  locale: string;
  snapshot: Snapshot;
  /** Ids of regions, tags and contributors that were merged, and of those that stay. */
  into: Record<string, string>;
  [column: string]: unknown;
}

/**
 * Whatever their texts are built anew for. Where the job of a merge alone did so, a story lost its region: built for something else
 * between the merge and that job, it stood in no region any more, and so the job did not find it.
 */
export async function renameMerged(tx: Db, articleIds: string[]): Promise<void> {
  const { rows } = await tx.execute<Naming>(sql`
    select p.article_id as "articleId", p.locale, p.snapshot, merged.into
    from published_articles p cross join lateral (
      select jsonb_object_agg(r.name, r.term_id) as into from (
        select 'region' as noun, jsonb_array_elements_text(p.snapshot -> 'regionIds') as id
        union select 'tag', jsonb_array_elements_text(p.snapshot -> 'tagIds')
        union select 'contributor', jsonb_array_elements_text(p.snapshot -> 'contributorIds')
        union select 'tag', value from jsonb_each_text(p.snapshot -> 'extra')
      ) named join term_redirects r on r.noun = named.noun and r.locale = '' and r.name = named.id
    ) merged where p.article_id = any(${sql.param(articleIds)}::uuid[]) and merged.into is not null`);
  if (rows.length === 0) return;
  const tagFields = await listLinkKeys(tx, 'tag');
  const renamed = rows.map(({ articleId, locale, snapshot, into }) => {
    const nameOf = (id: string) => into[id] ?? id;
    const all = (ids: readonly string[]) => [...new Set(ids.map(nameOf))];
    const inExtra = (extra: Extra): Extra =>
      Object.fromEntries(
        Object.entries(extra).map(([key, value]) => [
          key,
          tagFields.includes(key) && typeof value === 'string' ? nameOf(value) : value,
        ]),
      );
    const { regionId, regionIds, tagIds, contributorIds, extra } = snapshot;
    return {
      articleId,
      locale,
      snapshot: {
        ...snapshot,
        ...(regionId && { regionId: nameOf(regionId) }),
        regionIds: all(regionIds),
        tagIds: all(tagIds),
        contributorIds: all(contributorIds),
        ...(extra && { extra: inExtra(extra) }),
      },
    };
  });
  await tx.execute(sql`
    update published_articles p set snapshot = x.snapshot
    from json_to_recordset(${JSON.stringify(renamed)}::json) as x("articleId" uuid, locale text, snapshot jsonb)
    where p.article_id = x."articleId" and p.locale = x.locale`);
}
