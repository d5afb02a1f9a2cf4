// Fronts as readers get them: which story stands in which slot, in which order, and what must not stand there.
import t, { test } from 'tap';
import { refreshTrending } from '../src/modules/trending/refreshing.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront, namedStories } from './fixtures/fronts.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk } = site;
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'sea' });
await makeRegion(desk, { key: 'bay', parent: 'sea' } as object);
await makeRegion(desk, { key: 'hills' });
for (const key of ['boats', 'bread']) await makeTag(desk, { key });
await makeContributor(desk, { key: 'ada' });

const { idOf, story, on, pin } = namedStories(site);
await story('sea 1', 1, { region: 'sea', tags: ['boats'] });
await story('bay 2', 2, { region: 'bay', tags: ['boats', 'bread'] });
await story('hills 3', 3, { region: 'hills', tags: ['bread'], byline: ['ada'] });
await story('hills 4', 4, { region: 'hills', kind: 'opinion' });
await story('sea 5', 5, { region: 'sea', byline: ['ada'] });
await story('bay 6', 6, { region: 'bay', kind: 'opinion' });
await story('hills 7', 7, { region: 'hills', tags: ['boats'] });
await story('page 0', 0, { kind: 'page' });

test('a front answers its slots in order, each with what is pinned and then the newest of its filter', async (t) => {
  const { slug } = await makeFront(desk, {
    title: { en: 'Home', ru: 'Главная' },
    description: { en: 'The day' },
    slots: [
      { key: 'lead', size: 2, pinned: [pin('hills 7')], source: { type: 'filter', region: ['sea'] } },
      { key: 'opinion', title: { ru: 'Мнения' }, size: 5, source: { type: 'filter', kind: ['opinion'] } },
      { key: 'both', size: 5, source: { type: 'filter', tagAll: ['boats', 'bread'] } },
      { key: 'ada', size: 1, source: { type: 'filter', contributor: ['ada'], region: ['hills', 'sea'] } },
      { key: 'pages', size: 3, source: { type: 'filter', kind: ['page'] } },
      { key: 'rest', title: { en: 'Latest' }, size: 9, source: { type: 'filter' } },
      { key: 'empty', size: 3 },
    ],
  });
  t.same(await on(slug), {
    lead: ['hills 7', 'sea 1'],
    opinion: ['hills 4', 'bay 6'],
    both: ['bay 2'],
    ada: ['hills 3'],
    pages: ['page 0'],
    rest: ['sea 5'],
    empty: [],
  });
  const answer = expectStatus(await request('GET', `/v1/fronts/${slug}?locale=rus`), 200);
  const { data, meta, links } = answer.json();
  t.match(data, { slug, title: 'Главная', description: 'The day' });
  t.same(
    data.slots.map(({ title }: { title: string | null }) => title),
    [null, 'Мнения', null, null, null, 'Latest', null],
  );
  t.same(meta, { requestedLocale: 'rus', locale: 'ru' });
  t.equal(links.self, `https://api.example.org/v1/fronts/${slug}?locale=rus`);
  t.equal(answer.headers['content-language'], 'ru');
  t.same(await on(slug, '?locale=ru'), {
    lead: [],
    opinion: [],
    both: [],
    ada: [],
    pages: [],
    rest: [],
    empty: [],
  });
});

// Seen to fail with: steps of pins put behind those of filters in stepsOf(); no `taken` in the statement.
test('what is pinned in a later slot is not taken by the filter of an earlier one; of two pins, the first keeps it', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'latest', size: 2, source: { type: 'filter' } },
      { key: 'lead', size: 2, pinned: [pin('sea 1'), pin('bay 2')], source: { type: 'filter' } },
      { key: 'again', size: 2, pinned: [pin('bay 2')], source: { type: 'filter', tag: ['boats'] } },
    ],
  });
  t.same(await on(slug), { latest: ['hills 3', 'hills 4'], lead: ['sea 1', 'bay 2'], again: ['hills 7'] });
});

test('a slot holds no more than its size, and what is pinned beyond it may stand elsewhere', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'one', size: 1, pinned: [pin('hills 7'), pin('bay 6')] },
      { key: 'two', size: 1, source: { type: 'filter', kind: ['opinion'], region: ['bay'] } },
    ],
  });
  t.same(await on(slug), { one: ['hills 7'], two: ['bay 6'] });
});

test('a pinned story stands at its place among the automatic ones, or at the end where these are few', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [
      {
        key: 'mixed',
        size: 5,
        pinned: [pin('hills 7', { position: 3 }), pin('bay 6', { position: 1 }), pin('sea 5')],
        source: { type: 'filter' },
      },
      { key: 'short', size: 4, pinned: [pin('hills 4', { position: 4 })], source: { type: 'filter', tag: ['bread'] } },
    ],
  });
  t.same(await on(slug), { mixed: ['bay 6', 'sea 5', 'hills 7', 'sea 1', 'bay 2'], short: ['hills 3', 'hills 4'] });
});

