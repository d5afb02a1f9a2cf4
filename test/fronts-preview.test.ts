// Previews of fronts: how editors see a page before readers do, and that nobody else does.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront, slotsOf } from './fixtures/fronts.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keyWith } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'coast' });
const { id: first } = await makePublished(desk, { region: 'coast', locales: { en: { title: 'First' } } });
const { id: second } = await makePublished(desk, { locales: { en: { title: 'Second' } } });
const titlesOn = async (url: string, send = desk) =>
  Object.fromEntries(
    Object.entries(await slotsOf(send, url)).map(([key, items]) => [key, items.map(({ title }) => title)]),
  );
const urlOf = (slug: string, query = '') => `/v1/desk/fronts/${slug}/preview${query}`;

// Seen to fail with: `also` left out of fill() in previews/front-routes.ts.
test('a preview shows drafts that are pinned, in the language asked for, and the public sees none of it', async (t) => {
  const { id } = await makeArticle(desk, {
    region: 'coast',
    locales: { en: { title: 'Zqdraft', body: { text: 'Zqbody.' } }, ru: { title: 'Zqчерновик' } },
  });
  const slots = [
    { key: 'lead', size: 2, pinned: [{ articleId: id }], source: { type: 'filter' as const, region: ['coast'] } },
    { key: 'rest', size: 5, source: { type: 'filter' as const } },
  ];
  const { slug } = await makeFront(desk, { slots });
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${first}/locales/en`, { version: 1, payload: { title: 'Zqnewer' } }),
    200,
  );
  const answer = expectStatus(await desk('GET', urlOf(slug)), 200);
  t.match(answer.headers, { 'cache-control': 'private, no-store', 'content-language': 'en' });
  t.equal(answer.headers.etag, undefined);
  const { data, meta, links } = answer.json();
  t.same(await titlesOn(urlOf(slug)), { lead: ['Zqdraft', 'First'], rest: ['Second'] });
  t.match(data.slots[0].items[0], { id, region: { key: 'coast' }, locale: 'en', translations: [] });
  t.match(meta, { requestedLocale: 'en', locale: 'en', preview: true, unpublished: [{ id, status: 'draft' }] });
  t.equal(links.self, `https://api.example.org${urlOf(slug)}`);
  t.same(await titlesOn(urlOf(slug, '?locale=ru')), { lead: ['Zqчерновик'], rest: [] });
  const [lead] = (await desk('GET', urlOf(slug, '?fields=body.text'))).json().data.slots;
  t.same(lead.items[0], { id, locale: 'en', body: { text: 'Zqbody.' } });
  for (const url of [`/v1/fronts/${slug}`, `/v1/fronts/${slug}?fields=body`, '/v1/fronts'])
    t.notMatch((await request('GET', url)).body, /Zq/);

  const at = new Date(Date.now() + 86_400_000).toISOString();
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/schedule`, { version: 1, payload: { at } }), 201);
  t.same((await desk('GET', urlOf(slug))).json().meta.unpublished, [{ id, status: 'scheduled' }]);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/ru/publish`, { version: 1, payload: {} }), 200);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/ru/withdraw`, { version: 1, payload: {} }), 200);
  t.same(await titlesOn(urlOf(slug, '?locale=ru')), { lead: [], rest: [] }, 'what was withdrawn is not shown');
});

// Seen to fail with: all of the chain in place of its beginning in listPinnedDrafts().
test('a story that readers find in a better language is shown as it is public, whatever drafts it has in others', async (t) => {
  await makeLocale(desk, 'hy');
  const { id } = await makePublished(desk, { locales: { en: { title: 'In public' } } });
  const payload = { locale: 'hy', title: 'Սևագիր' };
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales`, { payload }), 201);
  const { slug } = await makeFront(desk, { slots: [{ key: 'lead', size: 1, pinned: [{ articleId: id }] }] });
  const shown = async (query: string) => {
    const { data, meta } = expectStatus(await desk('GET', urlOf(slug, query)), 200).json();
    return [data.slots[0].items.map(({ title }: { title: string }) => title), meta.unpublished];
  };
  t.same(await shown('?locale=ru&fallback=en,hy'), [['In public'], []]);
  t.same(await shown('?locale=ru&fallback=hy,en'), [['Սևագիր'], [{ id, status: 'draft' }]]);
});

