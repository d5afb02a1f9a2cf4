// The OpenAPI document as generators of clients read it: what they cannot say in types, those who use the clients have to guess.
import { test } from 'tap';
import { buildDocument } from '../src/commands/document.ts';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { listOperations, type OpenApiDocument } from './fixtures/operations.ts';
import { makePartner } from './fixtures/partners.ts';

interface Sent {
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: { $ref?: string } }> };
}
const document = (await buildDocument()) as unknown as OpenApiDocument;
const operations = listOperations(document).map((found) => ({ ...found, sent: found.operation as Sent }));
const schemas = (document.components?.schemas ?? {}) as Record<string, { required?: string[]; properties?: object }>;

test('every request body has a name, so that clients have one type for it', async (t) => {
  const bodies = operations.flatMap(({ name, sent }) =>
    Object.values(sent.requestBody?.content ?? {}).map(({ schema }) => ({ name, schema })),
  );
  t.ok(bodies.length > 80, 'the bodies were found');
  // Files of imports are read as they come, line by line.
  const nameless = bodies.filter(({ schema }) => !schema?.$ref).map(({ name }) => name);
  t.same([...new Set(nameless)], ['POST /v1/desk/imports']);
  const { requestBody } = operations.find(({ name }) => name.endsWith('/{locale}/publish'))?.sent ?? {};
  t.equal(requestBody?.required, false, 'one in which nothing is required may be left out');
  for (const path of ['articles', 'imports'])
    t.ok(operations.find(({ name }) => name === `POST /v1/desk/${path}`)?.sent.requestBody?.required, path);
});

test('what stands around the data of answers has a name, and so has the kind of a story', async (t) => {
  const inline = new Map<string, number>();
  for (const { responses } of operations)
    for (const { schema } of Object.values(responses).flatMap(({ content }) => Object.values(content ?? {}))) {
      const { links, meta } = (schema?.properties ?? {}) as Record<string, { $ref?: string } | undefined>;
      for (const part of [links, meta]) {
        const text = JSON.stringify(part);
        if (part && !part.$ref) inline.set(text, (inline.get(text) ?? 0) + 1);
      }
    }
  t.ok(inline.size > 0, 'those of single answers were found');
  // The links of a region, tag or contributor, by key and by slug, are the most that is left.
  t.ok(Math.max(...inline.values()) <= 6, 'what many answers have in common is not among them');
  t.match(schemas.ArticleCard, { properties: { kind: { $ref: '#/components/schemas/Kind' } } });
});

test('a body of a media type that is not documented is refused with the word of those that are', async (t) => {
  const { desk } = await buildTestApp(t);
  const [JSON_TYPE, PATCH_TYPE] = ['application/json', 'application/merge-patch+json'];
  const values: Record<string, string> = { id: '019a0000-0000-7000-8000-000000000000', locale: 'en', version: '1' };
  for (const { name, sent } of operations) {
    const documented = Object.keys(sent.requestBody?.content ?? {});
    if (!documented.includes(JSON_TYPE)) continue;
    const [method, template = ''] = name.split(' ') as [Method, string];
    t.same(
      documented,
      method === 'PATCH' ? [PATCH_TYPE, JSON_TYPE] : documented.filter((type) => type !== PATCH_TYPE),
      name,
    );
    const url = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? 'none');
    const type = method === 'PATCH' ? 'application/json-patch+json' : PATCH_TYPE;
    const { statusCode, headers } = await desk(method, url, { payload: '{}', headers: { 'content-type': type } });
    t.equal(statusCode, 415, name);
    t.equal(headers.accept, documented.join(', '), name);
    t.equal(headers['accept-patch'], method === 'PATCH' ? documented.join(', ') : undefined, name);
  }
});

test('a body where none is wanted is refused by an answer that the document knows, whatever the write', async (t) => {
  const { desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const without = operations.filter(
    ({ name, sent }) => / \/v1\/desk/.test(name) && !/^GET /.test(name) && !sent.requestBody,
  );
  t.ok(without.length > 25, 'such operations were found');
  const values: Record<string, string> = { id: '019a0000-0000-7000-8000-000000000000', locale: 'en', version: '1' };
  for (const { name } of without) {
    const [method, template = ''] = name.split(' ') as [Method, string];
    const url = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? 'none');
    const answer = await desk(method, url, { payload: '<a/>', headers: { 'content-type': 'application/xml' } });
    t.equal(answer.statusCode, 415, name);
  }
});

