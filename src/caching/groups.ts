// Names of what answers are made of, one for each thing that changes on its own. The same names are made by announce_stories(),
// announce_noun(), announce_span() and announce_chain() in the database: whoever changes a row there drops what was made of it.
import type { Noun } from '../modules/taxonomy/noun.ts';

/** The site, its locales and custom fields: everything is made of it. */
export const SITE = 'site';

/** Fronts, and what is to change on them: few, and changed together. */
export const FRONTS = 'fronts';

/** A story in any language. */
export const storyGroup = (id: string) => `article/${id}`;

/** Entries of a live story in one language, made by announce_entries(). */
export const entriesGroup = (id: string, locale: string) => `entries/${id}/${locale}`;

/** Names, slugs and places of all terms of a noun: few, and seldom changed. */
export const termsGroup = ({ plural }: Pick<Noun, 'plural'>) => plural;

/** What is recorded of pictures. Whether readers may see one is up to the stories that show it. */
export const MEDIA = 'media';

/** What is read most in a window of time: all its lists, which are made anew together. */
export const trendingGroup = (window: string) => `trending/${window}`;

/** Chains of stories that carry one another on: few, and seldom changed. */
export const CHAINS = 'chains';

export interface ListFacets {
  kinds?: readonly string[] | null;
  regionIds?: readonly string[] | null;
  tagIds?: readonly string[] | null;
  contributorIds?: readonly string[] | null;
}
/**
 * What a list is made of: all stories of a locale, or those that share one of its filters. One filter will do, the narrowest in
 * most newsrooms: what comes into the list or leaves it has that in common with it.
 */
export function listGroups(locale: string, { kinds, regionIds, tagIds, contributorIds }: ListFacets = {}): string[] {
  const of = (facet: string, values: readonly string[]) =>
    values.map((value) => `articles/${locale}/${facet}/${value}`);
  if (contributorIds) return of('contributor', contributorIds);
  if (tagIds) return of('tag', tagIds);
  if (regionIds) return of('region', regionIds);
  if (kinds) return of('kind', kinds);
  return [`articles/${locale}`];
}

const MOST_GROUPS = 30;

/** All of the languages, where those of a list would make headers grow beyond what clients and proxies take. */
export const fewGroups = (narrow: string[], locales: readonly string[]): string[] =>
  narrow.length > MOST_GROUPS ? locales.flatMap((locale) => listGroups(locale)) : narrow;
