// Feeds, ninjs and the other forms with a partner's key: its own stories and no others, texts only where it may republish them, kept for nobody.
import t, { test } from 'tap';
import { buildTestApp, type RequestOptions } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'hy', { position: 2 });
await makeRegion(desk, { key: 'north' });
await makeRegion(desk, { key: 'south' });
for (const key of ['ice', 'sand']) await makeTag(desk, { key });

/** Stands in each text of a story, or of a language of it, that the partner below may not have. */
const CANARY = 'zqforeignqz';
/** Stands in texts of its stories. */
const TEXT = 'zqtextqz';
const secret = (slug: string) => ({
  title: `${CANARY} ${slug}`,
  slug: `${CANARY}-${slug}`,
  standfirst: CANARY,
  body: { markdown: CANARY },
});
const own = (slug: string) => ({
  title: `Own ${slug}`,
  slug,
  body: { markdown: `## ${TEXT}\n\n![${TEXT}](https://${TEXT}.example/a.jpg)` },
});
const mine = { region: 'north', tags: ['ice'] };
const one = await makePublished(desk, { ...mine, locales: { en: own('one'), hy: secret('hy') } });
const embargo = { syndicatable: true, partnerEmbargoMinutes: 60 };
const early = await makePublished(desk, { ...mine, rights: embargo, locales: { en: own('early') } });
const never = await makePublished(desk, { ...mine, rights: { syndicatable: false }, locales: { en: own('never') } });
const foreign = [
  await makePublished(desk, { region: 'south', tags: ['ice'], locales: { en: secret('region') } }),
  await makePublished(desk, { region: 'north', tags: ['sand'], locales: { en: secret('tag') } }),
  await makePublished(desk, { ...mine, kind: 'opinion', locales: { en: secret('kind') } }),
  await makePublished(desk, { ...mine, locales: { hy: secret('language') } }),
];

const ENTITLED = { regions: ['north'], tags: ['ice'], kinds: ['news' as const], locales: ['en'], perMinute: 100_000 };
const { partner, key } = await makePartner(desk, ENTITLED);
const send = as(key);
const summaries = as((await makePartner(desk, { ...ENTITLED, fullText: false })).key);
const first = as((await makePartner(desk, { ...ENTITLED, embargoed: true })).key);
const read = async (path: string, by = send, options: RequestOptions = {}) => {
  const answer = expectStatus(await by('GET', path, options), 200);
  t.notMatch(answer.body, CANARY, path);
  t.notMatch(JSON.stringify(answer.headers), CANARY, path);
  return answer;
};
const LISTS = ['feeds/rss', 'feeds/atom', 'feeds/json', 'ninjs'].map((name) => `/v1/${name}`);
const timesIn = (text: string, what: string) => text.split(what).length - 1;
const end = async (id: string, payload: object, locale = 'en') => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/withdraw`, { version, payload }), 200);
};

test("each list holds the partner's stories alone, in whatever way it is asked, and is kept for nobody", async (t) => {
  const everything = [one, early, never, ...foreign].map(({ id }) => id).join();
  for (const list of LISTS) {
    const open = expectStatus(await request('GET', list), 200);
    t.match(open.body, CANARY, 'whoever asks without a key gets all');
    for (const search of [
      '',
      `?ids=${everything}`,
      '?locale=en&fallback=hy',
      '?region=north',
      '?limit=1',
      '?sort=-updatedAt',
    ]) {
      const { headers, body } = await read(list + search);
      t.equal(headers['cache-control'], 'private, no-store');
      t.match(headers.ratelimit, /^"minute";/);
      t.equal(headers['last-modified'], undefined);
      t.match(body, search === '?limit=1' ? 'Own never' : 'Own one');
    }
    for (const search of ['?region=south', '?tag=sand', `?ids=${foreign.map(({ id }) => id)}`])
      t.notMatch((await read(list + search)).body, 'Own', search);
    for (const [search, parameter] of [
      ['locale=hy', 'locale'],
      ['kind=opinion', 'kind'],
    ])
      t.match(expectStatus(await send('GET', `${list}?${search}`), 403).json(), {
        code: 'not_entitled',
        errors: [{ parameter }],
      });
    t.equal((await request('GET', list)).body, open.body, 'what the public gets stays what it was');
  }
});

test('the text of a story stands in a list only where the partner may republish it, which the summary does not say', async (t) => {
  for (const list of LISTS) {
    const texts = async (by: typeof send, search = '') => {
      const { body } = await read(list + search, by);
      t.equal(timesIn(body, 'Own early') > 0, true, 'the story itself is there');
      return timesIn(body, `>${TEXT}<`) || timesIn(body, `&gt;${TEXT}&lt;`) || timesIn(body, `&#x3E;${TEXT}&#x3C;`);
    };
    t.equal(await texts(send), 1, list);
    t.equal(await texts(first), 2, 'one that need not wait has it before the embargo is over');
    t.notMatch((await read(list, summaries)).body, TEXT);
    if (list !== '/v1/ninjs') t.notMatch((await read(`${list}?content=summary`)).body, `${TEXT}.example`);
  }
  const { data } = (await read('/v1/ninjs')).json();
  const parts = data.map(({ title, representationType, bodies }: { [name: string]: unknown[] }) => [
    title,
    representationType,
    bodies?.length,
  ]);
  t.same(parts, [
    ['Own never', 'partial', 0],
    ['Own early', 'partial', 0],
    ['Own one', 'full', 2],
  ]);
});

