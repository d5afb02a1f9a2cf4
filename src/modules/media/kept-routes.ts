// The public route of pictures that are kept here: bytes under the digest of their content, for good. Whatever they are, no browser runs them.
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Problem } from '../../errors.ts';
import { answer, empty, open, problems } from '../../responses.ts';
import { closed } from '../../schemas.ts';
import { type Extension, FILE_NAME, type MediaStore, TYPES } from './store.ts';

const Picture = Type.Unsafe<string>(Type.String({ format: 'binary', description: 'The picture' }));
const FileParams = closed({
  file: Type.String({ pattern: FILE_NAME, maxLength: 69, description: 'SHA-256 of its content in hex, and its type' }),
});

export const keptMediaRoutes: FastifyPluginAsyncTypebox<{ store: MediaStore }> = async (app, { store }) => {
  const [jpeg, ...others] = Object.values(TYPES).map((mediaType) =>
    answer(Picture, '…', {
      mediaType,
      description: 'The picture',
      headers: {
        ETag: { type: 'string', description: 'The digest' },
        'Content-Length': { type: 'integer', description: 'Bytes' },
      },
    }),
  );
  app.get(
    '/media/:file',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getMediaFile',
        tags: ['Media'],
        summary: 'Read a picture that is kept here',
        description:
          'Pictures that an import has fetched (`fetchMedia`) stand here, under the digest of their content: what is at an address never changes. Whoever knows the address gets the picture, also before a story shows it, so that previews can.',
        params: FileParams,
        security: open,
        response: {
          200: { ...jpeg, content: Object.assign({}, jpeg?.content, ...others.map(({ content }) => content)) },
          304: empty('It is the one that the request names'),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { file } = request.params;
      const [digest = '', extension = ''] = file.split('.');
      const kept = await store.find(file);
      if (!kept) throw new Problem('not_found');
      const tag = `"${digest}"`;
      reply.headers({
        etag: tag,
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'cross-origin',
      });
      const given = request.headers['if-none-match'];
      if (given !== undefined && (given.trim() === '*' || given.includes(tag))) return reply.code(304).send();
      // The name has been checked: it ends as one of them.
      reply.type(TYPES[extension as Extension]).header('content-length', kept.bytes);
      // A stream is read to its end for a HEAD as well: a picture of 20 MiB, for nothing.
      return reply.send(request.method === 'HEAD' ? Readable.from([]) : await kept.open());
    },
  );
};
