// Desk routes that take files to import, tell how far they are, and cancel them. The work itself is done by jobs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem, unknownLocale } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, empty, keyed, problems, writeProblems } from '../../responses.ts';
import { checkUnlimited } from '../access/limits.ts';
import { insertAudit } from '../audit/queries.ts';
import * as examples from './examples.ts';
import {
  ImportAnswer,
  ImportFile,
  type ImportJob,
  type ImportOptions,
  ImportParams,
  ImportQuery,
} from './job-schemas.ts';
import { MAX_FILE_BYTES, receiveFile } from './receiving.ts';
import { importJobs, importParts } from './tables.ts';
import { findPlaces } from './terms.ts';

const EXAMPLES: Record<string, string> = {
  'application/x-ndjson': '{"externalId": "legacy:101", "locale": "en", "title": "Night ferry", "body": ["It sails."]}',
  'application/json': '{"db": [{"data": {"posts": []}}]}',
  'application/feed+json': '{"version": "https://jsonfeed.org/version/1.1", "title": "Tides", "items": []}',
  'application/xml': '<rss version="2.0"><channel/></rss>',
  'application/rss+xml': '<rss version="2.0"><channel/></rss>',
  'application/atom+xml': '<feed xmlns="http://www.w3.org/2005/Atom"/>',
};
const MEDIA_TYPES = Object.keys(EXAMPLES);
const FILES = Object.fromEntries(
  Object.entries(EXAMPLES).map(([type, example]) => [type, { schema: { ...ImportFile, examples: [example] } }]),
);

/** @throws Problem unknown_locale for what is none here and cannot become one */
async function checkLocale(db: Db, { locale, strict = false }: ImportOptions): Promise<void> {
  if (locale !== undefined && !(await findPlaces(db, [locale], strict)).has(locale)) throw unknownLocale();
}

async function getJob(db: Db, id: string): Promise<ImportJob> {
  const [row] = await db.select().from(importJobs).where(eq(importJobs.id, id));
  if (!row) throw new Problem('not_found');
  const { userId: _user, keyId: _key, updatedAt: _updated, createdAt, finishedAt, ...job } = row;
  return { ...job, createdAt: createdAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null };
}

export const importRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'imports:write' } as const;
  const tags = ['Import and export'];
  const pathOf = (id: string) => `${baseUrl}/v1/desk/imports/${id}`;
  const answerFor = async (id: string) => ({ data: await getJob(db, id), meta: {}, links: { self: pathOf(id) } });

  const uploadRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (uploads) => {
    // The file streams by: nothing of it is parsed before it is kept.
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser(MEDIA_TYPES, ({ headers }, payload, done) => {
      const isTooLarge = Number(headers['content-length'] ?? 0) > MAX_FILE_BYTES;
      // Not the request itself, which is no value: the check of bodies would walk through its socket.
      const file: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => payload[Symbol.asyncIterator]() };
      done(isTooLarge ? new Problem('payload_too_large') : null, file);
    });
    uploads.post(
      '/imports',
      {
        config: { ...config, streamed: true },
        bodyLimit: MAX_FILE_BYTES,
        schema: {
          operationId: 'importFile',
          tags,
          summary: 'Import a file',
          description:
            'Stories of another system (WordPress, Ghost, RSS, Atom, JSON Feed, ninjs), our own lines, or an export of a newsroom. The answer comes when the file is kept; its work goes on by itself, and says how far it is at the address in Location. What is in already is left alone: a file may be sent again.',
          querystring: ImportQuery,
          body: { content: FILES },
          security: keyed,
          response: {
            202: answer(ImportAnswer, examples.queued, {
              headers: { Location: { type: 'string', description: 'Where it says how far it is' } },
            }),
            ...writeProblems(),
          },
        },
      },
      async (request, reply) => {
        const { format, ...options } = request.query;
        // Its lines are written in nobody's name, whatever their language and region.
        const checkReach = () => checkUnlimited(actorOf(request), 'An import');
        checkReach();
        await checkLocale(db, options);
        if (options.dryRun && options.fetchMedia)
          throw invalid(
            { parameter: 'fetchMedia' },
            'has nothing to do in a dry run, which writes nothing',
            'contradiction',
          );
        if (!request.body) throw new Problem('unsupported_media_type');
        const file = request.body as AsyncIterable<Uint8Array>;
        const id = await receiveFile(db, actorOf(request), file, { format, options }, async () => {
          await app.admit(request);
          checkReach();
        });
        return reply
          .code(202)
          .header('location', pathOf(id))
          .send(await answerFor(id));
      },
    );
  };
  await app.register(uploadRoutes, { baseUrl });

  app.get(
    '/imports/:id',
    {
      config,
      schema: {
        operationId: 'getImport',
        tags,
        summary: 'Read how far an import is',
        description:
          'Counts of what is committed, why lines were refused, and what was left out or changed on the way.',
        params: ImportParams,
        security: keyed,
        response: { 200: answer(ImportAnswer, examples.done), ...problems(400, 403, 404) },
      },
    },
    (request) => answerFor(request.params.id),
  );

  app.delete(
    '/imports/:id',
    {
      config,
      schema: {
        operationId: 'cancelImport',
        tags,
        summary: 'Cancel an import',
        description: 'What is in stays in; the portion at work is taken back.',
        params: ImportParams,
        security: keyed,
        response: { 204: empty('It is cancelled'), ...problems(400, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await db.transaction(async (tx) => {
        const [row] = await tx.select().from(importJobs).where(eq(importJobs.id, id)).for('update');
        if (!row) throw new Problem('not_found');
        if (row.finishedAt) throw new Problem('conflict', { detail: 'It has ended already.' });
        await tx
          .update(importJobs)
          .set({ status: 'cancelled', finishedAt: sql`now()`, updatedAt: sql`now()` })
          .where(eq(importJobs.id, id));
        await tx.delete(importParts).where(eq(importParts.importId, id));
        await insertAudit(tx, actorOf(request), [{ action: 'import.cancel', entity: 'import', entityId: id }]);
      });
      return reply.code(204).send();
    },
  );
};
