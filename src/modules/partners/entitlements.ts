// What a partner may have, and how lists and stories are cut to it. Whatever it does not name stays out; it asks no database.
import { Problem, type ProblemDetail } from '../../errors.ts';
import type { Kind } from '../articles/kinds.ts';
import type { SparseArticle } from '../articles/schemas.ts';
import type { Chain } from '../site/fallback.ts';

export interface Entitlements {
  /** Null: all, here as below. */
  locales: readonly string[] | null;
  /** With what lies in them. */
  regionIds: readonly string[] | null;
  tagIds: readonly string[] | null;
  kinds: readonly Kind[] | null;
  /** Else summaries alone. */
  fullText: boolean;
  /** May republish what other partners may not yet. */
  embargoed: boolean;
}
export interface Partner extends Entitlements {
  id: string;
  code: string;
  perMinute: number;
  perDay: number;
}

/** Of the partner whose key came with the request; null for everybody else, who is not narrowed. */
export const entitlementsOf = ({ actor }: { actor: { partner?: Partner | null } | null }): Partner | null =>
  actor?.partner ?? null;

export function notEntitled(detail: string, parameter?: string): Problem {
  const errors: ProblemDetail[] = parameter === undefined ? [] : [{ parameter, code: 'not_entitled', message: detail }];
  return new Problem('not_entitled', { detail, ...(errors.length > 0 && { errors }) });
}

export const localeNotEntitled = (locale: string, yours: readonly string[], parameter = 'locale'): Problem =>
  notEntitled(`Yours are ${yours.join(', ')}, and not ${locale}.`, parameter);

/** What is asked for by name, where it can be told without looking at stories. @throws Problem not_entitled */
export function checkAsked(given: { kind?: readonly Kind[] }, [locale]: Chain, entitled: Entitlements): void {
  if (entitled.locales && !entitled.locales.includes(locale)) throw localeNotEntitled(locale, entitled.locales);
  const kind = given.kind?.find((one) => entitled.kinds && !entitled.kinds.includes(one));
  if (kind) throw notEntitled(`Stories of the kind ${kind} are not among yours.`, 'kind');
}

/** @throws Problem not_entitled for whoever gets summaries alone */
export function requireTexts(partner: Partner | null): void {
  if (partner?.fullText === false) throw notEntitled('Yours are summaries, and no texts.');
}

/** The languages of the chain that the partner may have; the first was checked. */
export const entitledChain = ([first, ...others]: Chain, { locales }: Entitlements): Chain => [
  first,
  ...others.filter((locale) => locales?.includes(locale) ?? true),
];

/** What a story has to be made of, one of each list: the ends of names as caching/groups.ts makes them, behind the language. */
export const reachOf = ({ regionIds, tagIds, kinds }: Entitlements): string[][] =>
  Object.entries({ region: regionIds, tag: tagIds, kind: kinds }).flatMap(([facet, values]) =>
    values ? [values.map((value) => `${facet}/${value}`)] : [],
  );

/** Two that are alike have the same; a copy made under another one holds what it should not, or lacks what it should hold. */
export const termsOf = ({ locales, regionIds, tagIds, kinds, fullText }: Entitlements): string =>
  JSON.stringify([...[locales, regionIds, tagIds, kinds].map((names) => names?.toSorted() ?? null), fullText]);

/** Without what the partner may not have of a story that it may have: names of other languages, the text and what is made of it. */
export function cutTo<Story extends SparseArticle>(story: Story, { locales, fullText }: Entitlements): Story {
  const isOpen = (locale: string) => locales?.includes(locale) ?? true;
  const { translations, originalLocale } = story;
  return {
    ...story,
    ...(translations && { translations: translations.filter(({ locale }) => isOpen(locale)) }),
    ...(originalLocale && { originalLocale: isOpen(originalLocale) ? originalLocale : null }),
    ...(!fullText && story.body && { body: {} }),
    ...(!fullText && story.toc && { toc: [] }),
    ...(!fullText && story.links && { links: [] }),
  };
}
