// Whether a story may be republished now, by the rights that it was published with and the clock of the database. It reads no story.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import type { ArticleRights } from '../articles/schemas.ts';
import type { Entitlements } from '../partners/entitlements.ts';

const IS_OVER: Statement = { name: 'embargo_is_over', text: 'select $1::timestamptz <= now() as "isOver"' };

/** @param partner who asks; null for the public. @throws Problem not_syndicatable */
export async function requireSyndicatable(
  db: PublicDb,
  { syndicatableFrom, partnerEmbargoMinutes }: ArticleRights,
  partner: Entitlements | null,
): Promise<void> {
  if (syndicatableFrom === null) throw new Problem('not_syndicatable');
  if (partnerEmbargoMinutes === 0 || partner?.embargoed) return;
  const [row] = await db.query<{ isOver: boolean }>(IS_OVER, [syndicatableFrom]);
  if (row?.isOver) return;
  throw new Problem('not_syndicatable', { detail: 'It may be republished later.', extra: { syndicatableFrom } });
}
