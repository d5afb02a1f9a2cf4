// Answers pages of entries and what has changed since; where there are none, why, in the words of the story itself.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { entriesGroup, storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { invalid, Problem } from '../../errors.ts';
import { linkHeader, linksOf, timeAndId, type Walk, walkFrom } from '../../paging.ts';
import type { PageLinks } from '../../schemas.ts';
import { type Moved, readById } from '../articles/reading.ts';
import { checkPlace, findPlace, placeOf } from './places.ts';
import { type Asked, changeJson, findEntryChanges, findEntryPage } from './queries.ts';
import type { EntryListQuery } from './schemas.ts';

/**
 * Finds by the locale as it is named, and only where that leads nowhere by what it may stand for.
 * @throws Problem not_found, gone, unknown_locale
 * @returns where the story that stands for it now is, for one that was withdrawn for another
 */
export async function inLocale<Found>(
  app: FastifyInstance,
  id: string,
  given: string | undefined,
  find: (asked: Asked) => Promise<Found | null>,
): Promise<Found | Moved> {
  const locale = given ?? null;
  const found = (await find({ locale, aliased: false })) ?? (given && (await find({ locale, aliased: true })));
  if (found) return found;
  const story = await readById(app.db.public, id, given === undefined ? {} : { locale: given });
  if ('movedTo' in story) return story;
  // A story of another kind has no entries.
  throw new Problem('not_found');
}

type ListRequest = FastifyRequest<{ Params: { id: string }; Querystring: Static<typeof EntryListQuery> }>;

export async function sendEntries(app: FastifyInstance, request: ListRequest, reply: FastifyReply, baseUrl: string) {
  const { after, cursor, key } = request.query;
  const articleId = request.params.id.toLowerCase();
  const url = baseUrl + request.url;
  if (after !== undefined && (cursor !== undefined || key))
    throw invalid({ parameter: cursor === undefined ? 'key' : 'cursor' }, 'does not go together with after');
  const list = after === undefined ? pageOf : changesOf;
  const found = await list(app, articleId, request.query, url);
  if ('movedTo' in found) {
    const { locale: given } = request.query;
    const search = new URLSearchParams(given === undefined ? {} : { locale: given });
    // Whoever has been led there before, and still asks here, goes on from there.
    if (after !== undefined && findPlace(await app.cursors(), found.movedTo, after)) search.append('after', after);
    const to = `${baseUrl}/v1/articles/${found.movedTo}/entries`;
    return reply.redirect(search.size > 0 ? `${to}?${search}` : to, 301);
  }
  const { locale, position, data, pinned, links } = found;
  const meta = { requestedLocale: request.query.locale ?? locale, locale, position };
  reply.header('content-language', locale).header('link', linkHeader(links));
  return sendCacheable(request, reply, {
    json: `{"data":${data},"pinned":${pinned},"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)}}`,
    groups: [storyGroup(articleId), entriesGroup(articleId, locale)],
    lifetime: 'list',
  });
}

interface Listed {
  locale: string;
  position: string;
  /** JSON arrays. */
  data: string;
  pinned: string;
  links: PageLinks;
}

async function pageOf(
  app: FastifyInstance,
  articleId: string,
  { locale: given, key = false, limit = 20, cursor }: Static<typeof EntryListQuery>,
  url: string,
): Promise<Listed | { movedTo: string }> {
  const cursors = await app.cursors();
  // The cursor is bound to the language that the request names, which decides about the rows.
  const walk: Walk = walkFrom(cursors, JSON.stringify(['entries', articleId, given ?? null, key]), cursor);
  const page = await inLocale(app, articleId, given, (asked) =>
    findEntryPage(app.db.public, articleId, asked, {
      keyOnly: key,
      after: timeAndId(walk),
      backward: walk.backward,
      limit,
    }),
  );
  if ('movedTo' in page) return page;
  const turned = { more: page.found > limit, first: rowOf(page.first), last: rowOf(page.last) };
  return {
    locale: page.locale,
    position: placeOf(cursors, articleId, page.locale, page.latest),
    data: page.items,
    pinned: page.pinned,
    links: linksOf(cursors, url, walk, turned),
  };
}

async function changesOf(
  app: FastifyInstance,
  articleId: string,
  { locale: given, after = '', limit = 20 }: Static<typeof EntryListQuery>,
  url: string,
): Promise<Listed | { movedTo: string }> {
  const cursors = await app.cursors();
  const place = findPlace(cursors, articleId, after);
  const found = await inLocale(app, articleId, given, (asked) =>
    findEntryChanges(app.db.public, articleId, asked, {
      after: place?.position ?? Number.MAX_SAFE_INTEGER,
      limit: limit + 1,
    }),
  );
  if ('movedTo' in found) return found;
  const since = checkPlace(place, found.locale, 'after');
  const changes = found.changes.slice(0, limit);
  const position = placeOf(cursors, articleId, found.locale, changes.at(-1)?.position ?? since.position);
  const next = new URL(url);
  next.searchParams.set('after', position);
  next.searchParams.sort();
  return {
    locale: found.locale,
    position,
    data: `[${changes.map(changeJson).join()}]`,
    pinned: '[]',
    links: { self: url, next: found.changes.length > limit ? next.href : null, prev: null },
  };
}

function rowOf(text: string | null): [number, string] | null {
  if (text === null) return null;
  const [at = '', id = ''] = text.split('/');
  return [Number(at), id];
}
