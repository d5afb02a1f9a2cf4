// Says which story an address means: its page on the front end, now or before; its short address; itself in this API. It fetches nothing.
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import { literal, UUID } from '../../patterns.ts';
import { documentOf, readById, readBySlug } from '../articles/reading.ts';
import type { Article } from '../articles/schemas.ts';
import { idOfShortCode } from '../articles/short-codes.ts';
import { resolvePath } from '../redirects/resolving.ts';
import { getTemplates } from './queries.ts';

export interface FoundAt {
  /** As it is public. */
  document: Article;
  /** Whether it is found by its id: then nothing but a change of itself leads the address elsewhere. */
  isById: boolean;
}

const LOCALE = '[A-Za-z0-9-]{2,35}';
/** Or its print version, whose head names the card: WordPress asks for the address that was pasted, not for the one that it found there. */
const BY_ID = new RegExp(`^/v1/articles/(${UUID})(?:/print)?$`);
const BY_SLUG = new RegExp(`^/v1/articles/by-slug/(${LOCALE})/([^/]+)$`);
const SHORT = `(?<code>[A-Za-z0-9_-]{22})`;
const OWN_SHORT = new RegExp(`^/v1/s/(?<locale>${LOCALE})/${SHORT}$`);

/** @throws Problem not_found, gone: as the story itself is answered */
export async function getStoryAt(db: PublicDb, given: string, baseUrl: string): Promise<FoundAt> {
  const url = URL.parse(given);
  if (!url) throw new Problem('not_found');
  try {
    return (
      (await findInApi(db, url, baseUrl)) ??
      (await findByShort(db, url.href, (await getTemplates(db)).shortUrl)) ??
      (await getOnPage(db, url))
    );
  } catch (error) {
    // It names a parameter of the address, which is none of this request.
    throw error instanceof Problem && error.code === 'unknown_locale' ? new Problem('not_found') : error;
  }
}

async function findInApi(
  db: PublicDb,
  { href, pathname, searchParams }: URL,
  baseUrl: string,
): Promise<FoundAt | null> {
  const base = new URL(baseUrl);
  if (!href.startsWith(`${base.href.replace(/\/$/, '')}/`)) return null;
  const path = pathname.slice(base.pathname.replace(/\/$/, '').length);
  const [, id] = BY_ID.exec(path) ?? [];
  const locale = searchParams.get('locale') ?? undefined;
  if (id) return byId(db, id, locale);
  const [, given = '', slug] = BY_SLUG.exec(path) ?? [];
  if (slug) return bySlug(db, given, slug);
  const { code, locale: short } = OWN_SHORT.exec(path)?.groups ?? {};
  return code ? byId(db, idOfShortCode(code), short) : null;
}

async function findByShort(db: PublicDb, url: string, template: string | null): Promise<FoundAt | null> {
  if (!template) return null;
  // In the spelling of the address, in which placeholders would be encoded.
  const source = new URL(template.replace('{locale}', '0locale0').replace('{code}', '0code0')).href
    .split(/(0locale0|0code0)/)
    .map((part) => ({ '0locale0': `(?<locale>${LOCALE})`, '0code0': SHORT })[part] ?? literal(part))
    .join('');
  // Who shares an address puts parameters behind it.
  const { code, locale } =
    new RegExp(`^${source}${template.includes('?') ? '(?:[&#].*)?' : '/?(?:[?#].*)?'}$`).exec(url)?.groups ?? {};
  return code ? byId(db, idOfShortCode(code), locale) : null;
}

/** On whatever host the story itself stands: a page of another one has the same path at most. */
async function getOnPage(db: PublicDb, { host, pathname }: URL): Promise<FoundAt> {
  const { status, article } = await resolvePath(db, pathname);
  if (status === 410) throw new Problem('gone');
  if (!article) throw new Problem('not_found');
  const { document } = await byId(db, article.id, article.locale);
  if (new URL(document.url).host !== host) throw new Problem('not_found');
  return { document, isById: false };
}

async function byId(db: PublicDb, id: string, locale: string | undefined): Promise<FoundAt> {
  const found = await readById(db, id, locale === undefined ? {} : { locale });
  // What stands for it now leads elsewhere once it comes out again itself, which the other story does not tell.
  if ('movedTo' in found) return { ...(await byId(db, found.movedTo, found.locale)), isById: false };
  return { document: documentOf(found), isById: true };
}

async function bySlug(db: PublicDb, locale: string, slug: string): Promise<FoundAt> {
  const found = await readBySlug(db, locale, decoded(slug), {}, null);
  if ('movedTo' in found) return bySlug(db, found.locale, encodeURIComponent(found.movedTo));
  return { document: documentOf(found), isById: false };
}

function decoded(slug: string): string {
  try {
    return decodeURIComponent(slug).normalize('NFC');
  } catch {
    throw new Problem('not_found');
  }
}
