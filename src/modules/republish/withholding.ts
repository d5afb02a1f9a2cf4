// Cuts stories to a partner for forms that are made to be republished: a text that it may not republish yet, or at all, stays out.
import type { PublicDb } from '../../db/pipeline.ts';
import type { Article } from '../articles/schemas.ts';
import { cutTo, type Entitlements } from '../partners/entitlements.ts';
import { areSyndicatable } from './syndicatable.ts';

/** @returns without `body.html` where the text is kept back; of others all of it. Whoever is no partner reads what is public */
export async function withhold(
  db: PublicDb,
  stories: readonly Article[],
  partner: Entitlements | null,
): Promise<readonly Article[]> {
  if (!partner) return stories;
  const areOpen = partner.fullText
    ? await areSyndicatable(
        db,
        stories.map(({ rights }) => rights),
        partner,
      )
    : [];
  return stories.map((story, at) => cutTo(story, { ...partner, fullText: areOpen[at] === true }));
}

export const hasText = ({ body }: Article): boolean => body.html !== undefined;
