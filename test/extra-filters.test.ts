// Public lists filtered by custom fields: closed and typed, with every other filter, and walked by cursors bound to them.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { walkPages } from './fixtures/paging.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, desk, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'bay', countries: ['GE'] });
await makeRegion(desk, { key: 'cape', parent: 'bay' });
for (const key of ['fog', 'sun']) await makeTag(desk, { key });
await makeContributor(desk, { key: 'lookout' });
await makeField(desk, { key: 'season', type: 'choice', choices: ['spring', 'summer', 'dry season'], filterable: true });
await makeField(desk, { key: 'stars', type: 'number', filterable: true });
await makeField(desk, { key: 'paid', type: 'boolean', filterable: true });
await makeField(desk, { key: 'day', type: 'date', localised: true, filterable: true });
await makeField(desk, { key: 'plain', type: 'number' });
await makeField(desk, { key: 'note', type: 'text' });
await makeField(desk, { key: 'zqinternal', type: 'number', public: false });

interface Made {
  id: string;
  season: string | null;
  stars: number;
  paid: boolean;
  region: string;
  tags: string[];
  byline: string[];
  kind: 'news' | 'video' | 'page';
  day: { en: string; ru: string };
}
const stories: Made[] = [];
for (let n = 0; n < 24; n += 1) {
  const story = {
    season: [null, 'spring', 'summer', 'dry season'][n % 4] ?? null,
    stars: [0, -1.5, 3][n % 3] ?? 0,
    paid: n % 2 === 0,
    region: n % 3 === 0 ? 'cape' : 'bay',
    tags: [['fog'], ['sun'], ['fog', 'sun'], []][n % 4] ?? [],
    byline: n % 5 === 0 ? ['lookout'] : [],
    kind: (n % 8 === 7 ? 'page' : n % 6 === 5 ? 'video' : 'news') as Made['kind'],
    day: { en: '2026-05-26', ru: n % 2 === 0 ? '2026-05-26' : '2026-05-27' },
  };
  const { season, stars, paid, day, ...rest } = story;
  const { id } = await makePublished(
    desk,
    {
      ...rest,
      extra: { stars, paid, season },
      locales: { en: { extra: { day: day.en } }, ru: { slug: `story-ru-${n}`, extra: { day: day.ru } } },
    },
    { publishedAt: new Date(Date.UTC(2026, 0, 1 + n)).toISOString() },
  );
  stories.unshift({ id, ...story });
}
const draft = await makeArticle(desk, { extra: { stars: 3, season: 'spring' } });

const isListed = ({ kind }: Made) => kind !== 'page';
const ids = (list: { id: string }[]) => list.map(({ id }) => id);
const ask = async (query: string) =>
  expectStatus(await request('GET', `/v1/articles?limit=100&count=exact&${query}`), 200).json();

const questions: [query: string, wanted: (story: Made) => boolean][] = [
  ['extra.season=spring', (s) => isListed(s) && s.season === 'spring'],
  ['extra.season=spring,dry%20season', (s) => isListed(s) && (s.season === 'spring' || s.season === 'dry season')],
  ['extra.stars=-1.5', (s) => isListed(s) && s.stars === -1.5],
  ['extra.paid=true', (s) => isListed(s) && s.paid],
  ['extra.day=2026-05-26&locale=ru', (s) => isListed(s) && s.paid],
  ['extra.day=2026-05-27', () => false],
  ['extra.paid=false&extra.season=spring', (s) => isListed(s) && !s.paid && s.season === 'spring'],
  ['extra.stars=3,0&extra.paid=true', (s) => isListed(s) && s.paid && s.stars >= 0],
  ['extra.season=summer&tag=fog', (s) => isListed(s) && s.season === 'summer' && s.tags.includes('fog')],
  ['extra.paid=true&tagAll=fog,sun', (s) => isListed(s) && s.paid && s.tags.length === 2],
  ['extra.paid=true&region=cape', (s) => isListed(s) && s.paid && s.region === 'cape'],
  ['extra.paid=false&region=bay', (s) => isListed(s) && !s.paid],
  ['extra.stars=0&region=bay&tag=sun', (s) => isListed(s) && s.stars === 0 && s.tags.includes('sun')],
  ['extra.stars=0&country=GE', (s) => isListed(s) && s.stars === 0],
  ['extra.paid=true&contributor=lookout', (s) => isListed(s) && s.paid && s.byline.length > 0],
  ['extra.stars=0,3,-1.5&kind=page', (s) => s.kind === 'page'],
  ['extra.stars=3&kind=page,video', (s) => s.kind !== 'news' && s.stars === 3],
  ['extra.paid=false&extra.stars=3&kind=page', (s) => s.kind === 'page' && !s.paid && s.stars === 3],
  ['extra.stars=3&kind=video', (s) => s.kind === 'video' && s.stars === 3],
  [`extra.paid=true&ids=${ids(stories.slice(0, 6)).join()}`, (s) => isListed(s) && s.paid && stories.indexOf(s) < 6],
  ['extra.paid=true&publishedBefore=2026-01-06T00:00:00Z', (s) => isListed(s) && s.paid && stories.indexOf(s) > 18],
];

