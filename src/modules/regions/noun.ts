// What regions add to the taxonomy: a parent, never in a circle, and the countries they cover.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import type { Noun } from '../taxonomy/noun.ts';
import {
  DeskRegion,
  Region,
  RegionInput,
  RegionListQuery,
  RegionPatch,
  regionAnswers,
  regionExamples,
} from './schemas.ts';

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
      and ($6::text is null or t.parent_id = (select p.id from regions p where p.key = $6 or p.id::text = lower($6) order by p.key = $6 desc limit 1))`,
    values: ({ country, parent }) => [country ?? null, parent ?? null],
    reference: {
      parameter: 'parent',
      sql: '($6::text is null or exists (select from regions p where p.key = $6 or p.id::text = lower($6)))',
    },
  },
  defaultLimit: 100,
  async columnsOf(tx, { parent, countries }, id) {
    return {
      ...(parent !== undefined && {
        parent_id: sql`${parent === null ? null : await findParent(tx, String(parent), id)}::uuid`,
      }),
      ...(countries !== undefined && { countries: sql`${sql.param(countries)}::text[]` }),
    };
  },
  usedBy: (id, key) => [
    sql`exists (select from regions where parent_id = ${id})`,
    sql`exists (select from articles where region_id = ${id})`,
    sql`exists (select from site where jsonb_path_exists(menus, '$[*].items[*] ? (@.region == $key)', jsonb_build_object('key', ${key}::text)))`,
  ],
  schemas: {
    Term: Region,
    ListQuery: RegionListQuery,
    DeskTerm: DeskRegion,
    Input: RegionInput,
    Patch: RegionPatch,
    ...regionAnswers,
  },
  examples: regionExamples,
};

async function findParent(tx: Db, given: string, id: string): Promise<string> {
  const { rows } = await tx.execute<{ id: string; circular: boolean }>(sql`
    with recursive parent as (
      select id from regions where key = ${given} or id::text = lower(${given}) order by key = ${given} desc limit 1
    ), up as (
      select r.id, r.parent_id from regions r join parent on parent.id = r.id
      union select r.id, r.parent_id from up join regions r on r.id = up.parent_id
    )
    select id, exists (select from up where up.id = ${id}::uuid) as circular from parent`);
  const [row] = rows;
  if (!row)
    throw new Problem('unknown_reference', {
      errors: [{ pointer: '/parent', code: 'unknown', message: `${given} does not exist` }],
    });
  if (row.circular) throw invalid({ pointer: '/parent' }, `${given} is this region or lies within it`, 'circular');
  return row.id;
}
