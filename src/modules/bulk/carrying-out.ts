// Carries out many operations as the single requests they are, all or nothing or each by itself. It knows none of them.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ahead } from '../../ahead.ts';
import { type Db, inTurn } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import type { InnerAnswer, InnerRequest } from '../../plugins/inner.ts';
import type { BulkRequest } from './schemas.ts';

type Operation = BulkRequest['operations'][number];
export interface Result {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** @throws Problem bulk_refused where one is refused and the mode is atomic: then nothing was done */
export async function carryOut(app: FastifyInstance, outer: FastifyRequest, request: BulkRequest): Promise<Result[]> {
  const { mode, operations } = request;
  checkPaths(operations);
  if (mode === 'each') return inOrder(app, outer, operations, null);
  return ahead(
    () => prepare(app, outer, operations),
    () => inTurn(() => app.db.desk.transaction((tx) => inOrder(app, outer, operations, tx))),
  );
}

/** What needs no database, before there is a transaction. @throws Problem validation_failed */
export async function prepare(app: FastifyInstance, outer: FastifyRequest, operations: Operation[]): Promise<void> {
  checkPaths(operations);
  for (const operation of operations) if (operation.body !== undefined) await app.doAhead(outer, innerOf(operation));
}

async function inOrder(
  app: FastifyInstance,
  outer: FastifyRequest,
  operations: Operation[],
  tx: Db | null,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, operation] of operations.entries()) {
    const result = resultOf(await app.answerInner(tx, outer, innerOf(operation)));
    if (tx && result.status >= 400) throw refusal(index, result);
    results.push(result);
  }
  return results;
}

const innerOf = ({ method, path, ifMatch, body }: Operation): InnerRequest => ({
  method,
  url: path,
  ...(ifMatch !== undefined && { ifMatch: `"${ifMatch}"` }),
  ...(body !== undefined && { body }),
});

function resultOf({ status, headers, body }: InnerAnswer): Result {
  const { 'content-type': _, 'x-request-id': _id, ...shown } = headers;
  return { status, headers: shown, body: body === '' ? null : JSON.parse(body) };
}

function refusal(index: number, { status, body }: Result): Problem {
  const { code = 'refused', title = '' } = (body ?? {}) as { code?: string; title?: string };
  // What is our own fault, or the database's, is not the operation's: it may be tried again as it is.
  if (status >= 500) return new Problem('service_unavailable', { detail: title, headers: { 'retry-after': '2' } });
  return new Problem('bulk_refused', {
    errors: [{ pointer: `/operations/${index}`, code, message: title }],
    extra: { index, answer: { status, body } },
  });
}

function checkPaths(operations: Operation[]): void {
  for (const [index, { path }] of operations.entries()) checkPath(path, `/operations/${index}/path`);
}

/** The router decodes before it matches. A bulk within a bulk would be one request of any size. */
function checkPath(path: string, pointer: string): void {
  const [bare = ''] = path.split('?', 1);
  let decoded: string;
  try {
    decoded = decodeURIComponent(bare);
  } catch {
    throw invalid({ pointer }, 'is not well percent-encoded', 'ill_formed');
  }
  // Whoever takes the address apart drops such segments before the router sees it.
  if (decoded.split('/').some((segment) => segment === '.' || segment === '..'))
    throw invalid({ pointer }, 'must have no segment . or ..', 'ill_formed');
  if (/^\/v1\/desk\/bulk\/?$/i.test(decoded)) throw invalid({ pointer }, 'must not be a bulk itself', 'nested');
}
