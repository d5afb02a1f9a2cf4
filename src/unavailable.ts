// What the log tells of 503s: of each request a line with its reason, and where it is the database's doing, all of it once. A stack for each
// was 2 KB for the same word a thousand times a second.
import type { FastifyRequest } from 'fastify';
import { withoutValues } from './db/told.ts';
import type { Problem } from './errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    outage: {
      /** By performance.now(); of the last 503 that was the database's doing. */
      toldAt: number;
    };
  }
}

/** Milliseconds without one, after which the next one is told as the first. */
const OVER = 10_000;

/** What Postgres or the socket said, and by which code; around it, drizzle has the statement. */
function reasonOf(problem: Problem): { code?: string; reason: string } {
  let inmost: Error = withoutValues(problem);
  while (inmost.cause instanceof Error) inmost = inmost.cause;
  const code = inmost !== problem && 'code' in inmost && typeof inmost.code === 'string' ? inmost.code : undefined;
  return { ...(code !== undefined && { code }), reason: inmost.message || (code ?? inmost.name) };
}

export function tellUnavailable({ log, server: { outage } }: FastifyRequest, problem: Problem): void {
  if (problem.cause !== undefined) {
    const now = performance.now();
    if (now - outage.toldAt > OVER) log.error({ err: problem.cause }, 'the database does not do what it is asked for');
    outage.toldAt = now;
  }
  log.warn(reasonOf(problem), problem.message);
}
