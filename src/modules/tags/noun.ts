// What tags add to the taxonomy: a type.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { frontsWithTerm } from '../fronts/usage.ts';
import type { Noun } from '../taxonomy/noun.ts';
import { TagInput, TagListQuery, TagPatch, tagAnswers, tagExamples } from './schemas.ts';

export const tagNoun: Noun = {
  name: 'tag',
  plural: 'tags',
  title: 'Tag',
  heading: 'Tags',
  sql: { table: 'tags', texts: 'tag_texts', links: 'article_tags', published: 'tag_ids' },
  members: [{ name: 'type', sql: 't.type' }],
  filter: { where: '($5::text[] is null or t.type = any($5))', values: ({ type }) => [type ?? null] },
  defaultLimit: 20,
  columnsOf: async (_tx, { type }) => (type === undefined ? {} : { type: sql`${type}` }),
  absorb,
  usesOf: (id, key) => ({
    'custom fields of stories': sql`
      select from fields f join (select extra from articles union all select extra from drafts) x
        on x.extra <> '{}' and x.extra @> jsonb_build_object(f.key, ${id}::text) where f.type = 'tag'
      union all select from fields f join published_articles p on p.snapshot -> 'extra' is not null
        and p.snapshot -> 'extra' @> jsonb_build_object(f.key, ${id}::text) where f.type = 'tag'`,
    // It could have nothing any more.
    partners: sql`select from partners where ${id}::uuid = any(tag_ids)`,
    webhooks: sql`select from webhooks where ${id}::uuid = any(tag_ids)`,
    'menus of the site': sql`
      select from site where jsonb_path_exists(menus, '$[*].items[*] ? (@.tag == $key)', jsonb_build_object('key', ${key}::text))`,
    fronts: frontsWithTerm('tag', key),
  }),
  schemas: { ListQuery: TagListQuery, Input: TagInput, Patch: TagPatch, ...tagAnswers },
  examples: tagExamples,
};

/** Custom fields and partners that hold a tag hold the one that stays. */
async function absorb(tx: Db, from: string, into: string): Promise<string[]> {
  const renameIn = (table: 'articles' | 'drafts') =>
    tx.execute<{ id: string }>(sql`
      update ${sql.identifier(table)} x set extra = (
        select jsonb_object_agg(key, case when value = to_jsonb(${from}::text) and key in (select key from fields where type = 'tag')
          then to_jsonb(${into}::text) else value end) from jsonb_each(x.extra))
      where x.extra <> '{}' and exists (select from fields f where f.type = 'tag' and x.extra ->> f.key = ${from})
      returning ${sql.raw(table === 'articles' ? 'id' : 'article_id as id')}`);
  const { rows } = await renameIn('articles');
  // Their versions are those of texts: a new one would have each of them wait to be published again, for nothing that readers see.
  await renameIn('drafts');
  await tx.execute(sql`
    update partners set tag_ids = array_replace(tag_ids, ${from}::uuid, ${into}::uuid), version = version + 1, updated_at = now() where tag_ids @> array[${from}::uuid]`);
  // Of both: what is public names the first until the job has been there.
  await tx.execute(sql`
    update webhooks set tag_ids = array_append(tag_ids, ${into}::uuid), version = version + 1, updated_at = now() where tag_ids @> array[${from}::uuid]`);
  return rows.map(({ id }) => id);
}