test('what has not changed is a 304 to the partner that has it, and to nobody else', async (t) => {
  for (const list of LISTS) {
    const { etag } = (await read(list)).headers;
    const same = { headers: { 'if-none-match': String(etag) } };
    const again = expectStatus(await send('GET', list, same), 304);
    t.match([again.headers['cache-control'], again.body], ['private, no-store', '']);
    for (const by of [request, summaries]) expectStatus(await by('GET', list, same), 200);
    const since = { headers: { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() } };
    expectStatus(await send('GET', list, since), 200);
  }
});

test('a feed of a partner has an id of its own and no hub, which would send what it was not cut to', async (t) => {
  const id = (body: string) => /<id>(.*?)<\/id>/.exec(body)?.[1];
  const open = await request('GET', '/v1/feeds/atom');
  const { body, headers } = await read('/v1/feeds/atom');
  t.match(id(body), new RegExp(`feed/en\\?partner=${partner.code}$`));
  t.not(id(body), id(open.body));
  t.match(open.body, 'rel="hub"');
  t.notMatch(body + headers.link, /rel="?hub/);
  t.match(String(headers.link), 'rel="self"');
  t.equal((await read('/v1/feeds/json')).json().hubs, undefined);
});

test('a single story comes in each form within the entitlements, and no other story in any', async (t) => {
  const FORMS = ['ninjs', 'jsonld', 'text', 'markdown', 'republish'];
  for (const form of FORMS) {
    const { headers } = await read(`/v1/articles/${one.id}/${form}`);
    t.equal(headers['cache-control'], 'private, no-store');
    for (const { id, locales } of foreign) {
      const answer = await send('GET', `/v1/articles/${id}/${form}`);
      t.equal(answer.statusCode, locales[0]?.locale === 'hy' ? 404 : 403, form);
      t.notMatch(answer.body, CANARY);
    }
    expectStatus(await send('GET', `/v1/articles/${one.id}/${form}?locale=hy`), 403);
  }
  for (const form of ['text', 'markdown', 'republish']) {
    const path = (id: string) => `/v1/articles/${id}/${form}`;
    t.match(expectStatus(await summaries('GET', path(one.id)), 403).json(), { code: 'not_entitled' });
    t.match(expectStatus(await send('GET', path(early.id)), 403).json(), { code: 'not_syndicatable' });
    t.match(expectStatus(await first('GET', path(never.id)), 403).json(), { code: 'not_syndicatable' });
    expectStatus(await first('GET', path(early.id)), 200);
  }
  for (const form of ['ninjs', 'jsonld'])
    t.notMatch((await read(`/v1/articles/${one.id}/${form}`, summaries)).body, TEXT);
  t.match((await read(`/v1/articles/${early.id}/ninjs`)).json(), { representationType: 'partial', bodies: [] });
});

test('texts that were taken are in the report by their form, and what came as 304, HEAD or summary is not', async (t) => {
  const { partner: other, key: held } = await makePartner(desk, ENTITLED);
  const by = as(held);
  const list = '/v1/feeds/rss';
  const { etag } = (await read(list, by)).headers;
  expectStatus(await by('GET', list, { headers: { 'if-none-match': String(etag) } }), 304);
  expectStatus(await by('HEAD', list), 200);
  await read(`${list}?content=summary`, by);
  await read('/v1/ninjs', by);
  for (const form of ['ninjs', 'jsonld', 'text', 'markdown']) await read(`/v1/articles/${one.id}/${form}`, by);
  const story = await read(`/v1/articles/${one.id}`, by);
  expectStatus(
    await by('GET', `/v1/articles/${one.id}`, { headers: { 'if-none-match': String(story.headers.etag) } }),
    304,
  );
  await app.takings.flush();
  const usage = async (id: string) => (await desk('GET', `/v1/desk/partners/${id}/usage`)).json().data;
  t.match(await usage(other.id), { taken: 6, formats: { feed: 1, ninjs: 2, text: 1, markdown: 1, article: 1 } });
  const quiet = await makePartner(desk, { ...ENTITLED, fullText: false });
  for (const path of [...LISTS, `/v1/articles/${one.id}/ninjs`, `/v1/articles/${one.id}`])
    await read(path, as(quiet.key));
  await app.takings.flush();
  t.equal((await usage(quiet.partner.id)).taken, 0);
});

test('each counts against the quota, a 304 as well, and one too many is refused', async (t) => {
  const by = as((await makePartner(desk, { ...ENTITLED, perMinute: 100, perDay: 7 })).key);
  const paths = [...LISTS, `/v1/articles/${one.id}/ninjs`, `/v1/articles/${one.id}/text`];
  for (const [n, path] of paths.entries())
    t.match((await read(path, by)).headers.ratelimit, new RegExp(`"day";r=${6 - n};`));
  expectStatus(await by('GET', '/v1/feeds/rss', { headers: { 'if-none-match': '*' } }), 304);
  expectStatus(await by('GET', '/v1/feeds/rss'), 429);
});

test('the end of a story is told to partners that could have had it, and to no other', async (t) => {
  const notice = { notice: `${CANARY} notice` };
  const gone = await makePublished(desk, { ...mine, locales: { en: { title: 'Own gone' } } });
  await end(gone.id, { notice: 'It was wrong.' });
  const others = [
    await makePublished(desk, { region: 'south', tags: ['ice'] }),
    await makePublished(desk, { region: 'north', tags: ['sand'] }),
    await makePublished(desk, { ...mine, kind: 'opinion' }),
  ];
  for (const { id } of others) await end(id, notice);
  const half = await makePublished(desk, { ...mine, locales: { en: {}, hy: { slug: 'gone-hy' } } });
  await end(half.id, notice, 'hy');
  const { body } = await read('/v1/feeds/atom');
  t.equal(timesIn(body, '<at:deleted-entry'), 1);
  t.match(body, 'It was wrong.');
  t.equal(timesIn((await request('GET', '/v1/feeds/atom')).body, '<at:deleted-entry'), 4);
  t.match(expectStatus(await send('GET', `/v1/articles/${gone.id}`), 410).json(), { notice: 'It was wrong.' });
  for (const { id, locales } of others) {
    for (const path of [id, `by-slug/en/${locales[0]?.slug}`, `${id}/ninjs`, `${id}/republish`])
      t.notMatch(expectStatus(await send('GET', `/v1/articles/${path}`), 404).body, CANARY);
    expectStatus(await request('GET', `/v1/articles/${id}`), 410);
  }
  t.notMatch(expectStatus(await send('GET', '/v1/articles/by-slug/hy/gone-hy'), 404).body, CANARY);
  t.match(expectStatus(await request('GET', '/v1/articles/by-slug/hy/gone-hy'), 410).body, CANARY);
  const led = await makePublished(desk, mine);
  await end(led.id, { type: 'redirect', redirectTo: foreign[0]?.id });
  const answer = expectStatus(await send('GET', `/v1/articles/${led.id}`), 403);
  t.equal(answer.headers.location, undefined);
  t.notMatch(answer.body, foreign[0]?.id ?? CANARY);
});
