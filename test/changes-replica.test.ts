// A copy that follows the change feed while eight writers are at work ends with what is public, to the byte, and so does one of a region.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle } from './fixtures/factories.ts';
import { catchUp, emptyReplica, type Replica, settled } from './fixtures/following.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const { app, request, desk } = await buildTestApp(t);
const LOCALES = ['en', 'ru', 'fr', 'hy'];
for (const tag of LOCALES.slice(1)) await makeLocale(desk, tag);
for (const key of ['east', 'west']) await makeRegion(desk, { key });
await makeTag(desk, { key: 'salt' });

const [STORIES, WRITERS, ROUNDS] = [60, 8, 20];
const ids: string[] = [];

/** In all languages at once. */
async function publishAll(id: string) {
  const { locales } = await getDeskArticle(desk, id);
  const versions = Object.fromEntries(locales.map(({ locale, version }) => [locale, { version }]));
  return desk('POST', `/v1/desk/articles/${id}/publish`, { payload: { locales: versions } });
}

/** Different writers may meet at one story: what is refused then is refused. */
async function write(writer: number, round: number): Promise<void> {
  const id = ids[(writer * 37 + round * 11) % ids.length] ?? '';
  const locale = LOCALES[round % LOCALES.length] ?? 'en';
  const story = await getDeskArticle(desk, id);
  const version = story.locales.find((state) => state.locale === locale)?.version ?? 1;
  const url = `/v1/desk/articles/${id}/locales/${locale}`;
  const acts = [
    async () => {
      await desk('PATCH', url, {
        version,
        payload: { title: `Tide ${writer}.${round}`, slug: `t-${writer}-${round}` },
      });
      await publishAll(id);
    },
    () => desk('POST', `${url}/withdraw`, { version, payload: {} }),
    () => desk('POST', `${url}/unpublish`, { version, payload: {} }),
    async () => {
      const place = round % 2 ? 'east' : 'west';
      const payload = { region: place, regions: [place], tags: ['salt'] };
      await desk('PATCH', `/v1/desk/articles/${id}`, { version: story.version, payload });
      await publishAll(id);
    },
    async () => {
      const { version: current } = (await desk('GET', '/v1/desk/regions/east')).json().data;
      const payload = { texts: { en: { name: `East ${writer}.${round}` } } };
      await desk('PATCH', '/v1/desk/regions/east', { version: current, payload });
    },
  ];
  await acts[(writer + round) % acts.length]?.();
}

test('a copy that follows the feed under eight writers ends equal to what is public, deletes included', async (t) => {
  for (let n = 0; n < STORIES; n += 1) {
    const place = n % 2 ? 'east' : 'west';
    const locales = Object.fromEntries(LOCALES.map((locale) => [locale, {}]));
    const { id } = await makeArticle(desk, { region: place, regions: [place], locales });
    expectStatus(await publishAll(id), 200);
    ids.push(id);
  }
  const copies: [replica: Replica, filters: string, held: string][] = [
    [emptyReplica(), '', 'true'],
    [
      emptyReplica(),
      'regions=east&locales=en,ru',
      `region_ids && array(select id from regions where key = 'east') and locale in ('en', 'ru')`,
    ],
  ];
  let isWriting = true;
  const following = copies.map(async ([replica, filters]) => {
    while (isWriting) await catchUp(request, replica, `wait=1&${filters}`);
  });
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let round = 0; round < ROUNDS; round += 1) await write(writer, round);
    }),
  );
  isWriting = false;
  await Promise.all(following);
  await until('nothing is left to be rebuilt', async () => {
    const sql = `select from graphile_worker.jobs where task_identifier = 'rebuild' limit 1`;
    return (await app.db.pool.query(sql)).rowCount === 0;
  });
  await settled(app.db.pool);
  for (const [replica, filters, held] of copies) {
    await catchUp(request, replica, filters);
    const { rows } = await app.db.pool.query<{ key: string; document: string }>(
      `select article_id || '/' || locale as key, document from published_articles where ${held}`,
    );
    const there = rows.map(({ key, document }) => `${key} ${document}`).sort();
    t.same([...replica.texts].map(([key, text]) => `${key} ${text}`).sort(), there, filters || 'all of it');
    t.ok(there.length > 0 && replica.told.length > there.length);
  }
  const { rows } = await app.db.pool.query('select distinct reason from changes order by 1');
  t.match(
    rows.map(({ reason }) => reason),
    ['published', 'rebuilt', 'unpublished', 'updated', 'withdrawn'],
  );
});