test('a filter finds the stories that hold the value, together with every other filter, and counts them', async (t) => {
  for (const [query, wanted] of questions) {
    const { data, meta } = await ask(query);
    const expected = ids(stories.filter(wanted));
    t.same(ids(data), expected, query);
    t.same(meta.count, { value: expected.length, relation: 'exact' }, query);
  }
  t.notMatch(JSON.stringify(await ask('extra.stars=3')), draft.id);
});

test('a list that is filtered is walked by cursors, which hold for these filters alone', async (t) => {
  const pages = await walkPages<{ id: string }>(request, '/v1/articles?extra.paid=true&extra.stars=0,3&limit=3');
  t.same(ids(pages.flat()), ids(stories.filter((s) => isListed(s) && s.paid && s.stars >= 0)));
  const { links } = (await request('GET', '/v1/articles?extra.paid=true&limit=2')).json();
  const cursor = new URL(links.next).searchParams.get('cursor');
  for (const query of ['', 'extra.paid=false&', 'extra.paid=true&extra.stars=0&', 'extra.season=spring&']) {
    const answer = await request('GET', `/v1/articles?${query}limit=2&cursor=${cursor}`);
    t.equal(answer.statusCode, 400, query);
    t.equal(answer.json().code, 'invalid_cursor');
  }
});

test('a filter that is not declared, or a value that is not of its type, is refused and names the parameter', async (t) => {
  const refused: [query: string, code: string, message?: RegExp][] = [
    ['extra.saeson=spring', 'unknown', /nearest valid one is extra.season/],
    ['extra.plain=1', 'unknown'],
    ['extra.note=x', 'unknown'],
    ['extra.zqinternal=1', 'unknown', /^(?!.*zqinternal)/],
    ['extra.constructor=1', 'unknown'],
    ['extra.season=winter', 'enum', /spring, summer, dry season/],
    ['extra.season=', 'minLength'],
    ['extra.season=spring,', 'enum'],
    ['extra.stars=1.50', 'type'],
    ['extra.stars=0x1', 'type'],
    ['extra.stars=1e999', 'type'],
    ['extra.paid=yes', 'type'],
    ['extra.day=2026-02-30', 'type'],
    [`extra.stars=${Array.from({ length: 21 }, (_, n) => n)}`, 'maxItems'],
    ['extra.season=spring&extra.season=summer', 'repeated'],
    ['extra.a.b=1', 'unknown'],
    ['extra.=1', 'unknown'],
    ['extra=1', 'unknown'],
  ];
  for (const [query, code, message] of refused) {
    const answer = await request('GET', `/v1/articles?${query}`);
    t.equal(answer.statusCode, 400, query);
    const parameter = query.slice(0, query.indexOf('='));
    t.match(answer.json().errors, [{ parameter, code, ...(message && { message }) }], query);
  }
});

test('as many fields as a newsroom has are no way to make a list slow: eight are the most', async (t) => {
  const query = (many: number) => Array.from({ length: many }, (_, n) => `extra.f${n}=1`).join('&');
  t.match((await request('GET', `/v1/articles?${query(9)}`)).json().errors, [
    { parameter: 'extra.f8', code: 'too_many' },
  ]);
  t.match((await request('GET', `/v1/articles?${query(8)}`)).json().errors[7], {
    parameter: 'extra.f7',
    code: 'unknown',
  });
});

test('links are filtered by id or key, and a story that is not public is no way to find those that link to it', async (t) => {
  await makeField(desk, { key: 'related', type: 'article', filterable: true });
  await makeField(desk, { key: 'sky', type: 'tag', filterable: true });
  const [target] = stories;
  const holder = await makePublished(desk, { extra: { related: target?.id ?? '', sky: 'sun' } });
  const hidden = await makePublished(desk, { extra: { related: draft.id, sky: 'fog' } });
  const find = async (query: string) => ids((await ask(query)).data);
  t.same(await find(`extra.related=${target?.id.toUpperCase()}`), [holder.id]);
  t.same(await find('extra.sky=sun'), [holder.id]);
  t.same(await find('extra.sky=sun,fog'), [hidden.id, holder.id]);
  t.same(await find(`extra.related=${draft.id}`), []);
  t.equal((await request('GET', '/v1/articles?extra.sky=none')).json().code, 'unknown_reference');
  t.equal((await request('GET', '/v1/articles?extra.sky=Not%20A%20Key')).json().code, 'validation_failed');
});

test('what is declared a filter later finds what is public already; what is no filter any more finds nothing', async (t) => {
  const { id } = await makePublished(desk, { extra: { plain: 7 } });
  const change = (version: number, payload: object) => desk('PATCH', '/v1/desk/fields/plain', { version, payload });
  expectStatus(await change(1, { filterable: true }), 200);
  const { rows } = await app.db.pool.query("select from graphile_worker.jobs where key = 'rebuild:field:plain'");
  t.equal(rows.length, 1);
  await rebuildNow(app, { noun: 'field', key: 'plain' });
  t.same(ids((await ask('extra.plain=7')).data), [id]);
  expectStatus(await change(2, { filterable: false }), 200);
  t.equal((await request('GET', '/v1/articles?extra.plain=7')).statusCode, 400);
  await publishArticle(desk, { id });
  expectStatus(await change(3, { filterable: true }), 200);
  t.same(ids((await ask('extra.plain=8')).data), []);
});
