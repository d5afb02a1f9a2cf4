// What follows a change elsewhere: names, rules and parents reach public stories within seconds; log and audit are written with the change.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { fallback: ['en'] });
await makeRegion(desk, { key: 'coast', name: 'Coast' });
await makeRegion(desk, { key: 'inland', name: 'Inland' });
await makeRegion(desk, { key: 'delta', name: 'Delta', parent: 'coast' });
await makeRegion(desk, { key: 'islet', name: 'Islet', parent: 'delta' });
await makeTag(desk, { key: 'floods', name: 'Floods' });
await makeContributor(desk, { key: 'anna', name: 'Anna' });
const story = await makePublished(desk, {
  region: 'islet',
  tags: ['floods'],
  byline: ['anna'],
  locales: { en: {}, ru: {} },
});
const bystander = await makePublished(desk, { region: 'inland' });

const document = async (locale = 'en') =>
  (await request('GET', `/v1/articles/${story.id}?locale=${locale}`)).json().data;
const card = async (locale = 'en') =>
  (await request('GET', `/v1/articles?ids=${story.id}&locale=${locale}`)).json().data[0];
const patch = async (url: string, payload: object) => {
  const { version } = (await desk('GET', `/v1/desk/${url}`)).json().data;
  expectStatus(await desk('PATCH', `/v1/desk/${url}`, { version, payload }), 200);
};
/** Seconds are promised; a busy machine gets ten. */
async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) if (await holds()) return true;
  return holds();
}

test('a new name or slug of a region, tag or contributor reaches cards and documents in every language that shows it', async (t) => {
  const untouched = await request('GET', `/v1/articles/${bystander.id}`);
  const renames: [
    url: string,
    payload: object,
    shown: (data: { region: object; tags: object[]; byline: object[] }) => object | undefined,
    is: object,
  ][] = [
    [
      'regions/islet',
      { texts: { en: { name: 'The Islet', slug: 'the-islet' } } },
      ({ region }) => region,
      { name: 'The Islet', slug: 'the-islet' },
    ],
    ['tags/floods', { texts: { en: { name: 'High water' } } }, ({ tags }) => tags[0], { name: 'High water' }],
    ['tags/floods', { type: 'event' }, ({ tags }) => tags[0], { type: 'event' }],
    [
      'contributors/anna',
      { texts: { en: { name: 'Anna of the Delta' } } },
      ({ byline }) => byline[0],
      { name: 'Anna of the Delta' },
    ],
  ];
  for (const [url, payload, shown, is] of renames) {
    const before = await request('GET', `/v1/articles/${story.id}`);
    await patch(url, payload);
    const arrived = async () =>
      Object.entries(is).every(([name, value]) =>
        Object.entries(state).some(([key, now]) => key === name && now === value),
      );
    let state: object = {};
    t.ok(
      await eventually(async () => {
        state = shown(await document()) ?? {};
        return arrived();
      }),
      JSON.stringify(is),
    );
    for (const locale of ['en', 'ru']) {
      t.match(shown(await document(locale)), is, `document in ${locale}`);
      t.match(shown(await card(locale)), is, `card in ${locale}`);
    }
    t.not((await request('GET', `/v1/articles/${story.id}`)).headers.etag, before.headers.etag);
  }
  const still = await request('GET', `/v1/articles/${bystander.id}`);
  t.same(
    [still.headers.etag, still.headers['last-modified']],
    [untouched.headers.etag, untouched.headers['last-modified']],
  );
});

test('a rule of the site reaches every story: its address and its rights', async (t) => {
  await patch('site', {
    articleUrl: 'https://news.example.org/{locale}/{id}/{slug}',
    rights: { holder: 'The Delta Post' },
  });
  t.ok(await eventually(async () => (await document()).rights.holder === 'The Delta Post'));
  for (const data of [await document(), await card()]) {
    t.equal(data.url, `https://news.example.org/en/${story.id}/${data.slug}`);
    t.equal(data.translations[0].url, `https://news.example.org/ru/${story.id}/${data.translations[0].slug}`);
  }
  t.equal((await request('GET', `/v1/articles/${bystander.id}`)).json().data.rights.holder, 'The Delta Post');
});

test('a region that moves takes its stories along into the lists of its new parents, and out of the old ones', async (t) => {
  const within = async (region: string, more = '') => {
    const { data, meta } = expectStatus(
      await request('GET', `/v1/articles?region=${region}&count=exact${more}`),
      200,
    ).json();
    t.equal(meta.count.value, data.length);
    return data.some(({ id }: { id: string }) => id === story.id);
  };
  t.same(
    [await within('coast'), await within('delta'), await within('islet'), await within('inland')],
    [true, true, true, false],
  );
  await patch('regions/delta', { parent: 'inland' });
  t.ok(await eventually(() => within('inland')));
  t.same([await within('coast'), await within('delta'), await within('islet')], [false, true, true]);
  t.same([await within('inland', '&tag=floods'), await within('coast', '&tag=floods')], [true, false]);
  const counts = (await request('GET', '/v1/regions?include=counts')).json().data;
  t.same(
    Object.fromEntries(
      counts.map(({ key, articleCount }: { key: string; articleCount: number }) => [key, articleCount]),
    ),
    { coast: 0, inland: 2, delta: 1, islet: 1 },
  );
  const included = (await request('GET', `/v1/articles/${story.id}?include=region`)).json().included.regions;
  t.same(included.map(({ key }: { key: string }) => key).sort(), ['delta', 'inland', 'islet']);
});

