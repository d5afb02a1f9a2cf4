// Turns the parameters of a search into what its SQL asks for: words per language, marks, and how far back to look. It asks nothing itself.
import { invalid } from '../../errors.ts';
import type { Resolved } from '../articles/listing.ts';
import { boundsOf } from '../articles/paging.ts';
import type { ArticleListQuery } from '../articles/schemas.ts';
import type { Entitlements } from '../partners/entitlements.ts';
import type { Search, Sought } from './hits.ts';
import { configurationOf } from './languages.ts';
import { anyOf, mark, quoted } from './marks.ts';
import { type Asked, hasPhrase, markedBy, parse, termTexts, wordsIn } from './parsing.ts';
import { MOST_WORDS, type SearchQuery } from './schemas.ts';
import { foldingOf } from './words.ts';

/** What no story is marked with. */
const NOWHERE = anyOf([' -']);

/** @returns for each locale what is asked in its spelling. @throws Problem validation_failed for too many words */
export function parseIn(q: string, locales: readonly string[]): ReadonlyMap<string, Asked> {
  const asked = new Map(locales.map((locale) => [locale, parse(q, locale)]));
  if ([...asked.values()].some((one) => wordsIn(one).length > MOST_WORDS))
    throw invalid({ parameter: 'q' }, `has more than ${MOST_WORDS} words`, 'too_many_words');
  return asked;
}

/** The parameters that a search has in common with a list. */
export const asList = (query: SearchQuery): ArticleListQuery => ({ ...query, sort: '-publishedAt' });

/** Null where nothing is asked for: no word, or none that has to be there. */
export function searchOf(query: SearchQuery, resolved: Resolved, asked: ReadonlyMap<string, Asked>): Search | null {
  const { chain: locales } = resolved;
  const headsOnly = resolved.entitled?.fullText === false;
  const sought = locales.flatMap((locale, at) =>
    soughtIn(locale, { better: locales.slice(0, at), alone: locales.length === 1 }, asked.get(locale) ?? [], headsOnly),
  );
  if (sought.length === 0) return null;
  const folding = foldingOf(
    sought.flatMap(({ terms, words }) => [...terms.flat().map(({ text }) => text), words]),
    locales,
  );
  return {
    sought,
    ...folding,
    filter: filterOf(resolved),
    kinds: resolved.kinds,
    bounds: boundsOf(asList(query)),
    hasPhrase: locales.some((locale) => hasPhrase(asked.get(locale) ?? [])),
    headsOnly,
    hasBeginnings: sought.some(({ loose }) => loose.flat().some(({ text }) => text.includes(':*'))),
  };
}

interface Rank {
  /** Locales in which a story is read rather than in this one. */
  better: readonly string[];
  alone: boolean;
}
function soughtIn(locale: string, { better, alone }: Rank, asked: Asked, heads: boolean): Sought[] {
  if (asked.length === 0) return [];
  const configuration = configurationOf(locale);
  const stemmed = configuration !== 'simple';
  const { words, prefixes } = markedBy(asked, locale, stemmed);
  const scope = [quoted(mark.locale(locale)), ...better.map((tag) => `!${quoted(mark.sibling(tag))}`)].join(' & ');
  return [
    {
      locale,
      configuration,
      terms: termTexts(asked, locale, { stemmed, inOrder: true, heads }),
      loose: termTexts(asked, locale, { stemmed, inOrder: false, heads }),
      exact: stemmed,
      scope,
      alone,
      words: words.join(' '),
      prefixes,
    },
  ];
}

const anyMark = <T>(make: (value: T) => string, values: readonly T[] | null): string[] =>
  values === null ? [] : [values.length > 0 ? anyOf(values.map(make)) : NOWHERE];

/** For what a partner may have: a story has one mark of each. */
export const entitledMarks = (entitled: Entitlements | null): string[] => [
  ...anyMark(mark.region, entitled?.regionIds ?? null),
  ...anyMark(mark.tag, entitled?.tagIds ?? null),
  ...anyMark(mark.kind, entitled?.kinds ?? null),
];

function filterOf(resolved: Resolved): string | null {
  const { kinds, regionIds, countryRegionIds, tagIds, allTagIds, contributorIds, extra, entitled } = resolved;
  const marks = [
    ...anyMark(mark.kind, kinds),
    ...anyMark(mark.region, regionIds),
    ...anyMark(mark.region, countryRegionIds),
    ...anyMark(mark.tag, tagIds),
    ...(allTagIds ?? []).map((id) => quoted(mark.tag(id))),
    ...anyMark(mark.contributor, contributorIds),
    ...entitledMarks(entitled),
    ...extra.flatMap(({ fieldId, values }) => anyMark((value: string) => mark.extra({ fieldId, value }), values)),
  ];
  return marks.length > 0 ? marks.join(' & ') : null;
}
