// Answers a single public story, or why it is not there: other languages only, withdrawn, moved, never existed.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { sendCacheable } from '../../plugins/caching.ts';
import { envelope } from './envelope.ts';
import { loadInclusion } from './including.ts';
import {
  type Found,
  findArticle,
  findArticleBySlug,
  findRedirect,
  findTombstone,
  listTranslations,
} from './queries.ts';
import type { INCLUDES, SparseArticle } from './schemas.ts';
import { pickFields } from './sparse.ts';

export interface ReadQuery {
  locale?: string;
  fields?: string[];
  include?: (typeof INCLUDES)[number][];
}

export async function readById(db: PublicDb, id: string, query: ReadQuery) {
  const found = await findArticle(db, id, query.locale ?? null);
  if (found.locale === null) throw unknownLocale();
  if (found.document === undefined || found.document === null) throw await absence(db, { id }, found.locale);
  return { ...found, id } as Story;
}

/** @returns the slug to go to instead where the story has moved */
export async function readBySlug(
  db: PublicDb,
  locale: string,
  slug: string,
): Promise<Story | { movedTo: string; locale: string }> {
  const wanted = slug.normalize('NFC').toLowerCase();
  const found = await findArticleBySlug(db, locale, wanted);
  if (found.locale === null) throw new Problem('not_found');
  if (found.document && found.id) {
    return wanted === slug ? (found as Story) : { movedTo: wanted, locale: found.locale };
  }
  const movedTo = await findRedirect(db, found.locale, wanted);
  if (movedTo !== null) return { movedTo, locale: found.locale };
  throw await absence(db, { slug: wanted }, found.locale);
}

export type Story = Required<Found> & { id: string; locale: string };

/** The same 404 for what never existed and for what is not public; other languages are named only where they are public. */
async function absence(db: PublicDb, where: { id: string } | { slug: string }, locale: string): Promise<Problem> {
  const tombstone = await findTombstone(db, where, locale);
  if (tombstone) {
    return new Problem('gone', {
      detail: 'This story was withdrawn.',
      extra: { notice: tombstone.notice, withdrawnAt: tombstone.withdrawnAt.toISOString() },
    });
  }
  const translations = 'id' in where ? await listTranslations(db, where.id) : [];
  if (translations.length === 0) return new Problem('not_found');
  return new Problem('not_found', {
    detail: `This story is not public in ${locale}, but in other languages.`,
    extra: { translations: translations.map(({ modifiedAt: _, ...translation }) => translation) },
  });
}

export async function sendStory(
  db: PublicDb,
  request: FastifyRequest,
  reply: FastifyReply,
  self: string,
  story: Story,
  query: ReadQuery,
) {
  const { fields, include } = query;
  const inclusion = include ? await loadInclusion(db, [story.id], story.locale, include) : null;
  const data = fields
    ? JSON.stringify(pickFields(JSON.parse(story.document) as SparseArticle, fields))
    : story.document;
  const meta = { requestedLocale: query.locale ?? story.locale, locale: story.locale };
  reply.header('content-language', story.locale);
  const included = inclusion?.included;
  return sendCacheable(request, reply, {
    ...envelope(data, inclusion, meta, { self }),
    // Terms that come along change without the story, whose time would then answer 304 for them.
    ...(!included && { lastModified: story.modifiedAt }),
    // The stored digest is that of the whole document; what was cut or added makes another representation.
    ...(!included && !fields && { etag: story.etag }),
  });
}
