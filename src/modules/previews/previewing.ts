// Answers a preview: the draft as it is now, built as publishing would build it this very moment. It writes nothing and counts no view.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { isPreviewToken, secretDigest } from '../access/secret.ts';
import { buildTexts } from '../articles/document.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import type { SparseArticle } from '../articles/schemas.ts';
import { pickFields } from '../articles/sparse.ts';
import { loadPublished } from '../articles/storing.ts';
import { loadSurroundings } from '../articles/surroundings.ts';
import { listPublishable } from '../desk/publishable.ts';
import { stateOf } from '../desk/publishing.ts';
import { findOpenPreview } from './queries.ts';

/** A hook: on refusals, too, no search engine is to keep an address that held a token. */
export async function unindexed(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('x-robots-tag', 'noindex');
}
export const robots = { 'X-Robots-Tag': { type: 'string', description: 'noindex' } } as const;

export interface Previewed {
  /** JSON text of the story. */
  data: string;
  locale: string;
  expiresAt: string;
}

/** @throws Problem not_found, and never says why: expired, revoked and made up are one */
export async function readPreview(db: Db, token: string, fields: string[] | undefined): Promise<Previewed> {
  const opened = isPreviewToken(token) ? await findOpenPreview(db, secretDigest(token)) : null;
  if (!opened) throw new Problem('not_found');
  const { articleId, locale, expiresAt } = opened;
  const [draft] = await listPublishable(db, [{ articleId, locale }]);
  if (!draft) throw new Problem('not_found');
  // What was never public is dated now; what was keeps its dates, as in a minor edit.
  const story = stateOf(draft, { updateType: 'minor' }, new Date(opened.now));
  // Other languages are named as the public knows them: this token is for one draft.
  const siblings = (await loadPublished(db, [articleId])).filter((sibling) => sibling.locale !== locale);
  const { document } = buildTexts(story, siblings, await loadSurroundings(db, [story]));
  const data = fields ? JSON.stringify(pickFields(JSON.parse(document) as SparseArticle, fields)) : document;
  return { data, locale, expiresAt };
}

/** Not through sendCacheable: nobody is to keep it, and an ETag would be of no use. */
export function sendPreview(reply: FastifyReply, self: string, { data, locale, expiresAt }: Previewed): FastifyReply {
  const meta = { requestedLocale: locale, locale, preview: true, expiresAt };
  return reply
    .headers({ 'content-language': locale, 'cache-control': 'private, no-store' })
    .type('application/json; charset=utf-8')
    .send(plainEnvelope(data, meta, { self }));
}