test('every parameter says what it does, and that of a language which one is answered without it', async (t) => {
  type Described = { parameters?: { name: string; in: string; description?: string }[] };
  const all = operations.flatMap(({ name, operation }) =>
    ((operation as Described).parameters ?? []).map((parameter) => ({ operation: name, ...parameter })),
  );
  t.same(
    all.filter(({ description = '' }) => description === '').map(({ operation, name }) => `${operation}: ${name}`),
    [],
  );
  for (const { operation, name, in: place, description } of all)
    if (name === 'locale' && place === 'query' && !operation.includes('/desk/'))
      t.match(description, /default one of the site|in this language alone/, operation);
});

test('If-Match is required by the document where the server answers 428 without it', async (t) => {
  for (const { name, sent, operation } of operations) {
    const header = sent.parameters?.find((parameter) => parameter.in === 'header' && parameter.name === 'if-match');
    t.equal(header?.required ?? false, '428' in operation.responses, name);
  }
});

test('an answer that leads elsewhere names the header that says where', async (t) => {
  const moved = operations.filter(({ responses }) => '301' in responses);
  t.ok(moved.length > 10, 'such answers were found');
  for (const { name, responses } of moved) t.ok(responses['301']?.headers?.Location, name);
});

test('pictures are bytes, not text', async (t) => {
  const pictures = operations.flatMap(({ responses }) =>
    Object.entries(responses['200']?.content ?? {}).filter(([type]) => type.startsWith('image/')),
  );
  t.ok(pictures.length > 1, 'pictures were found');
  for (const [type, { schema }] of pictures) t.equal(schema?.format, 'binary', type);
});

test('a story cut to some fields has those that always come along', async (t) => {
  t.same(schemas.SparseArticle?.required, ['id', 'locale']);
  t.same(schemas.SparseSearchHit?.required, ['id', 'locale', 'highlight']);
});

test('what a problem says besides what every problem says has a type', async (t) => {
  const known = Object.keys(schemas.Problem?.properties ?? {});
  for (const member of ['currentVersion', 'changedFields', 'notice', 'withdrawnAt', 'translations', 'lock', 'limit'])
    t.ok(known.includes(member), member);
});

test('a list that comes as one parameter for each value is refused with the word of how it goes', async (t) => {
  const { request } = await buildTestApp(t);
  const messageOf = async (query: string) => {
    const { statusCode, json } = await request('GET', `/v1/articles?${query}`);
    t.equal(statusCode, 400);
    return json().errors[0].message;
  };
  t.equal(
    await messageOf('kind=news&kind=video'),
    'kind is given more than once; its values are one list, joined by commas: kind=a,b',
  );
  t.equal(await messageOf('limit=1&limit=2'), 'limit is given more than once');
  t.equal((await request('GET', '/v1/articles?kind=news%2Cvideo')).statusCode, 200, 'commas may be coded');
});

// Seen to fail without each of the names of `exposedHeaders` in plugins/conventions.ts but Content-Language: in a browser, they were null.
test('a page of another origin can read every header that the document names, and those that say how or how often to ask', async (t) => {
  const { request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { headers } = await request('GET', '/v1/feeds/rss');
  const exposed = String(headers['access-control-expose-headers']).toLowerCase().split(', ');
  // Those that any page may read (Fetch, section 2.2.2), and one for crawlers alone.
  const readable = new Set([...exposed, 'content-language', 'content-length', 'x-robots-tag']);
  const named = operations.flatMap(({ responses }) =>
    Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
  );
  t.ok(new Set(named).size > 6, 'the headers were found');
  t.same(
    [...new Set(named)].filter((name) => !readable.has(name.toLowerCase())),
    [],
  );
  const { key } = await makePartner(desk);
  const once = { headers: { 'idempotency-key': 'once' }, payload: { locales: { en: { title: 'Ferry' } } } };
  await desk('POST', '/v1/desk/articles', once);
  const again = await desk('POST', '/v1/desk/articles', once);
  const counted = await as(key)('GET', '/v1/articles');
  const told = [
    [counted, 'ratelimit'],
    [counted, 'ratelimit-policy'],
    [counted, 'x-request-id'],
    [again, 'idempotent-replayed'],
    [again, 'location'],
    [again, 'etag'],
    [await desk('GET', '/v1/desk/articles.csv'), 'content-disposition'],
    [await request('GET', '/v1/feeds/rss'), 'content-location'],
    [await request('DELETE', '/v1/articles'), 'allow'],
    [await request('GET', '/v1/desk/articles'), 'www-authenticate'],
    [await desk('PATCH', '/v1/desk/site', { headers: { 'content-type': 'text/csv' }, payload: 'x' }), 'accept-patch'],
    [await request('POST', '/v1/hub', { headers: { 'content-type': 'text/csv' }, payload: 'x' }), 'accept'],
  ] as const;
  for (const [answer, name] of told) t.ok(answer.headers[name] && readable.has(name), name);
});
