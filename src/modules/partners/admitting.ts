// Whether a single public story is within the entitlements of a partner, regions with what contains them. It shows no story.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { type Entitlements, notEntitled } from './entitlements.ts';

const ADMITS: Statement = {
  name: 'partner_admits',
  text: `select from published_articles p where p.article_id = $1 and p.locale = $2
    and ($3::text[] is null or p.locale = any($3)) and ($4::text[] is null or p.kind = any($4))
    and ($5::uuid[] is null or p.region_ids && $5) and ($6::uuid[] is null or p.tag_ids && $6)`,
};

/** @throws Problem not_entitled */
export async function requireEntitled(
  db: PublicDb,
  story: { id: string; locale: string },
  { locales, kinds, regionIds, tagIds }: Entitlements,
): Promise<void> {
  const rows = await db.query(ADMITS, [story.id, story.locale, locales, kinds, regionIds, tagIds]);
  if (rows.length === 0) throw notEntitled('This story is not among those that you are entitled to.');
}
