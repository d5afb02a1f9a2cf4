// What of the taxonomy and the languages fronts name: as long as they do, it cannot be deleted; where it is merged, they follow.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import { insertAudit } from '../audit/queries.ts';
import type { FrontContent, Slot } from './schemas.ts';
import type { Source } from './sources.ts';

type NounName = 'region' | 'tag' | 'contributor';
const MEMBERS: Record<NounName, readonly (keyof Source & ('region' | 'tag' | 'tagAll' | 'contributor'))[]> = {
  region: ['region'],
  tag: ['tag', 'tagAll'],
  contributor: ['contributor'],
};
/** There are a hundred fronts at most. */
const EVERYTHING = sql`(select slots as held from fronts union all select content from front_changes) front`;

/** SQL query: fronts, or changes of them, that name the term. */
export const frontsWithTerm = (noun: NounName, key: string): SQL =>
  sql`select from ${EVERYTHING} where ${naming(noun, key)}`;

function naming(noun: NounName, key: string): SQL {
  const paths = MEMBERS[noun].map(
    (member) => sql`jsonb_path_exists(held,
    ${`lax $.**.source.${member}[*] ? (@ == $key)`}::jsonpath, jsonb_build_object('key', ${key}::text))`,
  );
  return sql`(${sql.join(paths, sql` or `)})`;
}

/** SQL query: fronts, or changes of them, that have a text in the language. */
export const frontsWithTexts = (locale: string): SQL => sql`
  select from fronts where jsonb_exists(title, ${locale}) or jsonb_exists(description, ${locale})
  union all select from ${EVERYTHING} where jsonb_path_exists(held, 'lax $.**.title.keyvalue() ? (@.key == $tag)', jsonb_build_object('tag', ${locale}::text))
  union all select from front_changes where jsonb_exists(content -> 'title', ${locale}) or jsonb_exists(content -> 'description', ${locale})`;

/** In all that fronts hold and will hold. To be called under the lock that merging takes alone, and whoever writes fronts shares. */
export async function renameInFronts(
  tx: Db,
  actor: Actor | null,
  noun: NounName,
  from: string,
  into: string,
): Promise<void> {
  const slotWith = (slot: Slot): Slot => ({ ...slot, source: renamed(slot.source, noun, from, into) });
  const { rows: fronts } = await tx.execute<{ id: string; slots: Slot[] }>(
    sql`select id, slots from fronts where exists (select from (select slots as held) front where ${naming(noun, from)}) order by id`,
  );
  const { rows: changes } = await tx.execute<{ id: string; content: Slot | Partial<FrontContent> }>(
    sql`select id, content from front_changes where exists (
      select from (select content as held) front where ${naming(noun, from)})`,
  );
  for (const { id, content } of changes) {
    const after =
      'source' in content
        ? slotWith(content)
        : { ...content, ...(content.slots && { slots: content.slots.map(slotWith) }) };
    await tx.execute(sql`update front_changes set content = ${JSON.stringify(after)}::jsonb where id = ${id}`);
  }
  for (const { id, slots } of fronts) {
    const after = slots.map(slotWith);
    await tx.execute(
      sql`update fronts set slots = ${JSON.stringify(after)}::jsonb, version = version + 1, updated_at = now() where id = ${id}`,
    );
    await insertAudit(tx, actor, [
      { action: 'front.change', entity: 'front', entityId: id, before: { slots }, after: { slots: after } },
    ]);
  }
}

function renamed(source: Source, noun: NounName, from: string, into: string): Source {
  const members = MEMBERS[noun].flatMap((member) => {
    const names = source[member];
    return names?.includes(from) ? [[member, [...new Set(names.map((name) => (name === from ? into : name)))]]] : [];
  });
  return { ...source, ...Object.fromEntries(members) };
}
