// Rules of redirects that a JSON Schema cannot say: which paths and targets there may be. It writes nothing.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail, unknownLocale } from '../../errors.ts';
import { foldSlug } from '../articles/slugs.ts';
import { getSite, listLocales, matchLocales } from '../site/queries.ts';
import type { DeskLocale } from '../site/schemas.ts';
import { matchAddress, originOf } from './addresses.ts';
import { normalizePath } from './paths.ts';
import type { Place } from './placing.ts';
import { findLive, type StoryName } from './queries.ts';
import type { RedirectStatus } from './schemas.ts';

export interface GivenRedirect {
  id: string;
  path: string;
  target: string | null;
  story: { articleId: string; locale: string } | null;
  status: RedirectStatus;
  /** To the redirect in the request. */
  pointer: string;
}

/** @throws Problem validation_failed, unknown_locale, unknown_reference, or conflict for a path that a public story has */
export async function checkRedirects(tx: Db, given: GivenRedirect[]): Promise<Place[]> {
  const [{ articleUrl, baseUrl }, locales] = [await getSite(tx), await listLocales(tx)];
  const origins = new Set([new URL(baseUrl).origin, originOf(articleUrl)]);
  const places = given.map((one) => {
    const story = one.story && { ...one.story, articleId: one.story.articleId.toLowerCase() };
    checkEnds(one);
    const locale = story && localeOf(locales, story.locale, `${one.pointer}/story/locale`);
    return {
      id: one.id,
      path: pathOf(one.path, `${one.pointer}/path`),
      target: one.target === null ? null : targetOf(one.target, origins, `${one.pointer}/target`),
      articleId: story?.articleId ?? null,
      locale,
      status: one.status,
    };
  });
  await refuseLive(tx, articleUrl, locales, places, given);
  await requireStories(tx, places, given);
  return places;
}

function checkEnds({ target, story, status, pointer }: GivenRedirect): void {
  const ends = [target, story].filter((end) => end !== null).length;
  if (status === 410 && ends > 0)
    throw invalid({ pointer: `${pointer}/status` }, 'leads nowhere with 410', 'ambiguous');
  if (status !== 410 && ends !== 1)
    throw invalid({ pointer }, 'must have exactly one of target and story', 'ambiguous');
}

function localeOf(locales: readonly DeskLocale[], given: string, pointer: string): string {
  const tag = matchLocales(locales, [given]).get(given);
  if (tag) return tag;
  throw unknownLocale({ pointer }, `${given} is no locale of this newsroom`);
}

function pathOf(given: string, pointer: string): string {
  const path = normalizePath(given);
  if (path !== null) return path;
  const message =
    'must be a path of at most 500 characters without empty, . or .. segments, encoded slashes, backslashes or control characters';
  throw invalid({ pointer }, message, 'ill_formed');
}

/** A redirect to another host is what an editor wrote out, scheme and host; our own host is a path, so that loops are seen. */
function targetOf(given: string, origins: ReadonlySet<string | null>, pointer: string): string {
  if (given.startsWith('/')) return pathOf(given, pointer);
  const url = /[\s\\\p{Cc}]/u.test(given) ? null : URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.href.length > 2000)
    throw invalid({ pointer }, 'must be a path or an absolute http or https URL without credentials', 'ill_formed');
  if (!origins.has(url.origin)) return url.href;
  if (url.search || url.hash)
    throw invalid(
      { pointer },
      'is an address of this site: only a path can lead there, without query or fragment',
      'own',
    );
  return pathOf(url.pathname, pointer);
}

async function refuseLive(
  tx: Db,
  template: string,
  locales: readonly DeskLocale[],
  places: Place[],
  given: GivenRedirect[],
): Promise<void> {
  const paths = places.map(({ path }) => path);
  const errors = (await listLive(tx, template, locales, paths)).map((index): ProblemDetail => {
    return { pointer: `${given[index]?.pointer}/path`, code: 'live', message: 'is the address of a public story' };
  });
  if (errors.length > 0) throw new Problem('conflict', { errors: errors.slice(0, 20) });
}

/** @returns the places in the list of those paths that a public story has for its own */
export async function listLive(
  tx: Db,
  template: string,
  locales: readonly DeskLocale[],
  paths: string[],
): Promise<number[]> {
  const names = paths.flatMap((path, index): (StoryName & { index: number })[] => {
    const address = matchAddress(template, path);
    if (!address) return [];
    const { locale, slug, id } = address;
    const tags = locale === null ? locales.map(({ tag }) => tag) : [...matchLocales(locales, [locale]).values()];
    return tags.map((tag) => ({ locale: tag, slug: slug === null ? null : foldSlug(slug, tag), id, index }));
  });
  const live = await findLive(tx, names);
  return [...new Set(names.flatMap(({ index }, at) => (live.has(at) ? [index] : [])))];
}

async function requireStories(tx: Db, places: Place[], given: GivenRedirect[]): Promise<void> {
  const stories = places.flatMap(({ articleId, locale }, index) =>
    articleId !== null && locale !== null ? [{ id: articleId, locale, slug: null, index }] : [],
  );
  const live = await findLive(tx, stories);
  const errors = stories.flatMap(({ index }, at): ProblemDetail[] =>
    live.has(at)
      ? []
      : [
          {
            pointer: `${given[index]?.pointer}/story/articleId`,
            code: 'not_public',
            message: 'is no story that is public in this locale',
          },
        ],
  );
  if (errors.length > 0) throw new Problem('unknown_reference', { errors: errors.slice(0, 20) });
}
