// Route of a story as others republish it, with the credit that it may not stand without. Refused where its rights say so, or the partner's do.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { answer, cacheable, inLanguage, linked, moved, open, problem, problems } from '../../responses.ts';
import { documentOf, readById, type Story } from '../articles/reading.ts';
import { licenceLinks } from '../articles/rights.ts';
import { type Article, ArticleParams } from '../articles/schemas.ts';
import { entitlementsOf, requireTexts } from '../partners/entitlements.ts';
import { noteTaken } from '../partners/noting.ts';
import { getSiteFace } from '../site/face.ts';
import { pixelUrl } from '../views/addresses.ts';
import * as examples from './examples.ts';
import { pieceOf } from './piece.ts';
import { RepublishAnswer, RepublishQuery } from './schemas.ts';
import { requireSyndicatable } from './syndicatable.ts';

const TYPES = { html: 'text/html; charset=utf-8', markdown: 'text/markdown; charset=utf-8', json: undefined } as const;
const text = Type.String({ description: 'The story with all that has to stand beside it' });
const { 200: ofJson, ...rest } = cacheable(RepublishAnswer, examples.republished, {
  headers: { ...inLanguage, ...linked },
});
const { content: ofHtml } = answer(text, examples.html, { mediaType: 'text/html' });
const { content: ofMarkdown } = answer(text, examples.markdown, { mediaType: 'text/markdown' });

/** An editor writes the address as people read it; a header takes ASCII alone. */
function markLinks(reply: FastifyReply, { url }: Article, { licenceUrl, locale }: Story): void {
  const canonical = `<${new URL(url).href}>; rel="canonical"`;
  reply.header('content-language', locale).header('link', [canonical, ...licenceLinks(licenceUrl)]);
}

export const republishRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;

  app.get(
    '/articles/:id/republish',
    {
      config: { access: 'public', partners: true },
      schema: {
        operationId: 'republishArticle',
        tags: ['Syndication'],
        summary: 'Take a story for republishing',
        description:
          'The text, its byline, corrections, the credit as a hyperlink to where it stands, the licence line, and a picture of one dot by which its readers elsewhere are counted; for a partner whose key comes with the request, as its own. A story that is not syndicatable, or whose embargo for partners is not over, is a 403 with the code not_syndicatable.',
        params: ArticleParams,
        querystring: RepublishQuery,
        security: open,
        response: {
          ...rest,
          200: { ...ofJson, content: { ...ofHtml, ...ofMarkdown, ...ofJson.content } },
          301: moved('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
          403: problem('It may not be republished, or not yet, or not by this partner'),
        },
      },
    },
    async (request, reply) => {
      const { locale, format = 'html' } = request.query;
      const partner = entitlementsOf(request);
      requireTexts(partner);
      const story = await readById(db, request.params.id, locale === undefined ? {} : { locale }, partner);
      if ('movedTo' in story) {
        const search = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
        return reply.redirect(`${baseUrl}/v1/articles/${story.movedTo}/republish${search}`, 301);
      }
      const article = documentOf(story);
      await requireSyndicatable(db, article.rights, partner);
      const piece = await pieceOf(
        article,
        await getSiteFace(db, story.locale),
        pixelUrl(baseUrl, article, partner?.code),
      );
      markLinks(reply, article, story);
      const type = TYPES[format];
      const meta = { requestedLocale: locale ?? story.wanted, locale: story.locale };
      const answer = sendCacheable(request, reply, {
        json:
          format === 'json'
            ? JSON.stringify({ data: piece, meta, links: { self: baseUrl + request.url } })
            : piece[format],
        ...(type && { type }),
        groups: [storyGroup(article.id)],
      });
      noteTaken(request, reply, format, [{ articleId: article.id, locale: story.locale }]);
      return answer;
    },
  );
};
