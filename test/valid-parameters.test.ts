// Which parameters are taken, by the document as by the server: tools send what the document allows, and a 400 for it is a defect.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { schemasOf } from './fixtures/contract.ts';
import { expectStatus } from './fixtures/factories.ts';
import type { OpenApiDocument } from './fixtures/operations.ts';

const { app, desk, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const document = app.swagger() as unknown as OpenApiDocument;
const wrongIn = schemasOf(document);
for (const tag of ['hy', 'ru'])
  expectStatus(await desk('POST', '/v1/desk/locales', { payload: { tag, name: tag, direction: 'ltr' } }), 201);

const parameterOf = (path: string, name: string) => {
  const { parameters = [] } = (document.paths[path]?.get ?? {}) as { parameters?: { name: string }[] };
  const index = parameters.findIndex((parameter) => parameter.name === name);
  return `/paths/${encodeURIComponent(path.replaceAll('/', '~1'))}/get/parameters/${index}/schema`;
};

test('a chain of fallbacks with a language twice, or with more than none or site, is none by the document', async (t) => {
  const schema = parameterOf('/v1/articles', 'fallback');
  for (const wrong of [
    ['hy', 'hy'],
    ['none', 'hy'],
    ['hy', 'site'],
  ]) {
    t.not(wrongIn(schema, wrong).length, 0, wrong.join());
    const { errors } = expectStatus(
      await request('GET', `/v1/articles?locale=en&fallback=${wrong.join()}`),
      400,
    ).json();
    t.equal(errors[0].parameter, 'fallback');
  }
  for (const right of [['hy', 'ru'], ['none'], ['site']]) {
    t.same(wrongIn(schema, right), [], right.join());
    expectStatus(await request('GET', `/v1/articles?locale=en&fallback=${right.join()}`), 200);
  }
});

test('times that the server does not take are none by the document', async (t) => {
  const schema = parameterOf('/v1/articles', 'publishedAfter');
  const ask = (time: string) => request('GET', `/v1/articles?publishedAfter=${encodeURIComponent(time)}`);
  for (const wrong of [
    ...['0000-01-01T00:00:00Z', '2026-01-01T23:59:60Z', '1998-12-31T23:59:60Z', '2026-01-01 00:00:00Z'],
    ...['2026-01-01T00:00:00+16:00', '2026-01-01T00:00:00.0123456789Z', '2026-01-01T24:00:00Z', '2026-01-01T00:00Z'],
  ]) {
    t.not(wrongIn(schema, wrong).length, 0, wrong);
    t.match(expectStatus(await ask(wrong), 400).json(), { errors: [{ parameter: 'publishedAfter', code: 'format' }] });
  }
  for (const right of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '2024-02-29t00:00:00-15:59']) {
    t.same(wrongIn(schema, right), [], right);
    expectStatus(await ask(right), 200);
  }
});

test('what does not match a pattern is told in words, beside the pattern', async (t) => {
  const refused = async (answer: ReturnType<typeof request>) => expectStatus(await answer, 400).json().errors[0];
  t.match(await refused(request('GET', '/v1/articles?country=Armenia')), {
    parameter: 'country',
    message: /"\^\[A-Z\]\{2\}\$": ISO 3166-1 alpha-2 country code$/,
  });
  const payload = { locales: { en: { title: 'Headline', slug: 'My Slug' } } };
  t.match(await refused(desk('POST', '/v1/desk/articles', { payload })), {
    pointer: '/locales/en/slug',
    message: /: Lower-case letters and digits of any script joined by hyphens/,
  });
});
