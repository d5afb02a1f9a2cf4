// The set of addresses that say of each other to be one story in several languages: for <link rel="alternate"> and the header Link.
import type { TranslationRow } from './queries.ts';

export interface Alternate {
  hreflang: string;
  href: string;
}

/**
 * x-default, for readers of no language of the set, is the default language of the site where the story is public in it, else the
 * first. The tags of locales are BCP 47, which hreflang takes as they are (RFC 8288 section 3.4.1).
 */
export function alternatesOf(rows: readonly Pick<TranslationRow, 'locale' | 'url' | 'isDefault'>[]): Alternate[] {
  const best = rows.find(({ isDefault }) => isDefault) ?? rows[0];
  const named = rows.map(({ locale, url }) => ({ hreflang: locale, href: hrefOf(url) }));
  return best ? [...named, { hreflang: 'x-default', href: hrefOf(best.url) }] : [];
}

/** An editor writes the address as people read it; a header takes ASCII alone, without what would end the address. */
export const hrefOf = (url: string) => new URL(url).href;

/** RFC 8288. */
export const alternateHeader = (alternates: readonly Alternate[]): string[] =>
  alternates.map(({ hreflang, href }) => `<${href}>; rel="alternate"; hreflang="${hreflang}"`);