// Seen to fail with: the present in place of `time` in stepsOf(); `<` for `<=` in dueJson(), or in isActive(), or `>=` for `>` there.
test('a preview shows the front as it will be at a time: changes that are due by then, pins that hold then', async (t) => {
  const noon = '2029-01-01T12:00:00Z';
  const slots = [
    {
      key: 'lead',
      size: 1,
      pinned: [
        { articleId: first, until: noon },
        { articleId: second, from: noon },
      ],
    },
  ];
  const { slug } = await makeFront(desk, { title: { en: 'Day' }, slots, public: false });
  const change = { at: '2029-01-02T00:00:00Z', front: { title: { en: 'Night' }, slots: [{ key: 'night', size: 1 }] } };
  expectStatus(await desk('POST', `/v1/desk/fronts/${slug}/changes`, { version: 1, payload: change }), 201);
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Late' } } });
  const late = { at: '2029-01-03T00:00:00Z', slot: { key: 'night', size: 1, pinned: [{ articleId: id }] } };
  expectStatus(await desk('POST', `/v1/desk/fronts/${slug}/changes`, { version: 2, payload: late }), 201);
  const when = (at: string) => urlOf(slug, `?at=${encodeURIComponent(at)}`);
  t.same(await titlesOn(urlOf(slug)), { lead: ['First'] });
  t.same(await titlesOn(when('2029-01-01T11:59:59.999Z')), { lead: ['First'] });
  t.same(await titlesOn(when('2029-01-01T16:00:00+04:00')), { lead: ['Second'] });
  t.same(await titlesOn(when('2029-01-01T23:59:59.999Z')), { lead: ['Second'] });
  const night = (await desk('GET', when('2029-01-02T00:00:00Z'))).json();
  t.match(night, { data: { title: 'Night' }, meta: { at: '2029-01-02T00:00:00.000Z', unpublished: [] } });
  t.same(await titlesOn(when('2029-01-02T23:00:00Z')), { night: [] });
  t.same(await titlesOn(when('2029-01-03T00:00:00Z')), { night: ['Late'] });
  t.equal((await request('GET', `/v1/fronts/${slug}`)).statusCode, 404, 'which is not public at all');
});

test('what cannot be previewed is refused', async (t) => {
  const { slug } = await makeFront(desk);
  const errorOf = async (query: string) =>
    problemOf(expectStatus(await desk('GET', urlOf(slug, query)), 400).body).errors?.[0];
  t.match(await errorOf('?at=2020-01-01T00:00:00Z'), { parameter: 'at', code: 'past' });
  t.match(await errorOf('?at=tomorrow'), { parameter: 'at', code: 'format' });
  t.match(await errorOf('?locale=xx'), { parameter: 'locale' });
  t.match(await errorOf('?fields=status'), { parameter: 'fields' });
  t.match(await errorOf('?include=views'), { parameter: 'include', code: 'unknown' });
  t.equal((await desk('GET', urlOf('nothing-here'))).statusCode, 404);
});

test('previews are for those who read drafts', async (t) => {
  const { slug } = await makeFront(desk, { public: false });
  t.equal((await request('GET', urlOf(slug))).statusCode, 401);
  const stranger = as(await keyWith(['fronts:write', 'embargoed:read']));
  t.match(expectStatus(await stranger('GET', urlOf(slug)), 403).json(), { scope: 'articles:read' });
  t.equal((await as(await keyWith(['articles:read']))('GET', urlOf(slug))).statusCode, 200);
  const { rows } = await app.db.pool.query('select count(*)::int as n from view_counts');
  t.equal(rows[0].n, 0, 'and no view is counted');
});
