// Builds a front as it is now or will be at a time, with drafts that are pinned, for those who may see it before readers do. It writes
// nothing, and nobody is to keep it.
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { PublicDb } from '../../db/pipeline.ts';
import { invalid, Problem } from '../../errors.ts';
import { isPreviewToken, secretDigest } from '../access/secret.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import { textFor } from '../articles/sparse.ts';
import { checkParts } from '../fields/filtering.ts';
import { arrange, frontJson } from '../fronts/arranging.ts';
import { contentAfter } from '../fronts/content.ts';
import { type Found, fill } from '../fronts/filling.ts';
import { findFrontAt } from '../fronts/queries.ts';
import type { FrontPreviewQuery } from '../fronts/schemas.ts';
import { stepsOf } from '../fronts/steps.ts';
import { isFallbackAsked, readChain } from '../site/fallback.ts';
import { listPinnedDrafts, type PinnedDraft } from './pinning.ts';
import { findOpenFront } from './queries.ts';

type Databases = Pick<FastifyInstance, 'db'>;

export interface PreviewedFront {
  /** JSON text of the front. */
  data: string;
  /** Languages of its stories, best first. */
  languages: string[];
  meta: {
    requestedLocale: string;
    locale: string;
    preview: true;
    at: string;
    unpublished: Pick<PinnedDraft, 'id' | 'status'>[];
  };
}

/** @throws Problem not_found, unknown_locale, or validation_failed for a time that is over */
export async function previewFront(
  { db }: Databases,
  slug: string,
  { at, fields, ...asked }: FrontPreviewQuery,
): Promise<PreviewedFront> {
  await checkParts(db.public, fields);
  // With the rights of the desk: readers cannot see what is to come.
  const desk: Pick<PublicDb, 'query'> = {
    query: async ({ text }, values) => (await db.pool.query(text, [...values])).rows,
  };
  const present = await findFrontAt(desk, slug, asked, null);
  const time = at === undefined ? present.now : Date.parse(at.toUpperCase());
  // Changes that have taken effect are part of the front: what it was before them is not known any more.
  if (time < present.now) throw invalid({ parameter: 'at' }, 'must not be in the past', 'past');
  const definition = at === undefined ? present : await findFrontAt(desk, slug, asked, new Date(time).toISOString());
  const { front } = definition;
  const chain = readChain(asked, definition.languages);
  const [locale] = chain;
  if (!front) throw new Problem('not_found');
  const content = contentAfter(front, front.due);
  const steps = stepsOf(content.slots, definition, chain, time);
  const pinned = [...new Set(steps.flatMap(({ ids = [] }) => ids))];
  const drafts = new Map(
    (await listPinnedDrafts(db.desk, pinned, chain, new Date(present.now))).map((draft) => [draft.id, draft]),
  );
  const [text, isChained] = [textFor(fields), isFallbackAsked(asked)];
  const found = await fill(desk, steps, content.slots.length, chain, { text, isChained, also: [...drafts.keys()] });
  const draftOf = (story: Found) => (story.text === null ? drafts.get(story.id) : undefined);
  const shown = found.map((story) => {
    const draft = draftOf(story);
    if (!draft) return story;
    const own = draft[text];
    const told = isChained ? `${own.slice(0, -1)},"isFallback":${draft.locale !== locale}}` : own;
    return { ...story, locale: draft.locale, text: told };
  });
  return {
    data: frontJson({ ...content, slug }, arrange(content.slots, steps, shown, definition), definition.chain, fields),
    languages: chain.filter((tag) => shown.some((story) => story.locale === tag)),
    meta: {
      requestedLocale: asked.locale ?? locale,
      locale,
      preview: true,
      at: new Date(time).toISOString(),
      unpublished: found.flatMap((story) => {
        const draft = draftOf(story);
        return draft ? [{ id: draft.id, status: draft.status }] : [];
      }),
    },
  };
}

/**
 * For whoever holds a token. In which state of the desk a draft is, is not for guests.
 * @throws Problem as previewFront() does; not_found never says why: expired, revoked and made up are one, and nothing is looked at before
 */
export async function previewFrontBy(databases: Databases, token: string, query: FrontPreviewQuery) {
  const opened = isPreviewToken(token) ? await findOpenFront(databases.db.desk, secretDigest(token)) : null;
  if (!opened) throw new Problem('not_found');
  const { meta, ...shown } = await previewFront(databases, opened.slug, query);
  const unpublished = meta.unpublished.map(({ id }) => ({ id }));
  return { ...shown, meta: { ...meta, unpublished, expiresAt: opened.expiresAt } };
}

/** Not through sendCacheable: nobody is to keep it, and an ETag would be of no use. */
export function sendFrontPreview(
  reply: FastifyReply,
  self: string,
  { data, languages, meta }: Pick<PreviewedFront, 'data' | 'languages'> & { meta: { locale: string } },
): FastifyReply {
  return reply
    .headers({ 'content-language': languages.join(', ') || meta.locale, 'cache-control': 'private, no-store' })
    .type('application/json; charset=utf-8')
    .send(plainEnvelope(data, meta, { self }));
}
