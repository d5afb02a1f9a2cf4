// Notes what a partner is about to get of texts. Whoever has it already (304), or asks for headers alone, takes nothing.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SparseArticle } from '../articles/schemas.ts';
import { entitlementsOf } from './entitlements.ts';
import type { Format, Taking } from './takings.ts';

/** To be called when the answer is made: its status tells whether anything is taken. */
export function noteTaken(
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format,
  stories: readonly Taking[],
): void {
  const partner = entitlementsOf(request);
  if (partner && request.method === 'GET' && reply.statusCode === 200)
    request.server.takings.note(partner.id, format, stories);
}

export const takingOf = ({ id, locale }: SparseArticle): Taking[] => [{ articleId: id, locale }];
