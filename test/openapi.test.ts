// The OpenAPI document as its users meet it: valid, clean in their linters, with examples that are true, in step with the routes.
import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import { buildDocument, compareDocuments, printDocument } from '../src/commands/document.ts';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { schemasOf } from './fixtures/contract.ts';
import { lintDocument, validateDocument } from './fixtures/linting.ts';
import { listOperations, type MediaType, type OpenApiDocument } from './fixtures/operations.ts';

const document = (await buildDocument()) as unknown as OpenApiDocument;
const operations = listOperations(document);

test('the document is built without a database, and has the public and the desk operations', async (t) => {
  const names = operations.map(({ name }) => name);
  t.ok(names.includes('GET /v1/articles'));
  t.ok(names.includes('POST /v1/desk/articles'));
});

test('the document is valid by the meta-schema of OpenAPI 3.1', async (t) => {
  t.same(validateDocument(document), []);
  t.not(validateDocument({ ...document, paths: { '/x': { get: 7 } } }).length, 0, 'a broken one is found out');
});

test('the document has neither errors nor warnings in Redocly and Spectral', async (t) => {
  t.same(await lintDocument(document), []);
  // Of little else, since to lint all of it once more would take as long as the first time.
  const { openapi, tags } = document;
  const found = await lintDocument({ openapi, tags, paths: {} });
  for (const linter of [/^redocly .*\binfo\b/, /^spectral .*\binfo\b/])
    t.ok(
      found.some((text) => linter.test(text)),
      'one without info is found out by each',
    );
});

test('every operation has an id, a summary and a tag that is described', async (t) => {
  const described = (document.tags ?? []).map(({ name }) => name);
  for (const { name, operation } of operations) {
    t.match(operation.operationId, /^[a-z][A-Za-z]+$/, `${name} has an operationId`);
    t.ok(operation.summary, `${name} has a summary`);
    t.ok(operation.tags?.length, `${name} has a tag`);
    for (const tag of operation.tags ?? []) t.ok(described.includes(tag), `${name}: the tag ${tag} is described`);
  }
});

function examplesOf({ example, examples, schema }: MediaType): unknown[] {
  const named = Object.values(examples ?? {}).map(({ value }) => value);
  const inSchema = Array.isArray(schema?.examples) ? schema.examples : [];
  return [example, schema?.example, ...named, ...inSchema].filter((value) => value !== undefined);
}

test('every request body and every JSON answer has an example, and the examples are valid', async (t) => {
  const wrongIn = schemasOf(document);
  for (const { name, pointer, operation } of operations) {
    const bodies = Object.entries(operation.requestBody?.content ?? {}).map(([type, media]) => {
      return [`${name} takes ${type}`, `${pointer}/requestBody/content`, type, media] as const;
    });
    const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
      Object.entries(content ?? {})
        .filter(([type]) => status.startsWith('2') && /[/+]json$/.test(type))
        .map(
          ([type, media]) =>
            [`${name} answers ${status}`, `${pointer}/responses/${status}/content`, type, media] as const,
        ),
    );
    for (const [title, at, type, media] of [...bodies, ...answers]) {
      const found = examplesOf(media);
      t.ok(found.length > 0, `${title}: there is an example`);
      const schema = `${at}/${encodeURIComponent(type.replaceAll('/', '~1'))}/schema`;
      for (const example of found) t.same(wrongIn(schema, example), [], `${title}: the example is valid`);
    }
  }
});

/** Where an object lets members through that it does not name. */
function openObjects(node: unknown, pointer: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const children = Object.entries(node).flatMap(([key, child]) =>
    /^(example|examples|default|enum|const)$/.test(key) ? [] : openObjects(child, `${pointer}/${key}`),
  );
  const isOpen = 'type' in node && node.type === 'object' && !('additionalProperties' in node) && !('allOf' in node);
  return isOpen ? [pointer, ...children] : children;
}

