// The contract check itself: it has to fail where a response breaks the OpenAPI document, else it would prove nothing.
import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { type Test, test } from 'tap';
import { Type } from 'typebox';
import { ProblemSchema } from '../src/problem.ts';
import { closed, ref } from '../src/schemas.ts';
import { contractOf, type Exchange } from './fixtures/contract.ts';
import type { OpenApiDocument } from './fixtures/operations.ts';

const Story = closed({ title: Type.String(), publishedAt: Type.String({ format: 'date-time' }) }, { $id: 'Story' });

/** A small app, described in the same way as the real one. */
async function buildContract(t: Test) {
  const app = Fastify();
  t.teardown(() => app.close());
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Trial', version: '1' } },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema${index}`) },
  });
  app.addSchema(Story);
  app.addSchema(ProblemSchema);
  const answers = {
    200: {
      description: 'The story',
      headers: { ETag: { type: 'string', pattern: '^".+"$' }, Age: { type: 'integer', 'x-optional': true } },
      content: { 'application/json': { schema: ref(Story) } },
    },
    304: { description: 'Unchanged', type: 'null' },
    404: { description: 'Absent', content: { 'application/problem+json': { schema: ref(ProblemSchema) } } },
  };
  const handler = async () => ({});
  app.get('/stories/:id', { schema: { response: answers } }, handler);
  app.get('/stories/newest', { schema: { response: { 200: { type: 'array', items: ref(Story) } } } }, handler);
  app.delete('/stories/:id', { schema: { response: { 204: { type: 'null', description: 'Gone' } } } }, handler);
  await app.ready();
  return contractOf(app.swagger() as unknown as OpenApiDocument);
}

const json = { 'content-type': 'application/json; charset=utf-8', etag: '"1"' };
const story = { title: 'Ferry returns', publishedAt: '2026-03-01T08:00:00Z' };
const fine: Exchange = {
  method: 'GET',
  url: '/stories/7?locale=en',
  status: 200,
  headers: json,
  body: JSON.stringify(story),
};
const problemHeaders = { 'content-type': 'application/problem+json' };
const problem = (status: number) =>
  JSON.stringify({ type: 'urn:x', title: 'No', status, code: 'not_found', traceId: 'trace' });

test('a response that keeps to the document passes', async (t) => {
  const check = await buildContract(t);
  t.doesNotThrow(() => check(fine));
  t.doesNotThrow(() => check({ ...fine, url: 'https://api.example.org/stories/7' }), 'an absolute URL');
  t.doesNotThrow(() => check({ ...fine, method: 'HEAD', body: '' }), 'HEAD is described by GET');
  t.doesNotThrow(() => check({ ...fine, status: 304, headers: {}, body: '' }));
  t.doesNotThrow(() => check({ ...fine, status: 404, headers: problemHeaders, body: problem(404) }));
  t.doesNotThrow(() => check({ ...fine, method: 'DELETE', status: 204, headers: {}, body: '' }));
  t.doesNotThrow(
    () => check({ ...fine, url: '/stories/newest', body: JSON.stringify([story]) }),
    'a fixed segment wins',
  );
});

test('a response that breaks the document fails with the operation, the status and the place', async (t) => {
  const check = await buildContract(t);
  const broken: [string, Partial<Exchange>, RegExp][] = [
    [
      'a wrong type',
      { body: JSON.stringify({ ...story, title: 7 }) },
      /GET \/stories\/\{id\} -> 200 [\s\S]*\/title must be string/,
    ],
    ['a wrong format', { body: JSON.stringify({ ...story, publishedAt: 'today' }) }, /\/publishedAt must match format/],
    ['a missing member', { body: '{"title":"a"}' }, /must have required property 'publishedAt'/],
    ['an extra member', { body: JSON.stringify({ ...story, draft: 1 }) }, /must NOT have additional properties.*draft/],
    ['no JSON', { body: '<p>' }, /must be object/],
    [
      'another operation of a similar path',
      { url: '/stories/newest' },
      /GET \/stories\/newest -> 200 [\s\S]*must be array/,
    ],
    ['an undocumented status', { status: 201 }, /this status is not documented \(200, 304, 404 are\)/],
    ['an undocumented error', { status: 409, headers: problemHeaders, body: problem(409) }, /not documented/],
    ['an undocumented operation', { url: '/secrets' }, /GET \/secrets -> 200 [\s\S]*no operation is documented/],
    ['an undocumented method', { method: 'POST' }, /no operation is documented/],
    [
      'a wrong media type',
      { headers: { ...json, 'content-type': 'text/html' } },
      /is text\/html; documented: application\/json/,
    ],
    ['no media type', { headers: {} }, /without a media type/],
    ['a missing header', { headers: { 'content-type': json['content-type'] } }, /lacks the header ETag/],
    ['a wrong header', { headers: { ...json, etag: 'bare' } }, /header ETag: .*must match pattern/],
    [
      'a place that nobody is told of',
      { headers: { ...json, location: '/stories/7' } },
      /a Location that is not documented/,
    ],
    ['a header that is not a number', { headers: { ...json, age: 'old' } }, /header Age: .*must be integer/],
    ['a body with 204', { method: 'DELETE', status: 204, headers: {}, body: 'x' }, /DELETE [\s\S]*has a body/],
    ['a body with 304', { status: 304 }, /has a body/],
    ['a body with HEAD', { method: 'HEAD' }, /answers HEAD with a body/],
    [
      'a problem that is plain JSON',
      { status: 404, headers: json, body: problem(404) },
      /is application\/json; documented: application\/problem/,
    ],
    [
      'a problem of another status',
      { status: 404, headers: problemHeaders, body: problem(410) },
      /another status in its body/,
    ],
    ['a problem without a code', { status: 404, headers: problemHeaders, body: '{}' }, /required property 'code'/],
  ];
  for (const [what, change, message] of broken) t.throws(() => check({ ...fine, ...change }), { message }, what);
});

test('what the router answers before an operation is reached must be a problem', async (t) => {
  const check = await buildContract(t);
  const answered = { ...fine, url: '/nowhere', headers: problemHeaders };
  t.doesNotThrow(() => check({ ...answered, status: 404, body: problem(404) }));
  t.doesNotThrow(() => check({ ...answered, url: '/stories/7', method: 'PUT', status: 405, body: problem(405) }));
  t.doesNotThrow(() => check({ ...answered, url: '/stories/7', status: 431, body: problem(431) }));
  t.throws(() => check({ ...answered, status: 404, headers: json, body: problem(404) }), {
    message: /not application\/problem/,
  });
  t.throws(() => check({ ...answered, status: 405, body: '{"message":"no"}' }), { message: /required property/ });
});

test('a header that is documented must be there, unless the document says that it may be absent', (t) => {
  const headers = {
    Location: { schema: { type: 'string' } },
    Link: { schema: { type: 'string', 'x-optional': true } },
  };
  const check = contractOf({ openapi: '3.1.0', paths: { '/stories': { post: { responses: { 201: { headers } } } } } });
  const created = { method: 'POST', url: '/stories', status: 201, body: '' };
  t.doesNotThrow(() => check({ ...created, headers: { location: '/stories/1' } }));
  t.throws(() => check({ ...created, headers: { link: '</stories>' } }), {
    message: /POST \/stories -> 201 [\s\S]*lacks the header Location/,
  });
  t.end();
});
