// How far a reader knows a live story, as a signed position that it can hand back: the same for lists, changes and streams.
import { invalid } from '../../errors.ts';
import type { Cursors } from '../../plugins/cursors.ts';

const scopeOf = (articleId: string) => JSON.stringify(['entries', articleId]);

export const placeOf = (cursors: Cursors, articleId: string, locale: string, position: number | string): string =>
  cursors.encode(scopeOf(articleId), 'next', [Number(position), locale]);

export interface Place {
  position: number;
  locale: string;
}
/** @returns null for one that was not made here for this story */
export function findPlace(cursors: Cursors, articleId: string, place: string): Place | null {
  try {
    const [position, locale] = cursors.decode(scopeOf(articleId), place).values;
    return { position: Number(position), locale };
  } catch {
    return null;
  }
}

/** @throws Problem validation_failed for none, and for one of another language */
export function checkPlace(place: Place | null, locale: string, parameter: string): Place {
  if (place?.locale === locale) return place;
  throw invalid({ parameter }, 'was not made here, or for another story or language; start again without it');
}
