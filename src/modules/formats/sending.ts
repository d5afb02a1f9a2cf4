// Sends a public story in another form than our own JSON, or why it is not there: told as the story itself is.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { storyGroup } from '../../caching/groups.ts';
import type { PublicDb } from '../../db/pipeline.ts';
import { type Cacheable, sendCacheable } from '../../plugins/caching.ts';
import { hrefOf } from '../articles/alternates.ts';
import { readById } from '../articles/reading.ts';
import { licenceLinks } from '../articles/rights.ts';
import type { Article } from '../articles/schemas.ts';
import { getSiteFace, type SiteFace } from '../site/face.ts';

export interface Form {
  /** The last segment of its path. */
  name: string;
  /** Media type, with its parameters. */
  type: string;
  build(story: Article, site: SiteFace, baseUrl: string): string | Promise<string>;
  headers?(site: SiteFace): Record<string, string>;
}
type FormRequest = FastifyRequest<{ Params: { id: string }; Querystring: { locale?: string } }>;

export async function sendStoryAs(
  { name, type, build, headers }: Form,
  db: PublicDb,
  request: FormRequest,
  reply: FastifyReply,
  baseUrl: string,
) {
  const { locale } = request.query;
  const found = await readById(db, request.params.id, request.query);
  if ('movedTo' in found) {
    const search = locale === undefined ? '' : `?locale=${locale}`;
    return reply.redirect(`${baseUrl}/v1/articles/${found.movedTo}/${name}${search}`, 301);
  }
  const site = await getSiteFace(db, found.locale);
  const story = JSON.parse(found.document) as Article;
  reply.header('content-language', found.locale).header('link', linksOf(story));
  return sendCacheable(request, reply, {
    json: await build(story, site, baseUrl),
    type,
    ...(headers && { headers: headers(site) }),
    groups: [storyGroup(story.id)],
  } satisfies Cacheable);
}

/** RFC 8288: where it stands (RFC 6596), and its licence (RFC 4946). */
const linksOf = ({ url, rights }: Article): string[] => [
  `<${hrefOf(url)}>; rel="canonical"`,
  ...licenceLinks(rights.licenceUrl),
];
