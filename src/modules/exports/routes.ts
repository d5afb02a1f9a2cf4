// Desk routes that hand out the newsroom as a whole: everything that an import puts back, and the list of stories for a spreadsheet.
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Problem } from '../../errors.ts';
import { answer, keyed, problems } from '../../responses.ts';
import { requireLocale } from '../desk/references.ts';
import { exportNewsroom } from './exporting.ts';
import { listAsCsv } from './listing.ts';
import { CsvQuery, CsvText, ExportLines } from './schemas.ts';

/** Each holds a connection of the desk's ten and a snapshot for as long as it is taken. */
const AT_ONCE = 2;

export const exportRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app) => {
  let open = 0;
  const send = async (reply: FastifyReply, type: string, name: string, start: () => Readable) => {
    reply.type(type).header('content-disposition', `attachment; filename="${name}"`);
    // Whoever asks for the headers alone gets them, without a newsroom being read for it: a stream, since of a text the length would be told.
    if (reply.request.method === 'HEAD') return reply.send(Readable.from([]));
    if (open >= AT_ONCE)
      throw new Problem('service_unavailable', {
        detail: 'As many exports are under way as this server bears.',
        headers: { 'retry-after': '30' },
      });
    open += 1;
    const stream = start();
    stream.once('close', () => {
      open -= 1;
    });
    return reply.send(stream);
  };

  app.get(
    '/export',
    {
      config: { access: 'export:read' },
      schema: {
        operationId: 'exportNewsroom',
        tags: ['Import and export'],
        summary: 'Take the whole newsroom with you',
        description:
          'Site, languages, taxonomy, custom fields, stories with all their drafts, dates, schedules, former slugs and entries, fronts and redirects, as they stood at one moment. An import puts them back into an empty newsroom under the same ids. People, keys, views, revisions, comments and the audit log are not in it.',
        security: keyed,
        response: {
          200: answer(ExportLines, '{"record" : "locale", "tag" : "en", "name" : "English"}\n', {
            mediaType: 'application/x-ndjson',
          }),
          ...problems(403),
        },
      },
    },
    (_request, reply) =>
      send(reply, 'application/x-ndjson; charset=utf-8', 'newsroom.ndjson', () =>
        Readable.from(exportNewsroom(app.db.pool), { objectMode: false }),
      ),
  );

  app.get(
    '/articles.csv',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'listArticlesAsCsv',
        tags: ['Import and export'],
        summary: 'List stories for a spreadsheet',
        description: 'A row for each story and language, newest story first; without those in the trash.',
        querystring: CsvQuery,
        security: keyed,
        response: {
          200: answer(CsvText, '\uFEFFid,locale,status,kind,title\r\n', { mediaType: 'text/csv' }),
          ...problems(400, 403),
        },
      },
    },
    async (request, reply) => {
      const { locale: given, status = null, kind = null } = request.query;
      const locale = given ? await requireLocale(app.db.desk, given, { parameter: 'locale' }) : null;
      const filter = { statuses: status, kinds: kind, locale };
      return send(reply, 'text/csv; charset=utf-8; header=present', 'articles.csv', () =>
        listAsCsv(app.db.pool, filter),
      );
    },
  );
};
