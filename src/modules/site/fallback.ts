// Resolves in which languages a reader will take a story: the one asked for, then those of `fallback`. It picks no story.
import { documented, given } from '../../conditions.ts';
import { invalid, Problem, type ProblemDetail, unknownLocale } from '../../errors.ts';
import { Locale, list } from '../../schemas.ts';
import { LOCALE_OF } from './queries.ts';

/** The query parameter, which stands beside `locale`. */
export const Fallback = list(Locale, {
  default: ['none'],
  ...documented({ uniqueItems: true, ...given({ contains: { enum: ['none', 'site'] } }, { maxItems: 1 }) }),
  description:
    'In which languages a story is taken that is not public in `locale`, best first: `none`, or `site` for those that the newsroom has set for `locale` and its default one, or tags and aliases. Each story comes once, in the first of them in which it is public; filters, order and count go by that text',
});

export interface Languages {
  locale?: string;
  fallback?: readonly string[];
}
/** Best first: the language asked for, then its fallbacks, each once. */
export type Chain = readonly [string, ...string[]];

/** SQL text[]: the locales to try for a reader of `locale` (an SQL expression of type text), best first. */
export const localeChain = (locale: string) =>
  `(select l.tag || l.fallback || s.default_locale from locales l, site s where l.tag = ${locale})`;

/** Whether readers ask for anything but the one language. */
export const isFallbackAsked = ({ fallback = ['none'] }: Languages): boolean => fallback.join() !== 'none';

/** Two values for languagesOf(). */
export const languageValues = (given: Languages): [string | null, readonly string[] | null] => [
  given.locale ?? null,
  isFallbackAsked(given) ? (given.fallback ?? null) : null,
];

/**
 * SQL text[] for readChain(), of the two values of languageValues() at `locale` and `names`, such as $1 and $2. OFFSET 0, since
 * the planner would else put the whole search for the locale into each place where it is used.
 */
export const languagesOf = (locale: string, names: string) => `(
  select case when ${names}::text[] = '{site}' then ${localeChain('wanted.tag')}
    else wanted.tag || coalesce((select array_agg(${LOCALE_OF('x.given')} order by place) from unnest(${names}::text[]) with ordinality x(given, place)), '{}')
  end as tags from (select ${LOCALE_OF(locale)} as tag offset 0) wanted)`;

/**
 * @param tags of languagesOf(): null where a name is none of the newsroom
 * @throws Problem unknown_locale or validation_failed, naming the parameter
 */
export function readChain(given: Languages, tags: readonly (string | null)[] | null): Chain {
  const [locale, ...others] = tags ?? [];
  if (!locale) throw unknownLocale();
  const names = given.fallback ?? [];
  if (names.length > 1 && names.some((name) => name === 'none' || name === 'site')) {
    throw invalid({ parameter: 'fallback' }, 'none and site stand alone, without other values');
  }
  if (!isFallbackAsked(given)) return [locale];
  // The one that was asked for may be named again, so that a front end can send the same list in every language.
  if (names[0] === 'site') return unique(locale, others as string[]);
  const unknown = names.filter((_, at) => !others[at]);
  if (unknown.length > 0) throw new Problem('unknown_locale', { errors: unknown.map(isUnknown) });
  const repeated = names.find((_, at) => others.indexOf(others[at] ?? null) !== at);
  if (repeated) throw invalid({ parameter: 'fallback' }, `${repeated} is given more than once`, 'repeated');
  return unique(locale, others as string[]);
}

const unique = (first: string, others: string[]): Chain => [first, ...new Set(others.filter((tag) => tag !== first))];

const isUnknown = (name: string): ProblemDetail => ({
  parameter: 'fallback',
  code: 'unknown',
  message: `${name} is no locale or alias of this newsroom; see /v1/locales`,
});
