// Whether a story may be republished now, by the rights that it was published with and the clock of the database. It reads no story.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import type { ArticleRights } from '../articles/schemas.ts';
import type { Entitlements } from '../partners/entitlements.ts';

const ARE_OVER: Statement = {
  name: 'embargoes_are_over',
  text: 'select array_agg(at <= now() order by n) as "areOver" from unnest($1::timestamptz[]) with ordinality embargo(at, n)',
};

/**
 * Of each, whether it may be republished now. Without an embargo, nothing is asked.
 * @param partner who asks; null for the public
 */
export async function areSyndicatable(
  db: PublicDb,
  all: readonly ArticleRights[],
  partner: Entitlements | null,
): Promise<boolean[]> {
  const waits = ({ partnerEmbargoMinutes }: ArticleRights) => partnerEmbargoMinutes !== 0 && !partner?.embargoed;
  if (!all.some(waits)) return all.map(({ syndicatableFrom }) => syndicatableFrom !== null);
  const [row] = await db.query<{ areOver: (boolean | null)[] }>(ARE_OVER, [
    all.map(({ syndicatableFrom }) => syndicatableFrom),
  ]);
  return all.map((rights, at) => rights.syndicatableFrom !== null && (!waits(rights) || row?.areOver[at] === true));
}

/** @param partner who asks; null for the public. @throws Problem not_syndicatable */
export async function requireSyndicatable(
  db: PublicDb,
  rights: ArticleRights,
  partner: Entitlements | null,
): Promise<void> {
  const { syndicatableFrom } = rights;
  if (syndicatableFrom === null) throw new Problem('not_syndicatable');
  const [isOpen] = await areSyndicatable(db, [rights], partner);
  if (isOpen) return;
  throw new Problem('not_syndicatable', { detail: 'It may be republished later.', extra: { syndicatableFrom } });
}
