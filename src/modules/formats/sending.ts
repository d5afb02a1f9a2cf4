// Sends a public story in another form than our own JSON, or why it is not there: told as the story itself is.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { storyGroup } from '../../caching/groups.ts';
import { type Cacheable, sendCacheable } from '../../caching/sending.ts';
import type { PublicDb } from '../../db/pipeline.ts';
import { hrefOf } from '../articles/alternates.ts';
import { documentOf, readById } from '../articles/reading.ts';
import { licenceLinks } from '../articles/rights.ts';
import type { Article } from '../articles/schemas.ts';
import { entitlementsOf, requireTexts } from '../partners/entitlements.ts';
import { noteTaken } from '../partners/noting.ts';
import type { Format } from '../partners/takings.ts';
import { requireSyndicatable } from '../republish/syndicatable.ts';
import { hasText, withhold } from '../republish/withholding.ts';
import { getSiteFace, type SiteFace } from '../site/face.ts';

export interface Form {
  /** The last segment of its path. */
  name: string;
  /** Media type, with its parameters. */
  type: string;
  build(story: Article, site: SiteFace, baseUrl: string): string | Promise<string>;
  headers?(site: SiteFace): Record<string, string>;
  /** How its text is noted where a partner takes it; nothing without one. */
  taken?: Format;
  /** Nothing is left of it without the text: refused where that is kept back. */
  isTextAlone?: boolean;
}
type FormRequest = FastifyRequest<{ Params: { id: string }; Querystring: { locale?: string } }>;

export async function sendStoryAs(
  db: PublicDb,
  { name, type, build, headers, taken, isTextAlone }: Form,
  request: FormRequest,
  reply: FastifyReply,
  baseUrl: string,
) {
  const { locale } = request.query;
  const partner = entitlementsOf(request);
  if (isTextAlone) requireTexts(partner);
  const found = await readById(db, request.params.id, request.query, partner);
  if ('movedTo' in found) {
    const search = locale === undefined ? '' : `?locale=${locale}`;
    return reply.redirect(`${baseUrl}/v1/articles/${found.movedTo}/${name}${search}`, 301);
  }
  const site = await getSiteFace(db, found.locale);
  const whole = documentOf(found);
  if (isTextAlone && partner) await requireSyndicatable(db, whole.rights, partner);
  const [story = whole] = await withhold(db, [whole], isTextAlone ? null : partner);
  reply.header('content-language', found.locale).header('link', linksOf(story));
  const answer = sendCacheable(request, reply, {
    json: await build(story, site, baseUrl),
    type,
    ...(headers && { headers: headers(site) }),
    groups: [storyGroup(story.id)],
  } satisfies Cacheable);
  if (taken && hasText(story)) noteTaken(request, reply, taken, [{ articleId: story.id, locale: story.locale }]);
  return answer;
}

/** RFC 8288: where it stands (RFC 6596), and its licence (RFC 4946). */
const linksOf = ({ url, rights }: Article): string[] => [
  `<${hrefOf(url)}>; rel="canonical"`,
  ...licenceLinks(rights.licenceUrl),
];
