// Finds one public term by key, id or slug, or where it stands now: merged into another, or under a new slug. It sends nothing.
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { foldSlug } from '../articles/slugs.ts';
import type { Noun } from './noun.ts';
import { type FoundTerm, findMovedTerm, findTerm, findTermBySlug } from './queries.ts';

/** Path behind the plural of the noun. */
export type MovedTerm = { movedTo: string };
const byKey = (key: string) => ({ movedTo: encodeURIComponent(key) });
const bySlug = (locale: string, slug: string) => ({ movedTo: `by-slug/${locale}/${encodeURIComponent(slug)}` });

/** @throws Problem unknown_locale, not_found */
export async function readTerm(
  db: PublicDb,
  noun: Noun,
  keyOrId: string,
  requested: string | null,
): Promise<FoundTerm | MovedTerm> {
  const found = await findTerm(db, noun, keyOrId, requested);
  if (found.locale === null) throw unknownLocale();
  if (found.item !== null) return found;
  const moved = await findMovedTerm(db, noun, '', keyOrId.toLowerCase());
  if (!moved) throw new Problem('not_found');
  return byKey(moved.key);
}

/** @throws Problem not_found */
export async function readTermBySlug(
  db: PublicDb,
  noun: Noun,
  given: string,
  slug: string,
): Promise<FoundTerm | MovedTerm> {
  let wanted = foldSlug(slug, given);
  let found = await findTermBySlug(db, noun, wanted, given);
  const { locale } = found;
  if (locale === null) throw new Problem('not_found');
  // An alias need not be a tag of the language whose letters count.
  if (wanted !== foldSlug(slug, locale)) {
    wanted = foldSlug(slug, locale);
    found = await findTermBySlug(db, noun, wanted, locale);
  }
  if (found.item !== null) return wanted === slug ? found : bySlug(locale, wanted);
  const moved = await findMovedTerm(db, noun, locale, wanted);
  if (!moved) throw new Problem('not_found');
  // It may be named in this language no more.
  return moved.slug === null ? byKey(moved.key) : bySlug(locale, moved.slug);
}
