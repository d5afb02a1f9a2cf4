// Answers a single public story, or why it is not there: other languages only, withdrawn, moved, never existed.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { listGroups, storyGroup } from '../../caching/groups.ts';
import { digest, sendCacheable } from '../../caching/sending.ts';
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { findRelated } from '../around/queries.ts';
import { checkParts } from '../fields/filtering.ts';
import { cardLinks } from '../oembed/discovery.ts';
import { requireEntitled, requireWasEntitled } from '../partners/admitting.ts';
import { cutTo, type Entitlements, entitlementsOf, localeNotEntitled, notEntitled } from '../partners/entitlements.ts';
import { noteTaken } from '../partners/noting.ts';
import { getSiteFace } from '../site/face.ts';
import { isFallbackAsked, readChain } from '../site/fallback.ts';
import { narrowedTo, versionHeader } from './alternates.ts';
import { envelope, type Moving } from './envelope.ts';
import { type Inclusion, includedGroups, loadInclusion } from './including.ts';
import {
  type Fate,
  type Found,
  findArticle,
  findArticleBySlug,
  findArticleInAny,
  findFate,
  listTranslations,
  type TranslationRow,
  translationOf,
} from './queries.ts';
import { licenceLinks } from './rights.ts';
import type { Article, STORY_INCLUDES } from './schemas.ts';
import { seoOf } from './seo.ts';
import { foldSlug } from './slugs.ts';
import { pickFields } from './sparse.ts';

export interface ReadQuery {
  locale?: string;
  fallback?: string[];
  fields?: string[];
  include?: (typeof STORY_INCLUDES)[number][];
}

export type Story = Omit<Required<Found>, 'link'> & {
  id: string;
  link: string;
  locale: string;
  /** The language that was asked for. */
  wanted: string;
};
/** For whoever has to look into it. */
export const documentOf = ({ document }: Pick<Story, 'document'>) => JSON.parse(String(document)) as Article;
/** A story that stands elsewhere now; by its id where it was asked for by id. */
export type Moved = { movedTo: string; locale: string };

/** @param partner who asks, if it is one. @throws Problem not_found, gone, unknown_locale, not_entitled */
export async function readById(
  db: PublicDb,
  id: string,
  query: ReadQuery,
  partner: Entitlements | null = null,
): Promise<Story | Moved> {
  refuseRelated(query, partner);
  const { found, wanted } = await findStory(db, id, query, partner?.locales ?? null);
  if (found.document) return within(db, { ...found, id, wanted } as Story, partner);
  if (partner?.locales && !partner.locales.includes(wanted)) throw localeNotEntitled(wanted, partner.locales);
  const fate = await findFate(db, { id }, wanted);
  await checkFate(db, fate, wanted, partner);
  if (fate.slug !== null && fate.id !== null) return { movedTo: fate.id, locale: wanted };
  const translations = await listTranslations(db, id);
  throw absence(
    fate,
    wanted,
    translations.filter(({ locale }) => partner?.locales?.includes(locale) ?? true),
  );
}

function refuseRelated({ include }: ReadQuery, partner: Entitlements | null): void {
  if (partner && include?.includes('related'))
    throw notEntitled('Related stories are not narrowed to yours.', 'include');
}

/** What a partner gets of a story, the languages that it names included; all others get all of it. */
async function within(
  db: PublicDb,
  found: Omit<Story, 'link'> & Pick<Found, 'link'>,
  partner: Entitlements | null,
): Promise<Story> {
  const link = found.link ?? (await makeLink(db, found));
  if (!partner) return { ...found, link };
  await requireEntitled(db, found, partner);
  const document = JSON.stringify(cutTo(documentOf(found), partner));
  return { ...found, document, link: narrowedTo(partner.locales, link), etag: digest(document) };
}

/** Of a text from before there was a stored one. */
const makeLink = async (db: PublicDb, story: Pick<Story, 'document' | 'locale'>): Promise<string> =>
  versionHeader(documentOf(story), await getSiteFace(db, story.locale)).join(', ');

/** A fallback goes before what became of the story in the language asked for, as it does in lists. */
async function findStory(
  db: PublicDb,
  id: string,
  query: ReadQuery,
  open: readonly string[] | null,
): Promise<{ found: Found; wanted: string }> {
  if (isFallbackAsked(query)) {
    const { tags, ...found } = await findArticleInAny(db, id, query, open);
    const [wanted] = readChain(query, tags);
    return { found, wanted };
  }
  const found = await findArticle(db, id, query.locale ?? null);
  if (found.locale === null) throw unknownLocale();
  return { found, wanted: found.locale };
}