test('the latest of several regions come region by region, each story once, and are told apart', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'regions', size: 5, source: { type: 'latestPerRegion', region: ['bay', 'sea', 'hills'], each: 2 } },
      { key: 'rest', size: 9, source: { type: 'filter' } },
    ],
  });
  t.same(await on(slug), {
    regions: ['bay 2', 'bay 6', 'sea 1', 'sea 5', 'hills 3'],
    rest: ['hills 4', 'hills 7'],
  });
  const [{ groups }] = expectStatus(await request('GET', `/v1/fronts/${slug}?fields=title`), 200).json().data.slots;
  t.match(groups, [
    { region: { key: 'bay', name: 'bay', slug: 'bay' }, ids: [idOf('bay 2'), idOf('bay 6')] },
    { region: { key: 'sea' }, ids: [idOf('sea 1'), idOf('sea 5')] },
    { region: { key: 'hills' }, ids: [idOf('hills 3')] },
  ]);
});

// Seen to fail with: `where s.span is null` left out of the statement; no trendingGroup() in groupsOf().
test('what is read most stands in its slot in that order, without what stands elsewhere, and moves with each refresh', async (t) => {
  const read = async (views: Record<string, number>) => {
    const rows = Object.entries(views).map(([name, count]) => ({ id: idOf(name), count }));
    await app.db.pool.query(
      `insert into view_counts (article_id, hour, locale, source, views)
       select id, date_trunc('hour', now()), 'en', 'web', count from json_to_recordset($1::json) as x(id uuid, count int)
       on conflict (article_id, hour, locale, source) do update set views = excluded.views`,
      [JSON.stringify(rows)],
    );
    await refreshTrending(app.db.desk, { wait: true });
    await app.forgetChanged();
  };
  await read({ 'hills 7': 50, 'sea 5': 40, 'bay 6': 30, 'sea 1': 20, 'hills 3': 10 });
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'lead', size: 1, pinned: [pin('sea 5')] },
      { key: 'sea', size: 1, source: { type: 'mostRead', window: '24h', region: ['sea'] } },
      { key: 'boats', size: 2, pinned: [pin('sea 1')], source: { type: 'mostRead', window: '1h', tag: ['boats'] } },
      { key: 'most', size: 9, source: { type: 'mostRead' } },
      { key: 'latest', size: 1, source: { type: 'filter' } },
    ],
  });
  const shown = { lead: ['sea 5'], boats: ['sea 1', 'hills 7'], latest: ['bay 2'] };
  t.same(await on(slug), { ...shown, sea: ['bay 6'], most: ['hills 3'] });
  await read({ 'bay 2': 90, 'hills 4': 5 });
  t.same(await on(slug), { ...shown, sea: ['bay 2'], most: ['bay 6', 'hills 3', 'hills 4'], latest: [] });
  const { headers } = await request('GET', `/v1/fronts/${slug}`);
  t.match(headers['surrogate-key'], /trending\/24h.*trending\/1h/);
});

// Seen to fail with: `best.stage is not null` left out of the statement.
test('drafts, scheduled, withdrawn and trashed stories are on no front, pinned or not', async (t) => {
  const hidden: string[] = [];
  const hide = async (title: string, done: (id: string, url: string) => Promise<unknown>, published = false) => {
    const overrides = { region: 'sea', locales: { en: { title } } };
    const { id } = await (published ? makePublished : makeArticle)(desk, overrides);
    hidden.push(id);
    await done(id, `/v1/desk/articles/${id}/locales/en`);
  };
  const post = async (url: string, payload: object) => {
    const { statusCode, body } = await desk('POST', url, { version: 1, payload });
    t.ok(statusCode < 300, body);
  };
  await hide('Zqdraft', async () => {});
  await hide('Zqscheduled', (_, url) => post(`${url}/schedule`, { at: '2029-01-01T00:00:00Z' }));
  await hide('Zqembargoed', (_, url) => post(`${url}/schedule`, { at: '2029-01-01T00:00:00Z', embargoed: true }));
  await hide('Zqwithdrawn', (_, url) => post(`${url}/withdraw`, { type: 'gone' }), true);
  await hide('Zqunpublished', (_, url) => post(`${url}/unpublish`, {}), true);
  const trashed = await makeArticle(desk, { locales: { en: { title: 'Zqtrashed' } } });
  hidden.push(trashed.id);
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'lead', size: 9, pinned: hidden.map((articleId) => ({ articleId })), source: { type: 'filter' } },
      { key: 'sea', size: 9, source: { type: 'filter', region: ['sea'] } },
    ],
  });
  expectStatus(await desk('DELETE', `/v1/desk/articles/${trashed.id}`, { version: 1 }), 204);
  for (const query of ['', '?fields=title,body', '?include=region,tags,contributors,views', '?slot=lead']) {
    const { body, headers } = expectStatus(await request('GET', `/v1/fronts/${slug}${query}`), 200);
    t.notMatch(body, /Zq/, query);
    const told = body + JSON.stringify(headers);
    for (const id of hidden) t.notOk(told.includes(id), `${query}: not even its id, not even in a header`);
    t.match(body, /sea 1/);
  }
});
