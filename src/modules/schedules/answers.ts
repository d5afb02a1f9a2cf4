// Builds what the desk is told of a single schedule. It changes nothing.
import type { FastifyReply } from 'fastify';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { answerOf, draftUrl } from '../desk/answers.ts';
import { listSchedulesOf } from './listing.ts';
import type { ScheduleKey } from './queries.ts';

/** @throws Problem not_found */
export async function sendSchedule(
  db: Db,
  reply: FastifyReply,
  baseUrl: string,
  { articleId, locale, action }: ScheduleKey,
): Promise<FastifyReply> {
  const found = (await listSchedulesOf(db, articleId, action)).find((schedule) => schedule.locale === locale);
  if (!found) throw new Problem('not_found');
  const name = action === 'publish' ? 'schedule' : 'expiry';
  return reply.header('etag', `"${found.version}"`).send(answerOf(found, `${draftUrl(baseUrl, found)}/${name}`));
}
