// Says what a path of the front end leads to: a public story first, then what editors redirect, then stories that moved or ended, then terms.
import type { PublicDb } from '../../db/pipeline.ts';
import { urlOf } from '../articles/document.ts';
import { foldSlug } from '../articles/slugs.ts';
import { matchLocales } from '../site/queries.ts';
import { locationOf, matchAddress } from './addresses.ts';
import { encodePath, normalizePath } from './paths.ts';
import { findNamed, getContext, type Named, type PathContext } from './queries.ts';
import type { RedirectStatus, Resolution } from './schemas.ts';

/** The same for what never existed and for what is not public. */
const NOTHING: Resolution = { status: 404, location: null, article: null, term: null, notice: null };

/** In three statements at most. */
export async function resolvePath(db: PublicDb, given: string): Promise<Resolution> {
  const path = normalizePath(given);
  if (path === null) return NOTHING;
  const context = await getContext(db, path);
  const named = await findByPath(db, context, path);
  const { redirect } = context;
  if (!redirect || named?.story?.exact) return named ? toResolution(context, path, named) : NOTHING;
  return followRedirect(db, context, redirect);
}

/** Null where no story or term can stand there. */
async function findByPath(db: PublicDb, { template, locales }: PathContext, path: string): Promise<Named | null> {
  const address = matchAddress(template, path);
  if (!address) return null;
  const { locale, slug, id } = address;
  const tags = locale === null ? locales.map(({ tag }) => tag) : [...matchLocales(locales, [locale]).values()];
  if (tags.length === 0) return null;
  return findNamed(
    db,
    id,
    tags.map((tag) => ({ locale: tag, slug: slug === null ? null : foldSlug(slug, tag) })),
  );
}

/** @param status of a redirect that has led here */
function toResolution(
  { template }: PathContext,
  path: string | null,
  { story, term }: Named,
  status: RedirectStatus = 301,
): Resolution {
  if (story?.slug && story.kind) {
    const { id, locale, slug, kind } = story;
    const article = { id, locale, slug, kind };
    return { ...NOTHING, ...standing(template, path, { articleId: id, locale, slug }, status), article };
  }
  if (story) return { ...NOTHING, status: 410, notice: story.type === 'withdrawn' ? story.notice : null };
  if (!term) return NOTHING;
  const { noun, key, locale, slug } = term;
  return {
    ...NOTHING,
    ...standing(template, path, { articleId: '', locale, slug }, status),
    term: { noun, key, locale, slug },
  };
}

/** 200 at its own address, in whatever spelling; from anywhere else, a redirect to it. */
function standing(
  template: string,
  path: string | null,
  name: { articleId: string; locale: string; slug: string },
  status: RedirectStatus,
) {
  const location = locationOf(urlOf(name, template), template);
  const [own = ''] = location.replace(/^https?:\/\/[^/?#]+/i, '').split(/[?#]/, 1);
  return normalizePath(own) === path ? { status: 200 as const, location: null } : { status, location };
}

async function followRedirect(
  db: PublicDb,
  context: PathContext,
  { target, articleId, locale, status }: NonNullable<PathContext['redirect']>,
): Promise<Resolution> {
  if (status === 410) return { ...NOTHING, status };
  if (articleId !== null && locale !== null) {
    const named = await findNamed(db, articleId, [{ locale, slug: null }]);
    return toResolution(context, null, named, status);
  }
  if (target === null) return NOTHING;
  if (!target.startsWith('/')) return { ...NOTHING, status, location: target };
  // A story may have moved from there since the redirect was made.
  const named = await findByPath(db, context, target);
  const there = named ? toResolution(context, null, named, status) : NOTHING;
  return there.status === 404 ? { ...NOTHING, status, location: encodePath(target) } : there;
}