test('names that change while stories are published never leave an old one behind', async (t) => {
  const drafts = await Promise.all(Array.from({ length: 12 }, () => makeArticle(desk, { tags: ['floods'] })));
  const publishing = drafts.map((draft) => publishArticle(desk, draft));
  for (let n = 1; n <= 4; n += 1) await patch('tags/floods', { texts: { en: { name: `Water ${n}` } } });
  await Promise.all(publishing);
  const names = async () =>
    (await request('GET', '/v1/articles?tag=floods&limit=100'))
      .json()
      .data.map(({ tags }: { tags: { name: string }[] }) => tags[0]?.name);
  t.ok(await eventually(async () => (await names()).every((name: string) => name === 'Water 4')), 'all of them');
  t.equal((await names()).length, 13);
});

test('a name that changes while a story is held up between reading it and going out is not left behind', async (t) => {
  const { id } = await makeArticle(desk, { tags: ['floods'], locales: { en: { slug: 'held-up' } } });
  const waiting = async (least: number) => {
    const { rows } = await app.db.pool.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows[0].n >= least;
  };
  const other = await app.db.pool.connect();
  await other.query('begin');
  // An unfinished story with the same slug: the publication has built its texts by then, and has to wait.
  await other.query(
    `insert into published_articles select (jsonb_populate_record(p, '{"article_id": "01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10", "slug": "held-up"}')).*
     from published_articles p where article_id = $1 and locale = 'en'`,
    [story.id],
  );
  const publishing = desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 1 });
  t.ok(await eventually(() => waiting(1)), 'it is held up');
  let renamed = false;
  const renaming = patch('tags/floods', { texts: { en: { name: 'Deluge' } } }).then(() => {
    renamed = true;
  });
  await eventually(async () => renamed || waiting(2));
  if (renamed) await eventually(async () => (await card()).tags[0].name === 'Deluge');
  await other.query('rollback');
  other.release();
  expectStatus(await publishing, 200);
  await renaming;
  const name = async () => (await request('GET', `/v1/articles/${id}`)).json().data.tags[0].name;
  t.ok(await eventually(async () => (await name()) === 'Deluge'), await name());
});

test('what is public, the change log and the audit log are written by one transaction', async (t) => {
  const { id } = await makeArticle(desk);
  const url = `/v1/desk/articles/${id}/locales/en`;
  const logged = async () =>
    (
      await app.db.pool.query(
        `select c.type, c.reason, c.version, c.locale, a.action, a.key_id is not null as known,
           c.xmin = a.xmin and (p is null or c.type = 'delete' or c.xmin = p.xmin) and c.transaction::text = c.xmin::text as together
         from changes c left join audit a on a.xmin = c.xmin and a.entity_id = $1 || '/en'
           left join published_articles p on p.article_id = c.article_id and p.version = c.version
         where c.article_id = $1::uuid order by c.id`,
        [id],
      )
    ).rows;
  const entry = { locale: 'en', known: true, together: true };
  expectStatus(await desk('POST', `${url}/publish`, { version: 1 }), 200);
  t.match(await logged(), [{ ...entry, type: 'upsert', reason: 'published', version: 1, action: 'draft.publish' }]);
  expectStatus(await desk('PATCH', url, { version: 1, payload: { title: 'Later' } }), 200);
  t.equal((await logged()).length, 1, 'a draft is no change');
  expectStatus(await desk('POST', `${url}/publish`, { version: 2 }), 200);
  expectStatus(await desk('POST', `${url}/withdraw`, { version: 2 }), 200);
  t.match((await logged()).slice(1), [
    { ...entry, type: 'upsert', reason: 'updated', version: 2, action: 'draft.publish' },
    { ...entry, type: 'delete', reason: 'withdrawn', version: 2, action: 'draft.withdraw' },
  ]);
});

test('a publish that is refused leaves nothing behind, in no table', async (t) => {
  const live = await makePublished(desk, { locales: { en: { slug: 'occupied' } } });
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${live.id}/locales/en`, { version: 1, payload: { slug: 'elsewhere' } }),
    200,
  );
  const { id } = await makeArticle(desk, { locales: { en: { slug: 'occupied' } } });
  const counted = async () =>
    (
      await app.db.pool.query(
        'select (select count(*) from changes) as changes, (select count(*) from audit) as audit, (select count(*) from listings) as listings, (select count(*) from redirects) as redirects',
      )
    ).rows;
  const before = await counted();
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 1 }), 409);
  t.same(await counted(), before);
  t.match((await desk('GET', `/v1/desk/articles/${id}/locales/en`)).json().data, {
    status: 'draft',
    publishedVersion: null,
    publishedAt: null,
  });
});

// Seen to fail where what Postgres writes is given to Date as it is, of which 0099 is 1999: the story moved by 1,900 or 2,000 years.
test('a story of the first century stays in it, when it is rebuilt and when it is edited', async (t) => {
  await makeRegion(desk, { key: 'forum', name: 'Forum' });
  for (const publishedAt of ['0001-01-01T00:00:00.000Z', '0099-12-31T23:59:59.999Z']) {
    const { id } = await makePublished(desk, { region: 'forum' }, { publishedAt });
    const dates = { publishedAt, firstPublishedAt: publishedAt };
    const shown = async () => (await request('GET', `/v1/articles/${id}`)).json().data;
    const old = '/v1/articles?region=forum&publishedBefore=0100-01-01T00:00:00Z&sort=publishedAt';
    const listed = async () => (await request('GET', old)).json().data.at(-1);
    const name = `Forum of ${publishedAt}`;
    await patch('regions/forum', { texts: { en: { name } } });
    t.ok(await eventually(async () => (await shown()).region.name === name));
    t.match([await shown(), await listed()], [dates, dates]);
    await patch(`articles/${id}/locales/en`, { title: 'Carved in stone' });
    await publishArticle(desk, { id });
    t.match([await shown(), await listed()], [{ title: 'Carved in stone', ...dates }, dates]);
  }
});
