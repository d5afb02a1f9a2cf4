// On which terms a story may be used, in its language: the site's rights with what the story overrides, and the credit to paste. It refuses nobody.
import { escaped } from '../body/escaping.ts';
import type { LocalisedText, Rights, Site } from '../site/schemas.ts';
import type { ArticleRights } from './schemas.ts';

interface Credited {
  locale: string;
  direction: 'ltr' | 'rtl';
  title: string;
  /** Canonical. */
  url: string;
  firstPublishedAt: Date;
}

/**
 * @param own what the story overrides
 * @param inWords the text in the language of the story, or in the next best; undefined where there is none
 */
export function rightsOf(
  story: Credited,
  site: Pick<Site, 'name' | 'rights'>,
  own: Partial<Rights> | null,
  inWords: (text: LocalisedText) => string | undefined,
): ArticleRights {
  const { usageTerms: _usageTerms, partnerEmbargoMinutes, ...rights } = { ...site.rights, ...own };
  // Terms of which no language is left override nothing.
  const usageTerms = inWords(own?.usageTerms ?? {}) ?? inWords(site.rights.usageTerms) ?? null;
  const by = rights.holder ?? inWords(site.name) ?? '';
  const openFrom = new Date(story.firstPublishedAt.getTime() + partnerEmbargoMinutes * 60_000);
  return {
    usageTerms,
    ...rights,
    attributionHtml: attributionHtml(story, by, rights.attributionUrl),
    partnerEmbargoMinutes,
    syndicatableFrom: rights.syndicatable ? openFrom.toISOString() : null,
  };
}

/** Names of another script keep their own direction; the words between them would need a language, so there are none. */
function attributionHtml({ locale, direction, title, url }: Credited, by: string, home: string | null): string {
  const name = `<bdi>${escaped(by)}</bdi>`;
  const tag = escaped(locale);
  return (
    `<a href="${escaped(url)}" hreflang="${tag}" lang="${tag}" dir="${direction}">${escaped(title)}</a> · ` +
    (home === null ? name : `<a href="${escaped(home)}">${name}</a>`)
  );
}

/** RFC 8288, with the relation of RFC 4946; an address of the format `uri` (RFC 3986) holds nothing that would end it here. */
export const licenceLinks = (licenceUrl: string | null): string[] =>
  licenceUrl === null ? [] : [`<${licenceUrl}>; rel="license"`];
