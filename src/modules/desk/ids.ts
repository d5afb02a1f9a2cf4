// Brings the id in a path into the form in which it is stored. It checks nothing: the schema of the path does.
import type { FastifyRequest } from 'fastify';

/** An id may come in capitals (RFC 9562 section 4); what is kept and compared as text is in small letters. */
export async function lowerId(request: FastifyRequest): Promise<void> {
  const params = request.params as { id?: string };
  if (params.id) params.id = params.id.toLowerCase();
}
