// How routes describe what they take and answer, in the form that @fastify/swagger turns into OpenAPI 3.1. It changes no answer.
import { type Static, type TSchema, Type } from 'typebox';
import { ProblemSchema } from './problem.ts';
import { keywordsOf, ref } from './schemas.ts';

interface AnswerOptions {
  /** What the answer means; the status text without it. */
  description?: string;
  /** Headers beside those of every answer, as JSON Schemas by name. */
  headers?: Record<string, { type: 'string' | 'integer'; description: string }>;
  /** JSON unless it is given. */
  mediaType?: string;
}

/** A 2xx answer with a body, as `200: answer(RegionAnswer, example)`. */
export function answer<T extends TSchema>(
  schema: T,
  example: Static<T>,
  { description = 'The answer', headers, mediaType = 'application/json' }: AnswerOptions = {},
) {
  return { description, ...(headers && { headers }), content: { [mediaType]: { schema, example } } };
}

/** A 2xx answer without a body, as `204: empty('The key is revoked')`. */
export const empty = (description: string): { description: string; type: string } => ({ description, type: 'null' });

/** A 301, as `301: moved('It stands at the address in Location now')`. */
export const moved = (description: string) => ({
  ...empty(description),
  headers: { Location: { type: 'string' as const, description: 'Where it stands now' } },
});

/** The answers of a public read that goes through sendCacheable: `response: { ...cacheable(SiteAnswer, example), ...problems(400) }`. */
export const cacheable = <T extends TSchema>(schema: T, example: Static<T>, options: AnswerOptions = {}) => ({
  200: answer(schema, example, {
    ...options,
    headers: {
      ETag: {
        type: 'string',
        description:
          'Entity tag (RFC 9110 section 8.8.3): strong, but weak (`W/`) where numbers of views, or when they were counted, stand in the answer and move without it',
      },
      ...options.headers,
    },
  }),
  304: empty('It has not changed since the ETag or time that the request names'),
});

/** The headers of an answer that a change can be based on. */
export const versioned = { ETag: { type: 'string', description: 'The version in quotes, for If-Match' } } as const;
/** Those of the answer to what was made. */
export const located = { ...versioned, Location: { type: 'string', description: 'Where it stands now' } } as const;
/** Those of an answer to readers. */
export const inLanguage = {
  'Content-Language': { type: 'string', description: 'Its language; where `fallback` brought several, all of them' },
} as const;
/** Those of a story: where it stands, its other languages, its licence. */
export const linked = {
  Link: { type: 'string', description: 'What belongs to it (RFC 8288), such as its canonical address' },
} as const;

/** Said here, since importing STATUS_CODES from node:http loads all of Node's own fetch, a twentieth of a start. */
const PROBLEMS: Record<number, string> = {
  400: 'The request is not valid; `errors` says where',
  401: 'The API key or access token is missing, wrong, expired or revoked',
  403: 'The scope is missing, or the right to do it here; or the key of a partner does not cover it',
  404: 'There is no such thing, or none that may be seen',
  406: 'It is not to be had in the form that Accept asks for',
  409: 'It conflicts with what is there',
  410: 'It was withdrawn',
  412: 'It has been changed since the version that If-Match names; `changedFields` tells what differs',
  413: 'The request body is too large',
  415: 'The media type of the request body is not supported',
  422: 'The Idempotency-Key was used for another request',
  428: 'If-Match is missing',
  429: 'Too many requests',
  500: 'Something went wrong on our side',
  501: 'This form is not offered',
  503: 'Not at the moment: the database does not answer, or this node is stopping or has no room; try again after `Retry-After` seconds',
};
const RETRY_AFTER = { 'Retry-After': { type: 'integer', description: 'Seconds until it may be sent again' } } as const;

/** Made once: every route has a dozen of them, and a start spent a twentieth of building the app on making each anew. */
const PROBLEM = ref(ProblemSchema);
/** A problem answer that says something of its own, as `410: problem('The token is too old')`. */
export const problem = (description: string | undefined) => ({
  description,
  content: { 'application/problem+json': { schema: PROBLEM } },
});

/** Problem answers, as `...problems(400, 404)`; 400, 401, 500 and 503 come along, since any request can meet them. */
export function problems(...statuses: number[]) {
  const all = [...new Set([...statuses, 400, 401, 500, 503])].sort();
  return Object.fromEntries(
    all.map((status) => [
      status,
      { ...problem(PROBLEMS[status]), ...((status === 429 || status === 503) && { headers: RETRY_AFTER }) },
    ]),
  );
}

/** What any request that writes can meet besides (plugins/openapi.ts): a body that is none for it, and on the desk whoever writes the same. */
export const writeRefusals = (access: string | null | undefined) =>
  problems(413, 415, ...(access === 'public' ? [] : [409]));

/** Problem answers of a route that needs a key; the statuses of `problems` and 400 and 403. */
export const writeProblems = (...statuses: number[]) => problems(400, 403, ...statuses);
/** Those of a change that is based on a version. */
export const changeProblems = (...statuses: number[]) => writeProblems(404, 409, 412, 428, ...statuses);

/**
 * A request body with an example, as `body: body(RegionInput, example)`. @fastify/swagger drops what stands beside a
 * `$ref`, and keeps it beside an `allOf`.
 */
export function body<T extends TSchema>(schema: T, example: Static<T>) {
  const { type, required, minProperties } = keywordsOf(schema);
  return Type.Unsafe<Static<T>>({
    // A body that may be left out is recognised by its own keywords, not by those it refers to.
    // A union says neither by itself: its branches are objects, and none of them is empty.
    ...(type ? { type } : { type: 'object', minProperties: 1 }),
    ...(required?.length && { required }),
    ...(minProperties && { minProperties }),
    allOf: [ref(schema)],
    examples: [example],
  });
}

/** `consumes` of a merge patch (RFC 7396): plain JSON will do. */
export const MERGE_PATCH = ['application/merge-patch+json', 'application/json'];

/** `security` of routes that need no key, and of those that do. */
export const open: Record<string, string[]>[] = [];
export const keyed: Record<string, string[]>[] = [{ key: [] }];
