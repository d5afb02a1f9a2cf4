// The set of addresses that say of each other to be one story in several languages: for <link rel="alternate"> and the header Link.
export interface Alternate {
  hreflang: string;
  href: string;
}

export interface Version {
  locale: string;
  url: string;
}
/** Of the site: its default language, and all of them in the order of language switches. */
export interface Languages {
  defaultLocale: string;
  locales: readonly string[];
}

/**
 * The same set on the page of each language. x-default, for readers of no language of it, is the default language of the site where
 * the story is public in it, else the first. The tags of locales are BCP 47, which hreflang takes as they are (RFC 8288 section 3.4.1).
 */
export function alternatesOf(versions: readonly Version[], { defaultLocale, locales }: Languages): Alternate[] {
  const place = ({ locale }: Version) => locales.indexOf(locale);
  const sorted = versions.toSorted((a, b) => place(a) - place(b));
  const best = sorted.find(({ locale }) => locale === defaultLocale) ?? sorted[0];
  const named = sorted.map(({ locale, url }) => ({ hreflang: locale, href: hrefOf(url) }));
  return best ? [...named, { hreflang: 'x-default', href: hrefOf(best.url) }] : [];
}

/**
 * An editor writes the address as people read it; a header takes ASCII alone, without what would end the address. What is plain
 * already is left as it is: most is, and parsing takes 5 us each, of which a sitemap has 10,000.
 */
export const hrefOf = (url: string): string => (/^https?:[\w.~:/?#@!$&*+,;=%-]+$/.test(url) ? url : new URL(url).href);

/** RFC 8288. */
export const alternateHeader = (alternates: readonly Alternate[]): string[] =>
  alternates.map(({ hreflang, href }) => `<${href}>; rel="alternate"; hreflang="${hreflang}"`);

/**
 * Cuts a stored header to the languages that somebody may be told of.
 * @param locales of which the joined links of versionHeader() may tell; null for all
 * @returns those of them, with the first as x-default where what was is not among them
 */
export function narrowedTo(locales: readonly string[] | null, joined: string): string {
  if (!locales) return joined;
  const [canonical = '', ...links] = joined.split(/, (?=<)/);
  const all = links.map((link) => {
    const [, href = '', hreflang = ''] = /^<([^>]*)>; rel="alternate"; hreflang="([^"]*)"$/.exec(link) ?? [];
    return { hreflang, href };
  });
  const open = all.filter(({ hreflang }) => locales.includes(hreflang));
  const led = all.find(({ hreflang }) => hreflang === 'x-default');
  const href = open.find((one) => one.href === led?.href)?.href ?? open[0]?.href;
  return [canonical, ...alternateHeader(href ? [...open, { hreflang: 'x-default', href }] : open)].join(', ');
}

/** Of one version: its page is the canonical one (RFC 6596), then all languages. */
export const versionHeader = ({ translations, ...version }: Version & { translations: Version[] }, site: Languages) => [
  `<${hrefOf(version.url)}>; rel="canonical"`,
  ...alternateHeader(alternatesOf([version, ...translations], site)),
];