export async function readBySlug(
  db: PublicDb,
  given: string,
  slug: string,
  query: ReadQuery,
  partner: Entitlements | null,
): Promise<Story | Moved> {
  refuseRelated(query, partner);
  let wanted = foldSlug(slug, given);
  let found = await findArticleBySlug(db, given, wanted);
  const { locale } = found;
  if (locale === null) throw new Problem('not_found');
  // An alias need not be a tag of the language whose letters count.
  if (wanted !== foldSlug(slug, locale)) {
    wanted = foldSlug(slug, locale);
    found = await findArticleBySlug(db, locale, wanted);
  }
  if (found.document && found.id)
    return wanted === slug ? within(db, { ...found, wanted: locale } as Story, partner) : { movedTo: wanted, locale };
  const fate = await findFate(db, { slug: wanted }, locale);
  await checkFate(db, fate, locale, partner);
  if (fate.slug !== null) return { movedTo: fate.slug, locale };
  throw absence(fate, locale, []);
}

/** A partner is led to no story, and told of the end of none, that it may not have. @throws Problem not_entitled, not_found */
async function checkFate(
  db: PublicDb,
  { id, slug, type }: Fate,
  locale: string,
  partner: Entitlements | null,
): Promise<void> {
  if (!partner || id === null) return;
  if (slug !== null) await requireEntitled(db, { id, locale }, partner);
  else if (type !== null) await requireWasEntitled(db, { id, locale }, partner);
}

/** The same 404 for what never existed and for what is not public; other languages are named only where they are public. */
function absence({ type, notice, withdrawnAt }: Fate, locale: string, translations: TranslationRow[]): Problem {
  if (type === 'gone') return new Problem('gone');
  if (type === 'withdrawn') {
    return new Problem('gone', {
      detail: 'This story was withdrawn.',
      extra: { notice, withdrawnAt: withdrawnAt?.toISOString() },
    });
  }
  if (translations.length === 0) return new Problem('not_found');
  return new Problem('not_found', {
    detail: `This story is not public in ${locale}, but in other languages.`,
    extra: { translations: translations.map(translationOf) },
  });
}

export async function sendStory(
  db: PublicDb,
  request: FastifyRequest,
  reply: FastifyReply,
  { baseUrl, story, query }: { baseUrl: string; story: Story; query: ReadQuery },
) {
  const { fields, include } = query;
  if (fields) await checkParts(db, fields);
  const [inclusion, related] = await Promise.all([
    include ? loadInclusion(db, [story.id], story.wanted, include, [story.locale]) : null,
    include?.includes('related') ? findRelated(db, story.id, story.locale, RELATED) : null,
  ]);
  const whole = fields || inclusion?.seo ? documentOf(story) : null;
  const data = fields && whole ? JSON.stringify(pickFields(whole, fields)) : story.document;
  const seo = whole && inclusion?.seo ? seoBlock(whole, inclusion.seo) : undefined;
  const { locale, wanted } = story;
  const meta = { requestedLocale: query.locale ?? wanted, locale, isFallback: locale !== wanted };
  reply
    .header('content-language', locale)
    // One line of it is parsed by caches and written by this server faster than one for each (RFC 9110 section 5.3).
    .header('link', [story.link, ...cardLinks(baseUrl, story), ...licenceLinks(story.licenceUrl)].join(', '));
  // Terms and the site that come along change without the story, whose time would then answer 304 for them; and what takes the
  // place of a language that is not public any more may be older than it was.
  const isAlone = !inclusion?.included && !related && !seo && !isFallbackAsked(query);
  const answer = sendCacheable(request, reply, {
    ...envelope(data, inclusion, meta, { self: baseUrl + request.url }, { seo, related: related?.items }),
    ...(isAlone && { lastModified: story.modifiedAt }),
    // The stored digest is that of the whole document; what was cut or added makes another representation.
    ...(isAlone && !fields && { etag: story.etag }),
    groups: [storyGroup(story.id.toLowerCase()), ...includedGroups(include), ...(related ? listGroups(locale) : [])],
    isKept: !inclusion?.views,
    // The views in it are as fresh as elsewhere.
    ...(seo && { freshFor: VIEWS_FRESH }),
  });
  if (entitlementsOf(request)?.fullText) noteTaken(request, reply, 'article', [{ articleId: story.id, locale }]);
  return answer;
}

/** Stories that come along. */
const RELATED = 6;
/** Milliseconds. */
const VIEWS_FRESH = 15_000;

const seoBlock = (story: Article, { site, views }: NonNullable<Inclusion['seo']>): Moving => ({
  still: JSON.stringify(seoOf(story, site, null)),
  moving: JSON.stringify(seoOf(story, site, views)),
});
