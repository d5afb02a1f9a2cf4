// What is not public is in no byte of any public answer, header or error.
import t, { test } from 'tap';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { type OpenApiDocument, resolve } from './fixtures/operations.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'bay', countries: ['GE'] });
await makeRegion(desk, { key: 'cape', parent: 'bay' });
await makeTag(desk, { key: 'fog' });
await makeContributor(desk, { key: 'lookout' });
const PLACE = { region: 'cape', tags: ['fog'], byline: ['lookout'] };

/** One word of its own for each member, so that a leak tells where it came from. */
const canaries = (state: string) => {
  const word = (member: string) => `zq${state}${member}qz`;
  return {
    externalId: word('externalid'),
    draft: {
      title: `Heading ${word('title')}`,
      slug: word('slug'),
      standfirst: word('standfirst'),
      body: { text: word('body') },
      corrections: [{ at: '2026-01-01T00:00:00Z', text: word('correction') }],
    },
    rights: { holder: word('holder'), usageTerms: { en: word('terms') } },
  };
};
const make = async (state: string) => {
  const { draft, ...neutral } = canaries(state);
  return makeArticle(desk, { ...PLACE, ...neutral, locales: { en: draft } });
};

const draft = await make('draft');
const unpublished = await publishArticle(desk, await make('unpublished'));
expectStatus(await desk('POST', `/v1/desk/articles/${unpublished.id}/locales/en/unpublish`, { version: 1 }), 200);
const withdrawn = await publishArticle(desk, await make('withdrawn'));
const notice = { notice: 'We could not confirm it.' };
expectStatus(
  await desk('POST', `/v1/desk/articles/${withdrawn.id}/locales/en/withdraw`, { version: 1, payload: notice }),
  200,
);
const edited = await makePublished(desk, {
  ...PLACE,
  externalId: 'zqeditedexternalidqz',
  locales: { en: { slug: 'stays-public' }, ru: { slug: 'туман' } },
});
const scheduled = await make('scheduled');
const embargoed = await make('embargoed');
for (const [{ id }, embargo] of [
  [scheduled, false],
  [embargoed, true],
] as const) {
  const payload = { at: '2029-01-01T00:00:00Z', embargoed: embargo };
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/schedule`, { version: 1, payload }), 201);
}
const later = canaries('edited');
await makeTag(desk, { key: 'only-in-drafts', name: 'Only in drafts' });
expectStatus(
  await desk('PATCH', `/v1/desk/articles/${edited.id}/locales/en`, { version: 1, payload: later.draft }),
  200,
);
expectStatus(
  await desk('PATCH', `/v1/desk/articles/${edited.id}`, {
    version: 1,
    payload: { rights: later.rights, tags: ['only-in-drafts'] },
  }),
  200,
);
expectStatus(
  await desk('PATCH', `/v1/desk/articles/${draft.id}`, { version: 1, payload: { tags: ['fog', 'only-in-drafts'] } }),
  200,
);
const stories = { draft, scheduled, embargoed, unpublished, withdrawn, edited };
const hidden = [draft.id, scheduled.id, embargoed.id, unpublished.id, withdrawn.id];

const SEVERAL: Record<string, string[]> = {
  id: [...Object.values(stories).map(({ id }) => id), '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', 'x'],
  key: ['bay', 'fog', 'lookout', 'none'],
  slug: [
    ...Object.keys(stories).map((state) => `zq${state}slugqz`),
    'stays-public',
    encodeURIComponent('туман'),
    'fog',
    'none',
  ],
  locale: ['en', 'ru', 'rus', 'xx'],
  region: ['bay', 'cape,bay'],
  parent: ['bay'],
  tag: ['fog', 'only-in-drafts', 'zqdraftslugqz'],
  tagAll: ['fog,only-in-drafts', 'fog'],
  contributor: ['lookout'],
  kind: ['news,page', 'opinion'],
  country: ['GE'],
  type: ['topic', 'person'],
  publishedAfter: ['2020-01-01T00:00:00Z'],
  publishedBefore: ['2100-01-01T00:00:00Z'],
  updatedAfter: ['2020-01-01T00:00:00Z'],
  ids: [
    Object.values(stories)
      .map(({ id }) => id)
      .join(),
  ],
  excludeIds: [edited.id],
  sort: ['publishedAt', '-updatedAt'],
  limit: ['1', '101'],
  cursor: ['AAAA'],
  fields: ['title,body,corrections,rights', 'externalId'],
  include: ['region,tags,contributors,views', 'counts', 'views'],
  count: ['exact', 'estimate'],
  tree: ['true'],
  types: ['upsert', 'delete,redirect'],
  regions: ['bay', 'cape'],
  locales: ['en', 'rus'],
  wait: ['0', '31'],
  seconds: ['0'],
  file: [`${new Date().toISOString().slice(0, 7)}-1.xml`],
};
interface Parameter {
  name: string;
  in: string;
}

/** Every public GET of the document with each value of each parameter, and each two of them together. */
function publicUrls(): string[] {
  const document = app.swagger() as unknown as OpenApiDocument;
  const urls: string[] = [
    '/openapi.json',
    '/v1/nowhere',
    '/v1/articles/',
    '/v1/articles?status=draft',
    '/v1/desk/articles',
  ];
  for (const [path, item] of Object.entries(document.paths)) {
    const operation = item.get as (typeof item)['get'] & { parameters?: (Parameter & { $ref?: string })[] };
    if (!operation || operation.security?.some((one) => Object.keys(one).length > 0)) continue;
    const parameters = (operation.parameters ?? []).map((parameter) => resolve(document, parameter));
    const filled = (path.match(/\{\w+\}/g) ?? []).reduce(
      (paths, hole) =>
        paths.flatMap((one) => (SEVERAL[hole.slice(1, -1)] ?? ['x']).map((value) => one.replace(hole, value))),
      [path],
    );
    const single = parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => (SEVERAL[name] ?? ['x']).map((value) => `${name}=${value}`));
    const pairs = single.flatMap((first, at) =>
      single.slice(at + 1).flatMap((second) => first.flatMap((one) => second.map((two) => `${one}&${two}`))),
    );
    // Pairs multiply; where the path has parameters too, its queries are few.
    // A stream would stay open.
    const ending = path.endsWith('/stream') ? 'seconds=0' : '';
    for (const query of ['', ...single.flat(), ...pairs].map((one) => [one, ending].filter(Boolean).join('&')))
      urls.push(...filled.map((one) => (query ? `${one}?${query}` : one)));
  }
  return urls;
}

/** No shorter: of digests and cursors, which are random letters, one in some runs of these thousands of answers holds `zq`, a few more and `qz`. */
const CANARY = new RegExp(`zq(?:${Object.keys(stories).join('|')})\\w+qz`, 'g');

/** Links repeat what was asked, so the request's own words are taken out first. */
function canaryIn(url: string, { body, headers }: Answer): string | undefined {
  // Those who had a story that was withdrawn are told that it is gone, by its id (RFC 6721).
  const rest = body
    .replaceAll(/<at:deleted-entry ref="[^"]*"/g, '')
    .replaceAll(/\{"id":"[^"]*","type":"(?:delete|redirect)"[^{}]*"links":\{[^{}]*\}(?:,"item":null)?\}/g, '');
  const text = `${rest}${JSON.stringify(headers)}`.replaceAll(url, '').replaceAll(encodeURIComponent(url), '');
  const asked = decodeURIComponent(url);
  const [word] = (decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '')).match(CANARY) ?? []).filter(
    (found) => !asked.includes(found),
  );
  // A tag is public as soon as it is made; that a story has it is not.
  const tag = url.startsWith('/v1/articles') && text.includes('Only in drafts') ? 'the tag of a draft' : undefined;
  return word ?? tag ?? hidden.find((id) => text.includes(id) && !asked.includes(id));
}

test('no public route, with whatever parameters, tells a word of what is not public', async (t) => {
  const urls = publicUrls();
  const leaks: string[] = [];
  const statuses = new Map<number, number>();
  for (const url of urls) {
    const answer = await request('GET', url);
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    const leak = canaryIn(url, answer);
    if (leak) leaks.push(`${url}: ${leak}`);
  }
  t.same(leaks, []);
  t.ok(
    (statuses.get(200) ?? 0) > 300 && (statuses.get(400) ?? 0) > 100 && (statuses.get(404) ?? 0) > 10,
    JSON.stringify([...statuses]),
  );
  t.ok((statuses.get(410) ?? 0) >= 2, 'the withdrawn one is told by its notice alone');
  t.notOk(
    [...statuses.keys()].some((status) => status >= 500),
    'and nothing broke',
  );
});

test('the canaries are there to be found: the desk shows each of them', async (t) => {
  for (const [state, { id }] of Object.entries(stories)) {
    const seen =
      JSON.stringify(await getDeskArticle(desk, id)) + (await desk('GET', `/v1/desk/articles/${id}/locales/en`)).body;
    for (const member of ['title', 'slug', 'standfirst', 'body', 'correction', 'externalid', 'holder', 'terms']) {
      t.match(seen, `zq${state}${member}qz`);
    }
  }
});

test('refused requests of every method tell and change nothing', async (t) => {
  const before = await app.db.pool.query('select count(*) from audit');
  for (const { id } of Object.values(stories)) {
    for (const url of [
      `/v1/articles/${id}`,
      `/v1/desk/articles/${id}`,
      `/v1/desk/articles/${id}/locales/en`,
      `/v1/desk/articles/${id}/locales/en/publish`,
    ]) {
      for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
        const answer = await request(method, url, {
          headers: { 'content-type': 'application/json', 'if-match': '"1"' },
          payload: '{}',
        });
        t.equal(canaryIn(url, answer), undefined, `${method} ${url}`);
      }
    }
    const viewed = await request('POST', `/v1/articles/${id}/views`, {
      headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
    });
    t.equal(viewed.statusCode, 204);
  }
  const counted = await app.db.pool.query('select distinct article_id as id from view_counts');
  t.same(
    counted.rows.map(({ id }) => id),
    [edited.id],
    'a view of what is not public is no view',
  );
  t.same((await app.db.pool.query('select count(*) from audit')).rows, before.rows);
});

test('a draft that is edited moves no ETag, no time, no count and no byte in public', async (t) => {
  const urls = publicUrls()
    .filter((url) => !/[?&](limit=101|cursor)|\/views/.test(url))
    .filter((_, n) => n % 7 === 0);
  const state = async () => {
    const found: [string, number, unknown, unknown, string][] = [];
    for (const url of urls) {
      const { statusCode, headers, body } = await request('GET', url);
      const steady = body.replaceAll(/"(traceId|asOf)":"[^"]*"/g, '');
      found.push([url, statusCode, headers.etag, headers['last-modified'], steady]);
    }
    return found;
  };
  const before = await state();
  for (const { id } of [draft, scheduled, embargoed, unpublished, withdrawn, edited]) {
    const { version } = (await desk('GET', `/v1/desk/articles/${id}/locales/en`)).json().data;
    const payload = { title: `Again ${id}`, slug: `again-${id}`, body: { text: 'Once more.' } };
    expectStatus(await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, { version, payload }), 200);
    const article = await getDeskArticle(desk, id);
    expectStatus(
      await desk('PATCH', `/v1/desk/articles/${id}`, {
        version: article.version,
        payload: { kind: 'video', region: 'bay' },
      }),
      200,
    );
  }
  await makeArticle(desk, { ...PLACE, tags: ['fog'], locales: { en: {}, ru: {} } });
  t.ok(before.length > 80, `${before.length} answers are compared`);
  t.same(await state(), before);
});
