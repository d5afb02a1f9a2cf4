// Builds what the desk answers: a draft with its body in all three forms. It changes nothing.
import type { FastifyReply } from 'fastify';
import { toHtml, toText } from '../body/rendering.ts';
import type { BodyWarning } from '../body/schemas.ts';
import type { DraftRow } from './queries.ts';
import type { Draft } from './schemas.ts';

const iso = (date: Date | null) => date?.toISOString() ?? null;

function draftOf(row: DraftRow): Draft {
  const { articleId, locale, title, slug, status, version, publishedVersion, standfirst, body, corrections, extra } =
    row;
  return {
    articleId,
    locale,
    title,
    slug,
    status,
    version,
    publishedVersion,
    changedSincePublished: publishedVersion !== null && publishedVersion !== version,
    firstPublishedAt: iso(row.firstPublishedAt),
    publishedAt: iso(row.publishedAt),
    updatedAt: row.updatedAt.toISOString(),
    assignee: row.assigneeId,
    sourceVersion: row.sourceVersion,
    standfirst,
    corrections,
    extra,
    createdAt: row.createdAt.toISOString(),
    body: { portableText: body, html: toHtml(body), text: toText(body) },
  };
}

export const answerOf = <T>(data: T, self: string, warnings: BodyWarning[] = []) => ({
  data,
  meta: warnings.length > 0 ? { warnings } : {},
  links: { self },
});

export const articleUrl = (baseUrl: string, id: string) => `${baseUrl}/v1/desk/articles/${id}`;
export const draftUrl = (baseUrl: string, { articleId, locale }: Pick<DraftRow, 'articleId' | 'locale'>) =>
  `${articleUrl(baseUrl, articleId)}/locales/${locale}`;

export function sendDraft(
  reply: FastifyReply,
  baseUrl: string,
  draft: DraftRow,
  warnings?: BodyWarning[],
): FastifyReply {
  return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(baseUrl, draft), warnings));
}
