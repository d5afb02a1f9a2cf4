// What regions add to the taxonomy: a parent, never in a circle, and the countries they cover.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, unknownReference } from '../../errors.ts';
import { frontsWithTerm } from '../fronts/usage.ts';
import { REGION, termIdOf } from '../taxonomy/naming.ts';
import type { Noun } from '../taxonomy/noun.ts';
import { RegionInput, RegionListQuery, RegionPatch, regionAnswers, regionExamples } from './schemas.ts';

export const regionNoun: Noun = {
  name: 'region',
  plural: 'regions',
  title: 'Region',
  heading: 'Regions',
  sql: { table: 'regions', texts: 'region_texts', links: 'article_regions', published: 'region_ids' },
  members: [
    { name: 'parent', sql: '(select p.key from regions p where p.id = t.parent_id)' },
    { name: 'countries', sql: 't.countries' },
  ],
  filter: {
    where: `($5::text[] is null or t.countries && $5)
      and ($6::text is null or t.parent_id = ${termIdOf(REGION, '$6')})`,
    values: ({ country, parent }) => [country ?? null, parent ?? null],
    reference: {
      parameter: 'parent',
      sql: `($6::text is null or ${termIdOf(REGION, '$6')} is not null)`,
    },
  },
  defaultLimit: 100,
  async columnsOf(tx, { parent, countries }, id) {
    return {
      ...(parent !== undefined && {
        parent_id: sql`${parent === null ? null : await resolveParent(tx, String(parent), id)}::uuid`,
      }),
      ...(countries !== undefined && { countries: sql`${sql.param(countries)}::text[]` }),
    };
  },
  usesOf: (id, key) => ({
    stories: sql`select from articles where region_id = ${id}`,
    'other regions': sql`select from regions where parent_id = ${id}`,
    // Nobody is limited to what is not there: they could write nowhere any more.
    'limits of people or keys': sql`
      select from users where ${id}::uuid = any(region_ids)
      union all select from api_keys where ${id}::uuid = any(region_ids) and revoked_at is null`,
    partners: sql`select from partners where ${id}::uuid = any(region_ids)`,
    // It would be told of nothing any more.
    webhooks: sql`select from webhooks where ${id}::uuid = any(region_ids)`,
    'menus of the site': sql`
      select from site where jsonb_path_exists(menus, '$[*].items[*] ? (@.region == $key)', jsonb_build_object('key', ${key}::text))`,
    fronts: frontsWithTerm('region', key),
  }),
  absorb,
  schemas: {
    ListQuery: RegionListQuery,
    Input: RegionInput,
    Patch: RegionPatch,
    ...regionAnswers,
  },
  examples: regionExamples,
};

async function resolveParent(tx: Db, given: string, id: string): Promise<string> {
  const { rows } = await tx.execute<{ id: string; circular: boolean }>(sql`
    with recursive parent as (
      select id from regions where id = (select ${sql.raw(termIdOf(REGION, 'x.given'))} from (select ${given}::text as given) x)
    ), up as (
      select r.id, r.parent_id from regions r join parent on parent.id = r.id
      union select r.id, r.parent_id from up join regions r on r.id = up.parent_id
    )
    select id, exists (select from up where up.id = ${id}::uuid) as circular from parent`);
  const [row] = rows;
  if (!row) throw unknownReference({ pointer: '/parent' }, `${given} does not exist`);
  if (row.circular) throw invalid({ pointer: '/parent' }, `${given} is this region or lies within it`, 'circular');
  return row.id;
}

/** Children, countries, rubrics and the reach of limited people and keys. @throws Problem validation_failed for one that lies within */
async function absorb(tx: Db, from: string, into: string): Promise<string[]> {
  const { rows } = await tx.execute<{ circular: boolean }>(sql`
    with recursive up as (
      select id, parent_id from regions where id = ${into}
      union select r.id, r.parent_id from up join regions r on r.id = up.parent_id
    )
    select exists (select from up where id = ${from}) as circular`);
  if (rows[0]?.circular) throw invalid({ pointer: '/into' }, 'lies within the one to be merged', 'circular');
  await tx.execute(sql`
    update regions set parent_id = ${into}, version = version + 1, updated_at = now() where parent_id = ${from}`);
  await tx.execute(sql`
    update regions r set countries = r.countries || array(
      select c from unnest(f.countries) with ordinality x(c, place) where c <> all(r.countries) order by place)
    from regions f where r.id = ${into} and f.id = ${from}`);
  await tx.execute(sql`update articles set region_id = ${into} where region_id = ${from}`);
  const replaced = sql`region_ids = array_replace(region_ids, ${from}::uuid, ${into}::uuid)`;
  const named = sql`region_ids @> array[${from}::uuid]`;
  for (const table of ['users', 'partners'])
    await tx.execute(
      sql`update ${sql.identifier(table)} set ${replaced}, version = version + 1, updated_at = now() where ${named}`,
    );
  await tx.execute(sql`update api_keys set ${replaced} where ${named}`);
  // Of both: what is public names the first until the job has been there.
  await tx.execute(sql`
    update webhooks set region_ids = array_append(region_ids, ${into}::uuid), version = version + 1, updated_at = now() where ${named}`);
  return [];
}
