// Shows a front to the desk before readers see it: as it is now or will be at a time, with drafts that are pinned. It is kept by nobody.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { PublicDb } from '../../db/pipeline.ts';
import { invalid, Problem } from '../../errors.ts';
import { answer, keyed, problems } from '../../responses.ts';
import { textFor } from '../articles/sparse.ts';
import { checkParts } from '../fields/filtering.ts';
import { arrange, frontJson } from '../fronts/arranging.ts';
import { contentAfter } from '../fronts/content.ts';
import * as examples from '../fronts/examples.ts';
import { fill } from '../fronts/filling.ts';
import { findFrontAt } from '../fronts/queries.ts';
import { FrontParams, FrontPreviewAnswer, FrontPreviewQuery } from '../fronts/schemas.ts';
import { stepsOf } from '../fronts/steps.ts';
import { readChain } from '../site/fallback.ts';
import { listPinnedDrafts } from './pinning.ts';

interface Wanted {
  slug: string;
  locale?: string;
  at?: string;
  fields?: string[];
}

export const frontPreviewRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.get(
    '/fronts/:slug/preview',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'previewFront',
        tags: ['Fronts'],
        summary: 'Look at a front as readers will see it',
        description:
          'Now, or at a time to come, by what is set to change until then; also one that is not public. Drafts that are pinned are shown as if they were published now, and named in `meta.unpublished`; what is automatic holds the stories that are public now.',
        params: FrontParams,
        querystring: FrontPreviewQuery,
        security: keyed,
        response: {
          200: answer(FrontPreviewAnswer, {
            data: examples.front.data,
            meta: {
              requestedLocale: 'en',
              locale: 'en',
              preview: true,
              at: '2026-06-07T18:00:00.000Z',
              unpublished: [{ id: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', status: 'scheduled' }],
            },
            links: { self: 'http://localhost:3000/v1/desk/fronts/home/preview?at=2026-06-07T18%3A00%3A00Z' },
          }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const shown = await previewFront(app, { ...request.params, ...request.query });
      return sendFrontPreview(reply, baseUrl + request.url, shown);
    },
  );
};

function sendFrontPreview(
  reply: FastifyReply,
  self: string,
  { data, meta }: Awaited<ReturnType<typeof previewFront>>,
): FastifyReply {
  return reply
    .header('content-language', meta.locale)
    .type('application/json; charset=utf-8')
    .send(`{"data":${data},"meta":${JSON.stringify(meta)},"links":${JSON.stringify({ self })}}`);
}

/** @throws Problem not_found, unknown_locale, or validation_failed for a time that is over */
async function previewFront({ db }: Pick<FastifyInstance, 'db'>, { slug, locale: requested, at, fields }: Wanted) {
  await checkParts(db.public, fields);
  const asked = requested === undefined ? {} : { locale: requested };
  // With the rights of the desk: readers cannot see what is to come.
  const desk: Pick<PublicDb, 'query'> = {
    query: async ({ text }, values) => (await db.pool.query(text, [...values])).rows,
  };
  const present = await findFrontAt(desk, slug, asked, null);
  const time = at === undefined ? present.now : Date.parse(at.toUpperCase());
  // Changes that have taken effect are part of the front: what it was before them is not known any more.
  if (time < present.now) throw invalid({ parameter: 'at' }, 'must not be in the past', 'past');
  const definition = at === undefined ? present : await findFrontAt(desk, slug, asked, new Date(time).toISOString());
  const { front, chain } = definition;
  const [locale] = readChain(asked, definition.languages);
  if (!front) throw new Problem('not_found');
  const content = contentAfter(front, front.due);
  const steps = stepsOf(content.slots, definition, [locale], time);
  const pinned = [...new Set(steps.flatMap(({ ids = [] }) => ids))];
  const drafts = new Map(
    (await listPinnedDrafts(db.desk, pinned, locale, new Date(present.now))).map((draft) => [draft.id, draft]),
  );
  const text = textFor(fields);
  const found = await fill(desk, steps, content.slots.length, [locale], { text, also: [...drafts.keys()] });
  const shown = found.map((story) => ({ ...story, text: story.text ?? drafts.get(story.id)?.[text] ?? null }));
  const slots = arrange(content.slots, steps, shown, definition);
  const unpublished = found.flatMap(({ id, text }) => {
    const draft = text === null ? drafts.get(id) : undefined;
    return draft ? [{ id, status: draft.status }] : [];
  });
  return {
    data: frontJson({ ...content, slug: front.slug }, slots, chain, fields),
    meta: {
      requestedLocale: requested ?? locale,
      locale,
      preview: true,
      at: new Date(time).toISOString(),
      unpublished,
    },
  };
}