test('every object says whether it may have members that it does not name, so that a leak breaks the contract', async (t) => {
  t.same(openObjects(document, ''), []);
  t.same(openObjects({ a: { type: 'object', properties: {} } }, ''), ['/a'], 'an open one is found out');
});

// Seen to fail without `propertyNames` in byLocale (schemas.ts): @fastify/swagger keeps of `patternProperties` what they hold, not how they are named.
test('what stands by language is refused under any other name, by the document as by the server', async (t) => {
  const { desk } = await buildTestApp(t);
  const wrongIn = schemasOf(document);
  const bodyOf = (name: string) => ({ key: 'port', type: 'topic', texts: { [name]: { name: 'Port' } } });
  const schema = '/paths/~1v1~1desk~1tags/post/requestBody/content/application~1json/schema';
  for (const name of ['e', 'no_language', '42', '']) {
    t.not(wrongIn(schema, bodyOf(name)).length, 0, name);
    const answer = await desk('POST', '/v1/desk/tags', { payload: bodyOf(name) });
    t.match(answer.json(), { status: 400, errors: [{ pointer: `/texts/${name}`, code: 'unknown' }] }, name);
  }
  t.same(wrongIn(schema, bodyOf('en')), []);
  t.equal((await desk('POST', '/v1/desk/tags', { payload: bodyOf('en') })).statusCode, 201);
});

test('an If-Match that is refused is none by the document', async (t) => {
  const wrongIn = schemasOf(document);
  for (const { name, operation, pointer } of operations) {
    const { parameters = [] } = operation as { parameters?: { name: string }[] };
    const at = parameters.findIndex((parameter) => parameter.name === 'if-match');
    if (at < 0) continue;
    const schema = `${pointer}/parameters/${at}/schema`;
    for (const wrong of ['3', '*', 'W/"3"', '"0"', '"1", "2"', '"2147483648"', ''])
      t.not(wrongIn(schema, wrong).length, 0, `${name}: ${wrong}`);
    t.same(wrongIn(schema, '"3"'), [], name);
  }
});

test('an operation needs a key if, and only if, the document says so', async (t) => {
  const { request } = await buildTestApp(t);
  const values: Record<string, string> = { id: '019a0000-0000-7000-8000-000000000000', locale: 'en' };
  for (const { name, operation } of operations) {
    const [method, template = ''] = name.split(' ') as [Method, string];
    const path = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? 'none');
    // A stream would stay open.
    const { statusCode } = await request(method, path.endsWith('/stream') ? `${path}?seconds=0` : path);
    if (operation.security?.length) t.equal(statusCode, 401, `${name} needs a key`);
    else t.not(statusCode, 401, `${name} needs no key`);
  }
});

test('openapi/openapi.json is in step with the routes', async (t) => {
  const committed: unknown = JSON.parse(await readFile(new URL('../openapi/openapi.json', import.meta.url), 'utf8'));
  const built: unknown = JSON.parse(printDocument(document as unknown as Record<string, unknown>));
  t.same(compareDocuments(committed, built), [], 'npm run openapi writes it anew');
});

test('the difference of two documents is told by place, and the order of registration makes none', async (t) => {
  const before = { paths: { '/a': { get: { summary: 'A' } }, '/b': {} }, components: { schemas: { X: 1, Y: 2 } } };
  const after = { paths: { '/c': {}, '/a': { get: { summary: 'B' } } }, components: { schemas: { Y: 2, X: 1 } } };
  t.same(compareDocuments(before, after), ['~ /paths/~1a/get/summary', '- /paths/~1b', '+ /paths/~1c']);
  t.same(compareDocuments(undefined, after), ['~ (document)']);
  t.equal(
    printDocument({ openapi: '3.1.0', paths: { b: 1, a: 2 }, components: { schemas: { Y: 1, X: 2 } } }),
    printDocument({ openapi: '3.1.0', paths: { a: 2, b: 1 }, components: { schemas: { X: 2, Y: 1 } } }),
  );
});
