// Many changes in one request on the wire: each operation in the words of the single request, each answer in those of its answer.
import { type Static, Type } from 'typebox';
import { documented } from '../../conditions.ts';
import { closed, Links, oneOf, ref, Version } from '../../schemas.ts';

const HEX = '[0-9A-Fa-f]';
const TAIL = `%[89ABab]${HEX}`;
/** A code point as decodeURIComponent takes it (RFC 3629 section 4). */
const ENCODED = `%[0-7]${HEX}|%([Cc][2-9A-Fa-f]|[Dd]${HEX})${TAIL}|%[Ee][1-9A-Ca-cEeFf]${TAIL}${TAIL}|%[Ee]0%[ABab]${HEX}${TAIL}|%[Ee][Dd]%[89]${HEX}${TAIL}|%[Ff][1-3]${TAIL}${TAIL}${TAIL}|%[Ff]0%[9ABab]${HEX}${TAIL}${TAIL}|%[Ff]4%8${HEX}${TAIL}${TAIL}`;

export const BulkOperation = closed(
  {
    method: oneOf(['POST', 'PUT', 'PATCH', 'DELETE']),
    path: Type.String({
      pattern: '^/v1/desk/[\\x21\\x24-\\x3b\\x3d\\x3f-\\x5b\\x5d\\x5f\\x61-\\x7a\\x7e]+$',
      maxLength: 2000,
      description: 'Path with query of a change on the desk, percent-encoded; not that of a bulk',
      ...documented({
        pattern: `^/v1/desk/([\\x21\\x24\\x26-\\x3b\\x3d\\x3f-\\x5b\\x5d\\x5f\\x61-\\x7a\\x7e]|${ENCODED})+$`,
        // No bulk, and no segment that is one dot or two.
        not: { pattern: '^/v1/desk/[Bb][Uu][Ll][Kk]/?([?]|$)|^[^?]*(/|%2[Ff])([.]|%2[Ee]){1,2}(/|%2[Ff]|[?]|$)' },
      }),
    }),
    ifMatch: Type.Optional(Version),
    body: Type.Optional(Type.Unknown({ description: 'As the body of the single request' })),
  },
  { $id: 'BulkOperation' },
);
export const BulkInput = closed(
  {
    mode: oneOf(['atomic', 'each'], {
      description:
        '`atomic`: all or nothing, in one transaction; `each`: each by itself, whatever becomes of the others',
    }),
    operations: Type.Array(ref(BulkOperation), { minItems: 1, maxItems: 100 }),
  },
  { $id: 'BulkInput', description: 'Carried out in order; a later operation sees what an earlier one did' },
);
export interface BulkRequest {
  mode: 'atomic' | 'each';
  operations: Static<typeof BulkOperation>[];
}

export const BulkResult = closed(
  {
    status: Type.Integer({ description: 'Status of the single answer' }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'Such as `etag` and `location`' }),
    body: Type.Unknown({ description: 'Body of the single answer, null where it has none; a problem for a refusal' }),
  },
  { $id: 'BulkResult' },
);
export const BulkAnswer = closed({
  data: Type.Array(ref(BulkResult), { description: 'One for each operation, in their order' }),
  meta: closed({
    mode: oneOf(['atomic', 'each']),
    done: Type.Integer({ minimum: 0 }),
    refused: Type.Integer({ minimum: 0 }),
  }),
  links: ref(Links),
});
