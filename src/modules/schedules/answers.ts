// Builds what the desk is told of a single schedule. It changes nothing.
import type { FastifyReply } from 'fastify';
import { answerOf, draftUrl } from '../desk/answers.ts';
import type { Schedule } from './schemas.ts';

export function sendSchedule(reply: FastifyReply, baseUrl: string, schedule: Schedule): FastifyReply {
  const name = schedule.action === 'publish' ? 'schedule' : 'expiry';
  return reply
    .header('etag', `"${schedule.version}"`)
    .send(answerOf(schedule, `${draftUrl(baseUrl, schedule)}/${name}`));
}
