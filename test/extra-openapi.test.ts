// The OpenAPI document of a running server describes the custom fields of its newsroom as they are now; internal ones are not in it.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { schemasOf } from './fixtures/contract.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { lintDocument, validateDocument } from './fixtures/linting.ts';
import type { OpenApiDocument } from './fixtures/operations.ts';
import { makeTag } from './fixtures/taxonomy.ts';

const { app, desk, request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const other = await buildTestApp(t, { roles: { api: true, jobs: false }, databaseUrl });
await makeTag(desk, { key: 'otters' });

const read = async (send = request) => {
  // A change is heard of at once on the node that made it, and some milliseconds later on others.
  await other.app.forgetChanged();
  const answer = expectStatus(await send('GET', '/openapi.json'), 200);
  return { document: answer.json<OpenApiDocument>(), etag: String(answer.headers.etag), body: answer.body };
};
const parametersOf = (document: OpenApiDocument) =>
  (document.paths['/v1/articles'] as unknown as { get: { parameters: { name: string; schema: object }[] } }).get
    .parameters;

test('without custom fields it is the document of the routes', async (t) => {
  t.equal((await read()).body, JSON.stringify(app.swagger()));
});

test('public fields are described by kind and as filters, on every node, at once; internal ones nowhere', async (t) => {
  const before = await read(other.request);
  await makeField(desk, {
    key: 'season',
    label: { en: 'Zqseasonlabel' },
    type: 'choice',
    choices: ['spring', 'autumn'],
    kinds: ['news'],
    filterable: true,
  });
  await makeField(desk, { key: 'depth' });
  await makeField(desk, { key: 'animal', type: 'tag', filterable: true });
  await makeField(desk, { key: 'day', type: 'date', localised: true });
  await makeField(desk, { key: 'zqinternal', type: 'text', public: false });
  const { document, etag, body } = await read(other.request);
  t.equal(body, (await read()).body);
  t.not(etag, before.etag);
  t.notMatch(body, /zqinternal/);
  const { schemas = {} } = (document as { components?: { schemas?: Record<string, object> } }).components ?? {};
  t.match(schemas.ExtraOfNews, {
    additionalProperties: false,
    properties: {
      season: { title: 'Zqseasonlabel', enum: ['spring', 'autumn'] },
      depth: { type: 'number' },
      day: { format: 'date' },
    },
  });
  t.same(Object.keys((schemas.ExtraOfVideo as { properties: object }).properties), ['animal', 'day', 'depth']);
  t.same(Object.keys((schemas.DraftExtraInput as { properties: object }).properties), ['day']);
  const parameters = parametersOf(document);
  t.same(
    parameters.map(({ name }) => name).filter((name) => name.startsWith('extra.')),
    ['extra.animal', 'extra.season'],
  );
  t.match(parameters.find(({ name }) => name === 'extra.season')?.schema, { items: { enum: ['spring', 'autumn'] } });
  t.match(JSON.stringify(parameters.find(({ name }) => name === 'fields')), /"extra\.depth"/);
  const again = await request('GET', '/openapi.json', { headers: { 'if-none-match': etag } });
  t.equal(again.statusCode, 304);
});

test('a filter by a custom field is described where it is taken, and nowhere else', async (t) => {
  const { document } = await read();
  const reads = Object.entries(
    document.paths as unknown as Record<string, { get?: { parameters?: { name: string }[] } }>,
  ).flatMap(([path, { get }]) =>
    get && /^\/v1\/(?!desk)[^{]*$/.test(path) ? [{ path, parameters: get.parameters ?? [] }] : [],
  );
  for (const { path, parameters } of reads) {
    const isDescribed = parameters.some(({ name }) => name === 'extra.season');
    const needed = parameters.some(({ name }) => name === 'q') ? 'q=ferry&' : '';
    const { body } = await request('GET', `${path}?${needed}extra.season=none`);
    t.equal(body.includes('must be one of spring, autumn'), isDescribed, path);
  }
});

const OF_STORIES = /^\/v1\/(desk\/)?articles(\/\{id\}(\/locales)?)?$/;
/** The paths of stories with all that they refer to, custom fields among it: the rest is linted in openapi.test.ts, for 8 s of CPU. */
function partOf(document: OpenApiDocument): OpenApiDocument {
  const schemas = document.components?.schemas ?? {};
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => OF_STORIES.test(path)));
  const named = new Set<string>();
  const follow = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)) named.add(name);
  };
  follow(paths);
  for (const name of named) follow(schemas[name]); // and of those that are named by then
  const kept = Object.fromEntries([...named].map((name) => [name, schemas[name] ?? {}]));
  return { ...document, paths, components: { ...document.components, schemas: kept } };
}

test('it is valid, clean in the linters, and true of what stories hold', async (t) => {
  const { document } = await read();
  t.same(validateDocument(document), []);
  const part = partOf(document);
  for (const name of ['Extra', 'ExtraOfNews', 'StoryExtra', 'StoryExtraInput', 'DraftExtraInput'])
    t.ok(part.components?.schemas?.[name], `${name} is linted`);
  t.same(await lintDocument(part), []);
  const { id } = await makePublished(desk, {
    extra: { season: 'spring', depth: 2, animal: 'otters', zqinternal: 'x' },
    locales: { en: { extra: { day: '2026-05-26' } } },
  });
  const { extra } = (await request('GET', `/v1/articles/${id}`)).json().data;
  const wrongIn = schemasOf(document);
  t.same(wrongIn('/components/schemas/Extra', extra), []);
  t.same(wrongIn('/components/schemas/ExtraOfNews', extra), []);
  t.not(wrongIn('/components/schemas/ExtraOfVideo', extra).length, 0);
  t.not(wrongIn('/components/schemas/Extra', { season: 'winter' }).length, 0);
  const desked = (await desk('GET', `/v1/desk/articles/${id}`)).json().data.extra;
  t.same(wrongIn('/components/schemas/StoryExtra', desked), []);
  t.same(wrongIn('/components/schemas/StoryExtraInput', { ...desked, animal: 'otters', depth: null }), []);
});

test('what changes of a definition changes in the document; what becomes internal is gone from it', async (t) => {
  const { etag } = await read();
  const payload = { choices: ['spring', 'autumn', 'winter'], filterable: false };
  expectStatus(await desk('PATCH', '/v1/desk/fields/season', { version: 1, payload }), 200);
  const changed = await read(other.request);
  t.not(changed.etag, etag);
  t.match(changed.body, /"spring","autumn","winter"/);
  t.notMatch(changed.body, /extra\.season","in"/);
  expectStatus(await desk('PATCH', '/v1/desk/fields/season', { version: 2, payload: { public: false } }), 200);
  t.notMatch((await read(other.request)).body, /Zqseasonlabel/);
});
