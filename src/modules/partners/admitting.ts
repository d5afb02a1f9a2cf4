// Whether a single story is, or was, within the entitlements of a partner, regions with what contains them. It shows no story.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import { type Entitlements, notEntitled } from './entitlements.ts';

const ADMITS: Statement = {
  name: 'partner_admits',
  text: `select from published_articles p where p.article_id = $1 and p.locale = $2
    and ($3::text[] is null or p.locale = any($3)) and ($4::text[] is null or p.kind = any($4))
    and ($5::uuid[] is null or p.region_ids && $5) and ($6::uuid[] is null or p.tag_ids && $6)`,
};

/** As it was when it was withdrawn. */
const ADMITTED: Statement = {
  name: 'partner_admitted',
  text: `select from tombstones t where t.article_id = $1 and t.locale = $2
    and ($3::text[] is null or t.locale = any($3)) and ($4::text[] is null or t.kind = any($4))
    and ($5::uuid[] is null or t.region_ids && $5) and ($6::uuid[] is null or t.tag_ids && $6)`,
};

const isAmong = async (
  db: PublicDb,
  statement: Statement,
  { id, locale }: { id: string; locale: string },
  { locales, kinds, regionIds, tagIds }: Entitlements,
) => (await db.query(statement, [id, locale, locales, kinds, regionIds, tagIds])).length > 0;

/** Nobody is told of the end of what it could not have. @throws Problem not_found */
export async function requireWasEntitled(
  db: PublicDb,
  story: { id: string; locale: string },
  entitled: Entitlements,
): Promise<void> {
  if (!(await isAmong(db, ADMITTED, story, entitled))) throw new Problem('not_found');
}

/** @throws Problem not_entitled */
export async function requireEntitled(
  db: PublicDb,
  story: { id: string; locale: string },
  entitled: Entitlements,
): Promise<void> {
  if (!(await isAmong(db, ADMITS, story, entitled)))
    throw notEntitled('This story is not among those that you are entitled to.');
}
