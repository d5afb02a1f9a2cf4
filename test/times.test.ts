// Last-Modified never goes back, whatever overlapped with what it tells of: else a reader's time would hide the change for ever.
import t, { test } from 'tap';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, publishArticle, stateIn } from './fixtures/factories.ts';
import { withClient } from './fixtures/sql.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const { app, request, desk, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'hy');
await makeLocale(desk, 'ru');
const SETTINGS = ['/v1/locales', '/v1/site'];

const read = async (path: string) => expectStatus(await request('GET', path), 200);
const again = (path: string, { headers }: Answer) =>
  request('GET', path, { headers: { 'if-modified-since': String(headers['last-modified']) } });
const locale = async (tag: string): Promise<{ version: number }> =>
  (await desk('GET', '/v1/desk/locales')).json().data.find((one: { tag: string }) => one.tag === tag);

/** Until whatever has been written is of an earlier second: a header tells no more than that. */
async function nextSecond(): Promise<void> {
  const second = async () => (await app.db.pool.query('select floor(extract(epoch from now())) as s')).rows[0].s;
  const now = await second();
  await until('the second is over', async () => (await second()) !== now);
}

/** Sends changes in one transaction, which waits in its first one while others are made. */
async function around(operations: object[], meanwhile: () => Promise<unknown>): Promise<void> {
  const { id } = await makeArticle(desk);
  let bulk: Promise<Answer> | undefined;
  await withClient(databaseUrl, async (client) => {
    await client.query('begin');
    await client.query('select from articles where id = $1 for update', [id]);
    const first = { method: 'PATCH', path: `/v1/desk/articles/${id}/locales/en`, ifMatch: 1, body: { title: 'Held' } };
    bulk = desk('POST', '/v1/desk/bulk', { payload: { mode: 'atomic', operations: [first, ...operations] } });
    await until('it waits for more than a second', async () => {
      const { rows } = await app.db.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and now() - xact_start > interval '1.1 s'`,
      );
      return rows.length > 0;
    });
    await meanwhile();
    await client.query('commit');
  });
  const { meta } = expectStatus((await bulk) as Answer, 200).json();
  if (meta.refused > 0) throw new Error(JSON.stringify(meta));
}

test('a language that is deleted moves the time of the list that it stood in, and of the site', async (t) => {
  await makeLocale(desk, 'ka');
  const before = await Promise.all(SETTINGS.map(read));
  for (const [n, path] of SETTINGS.entries()) t.equal((await again(path, before[n] as Answer)).statusCode, 304, path);
  await nextSecond();
  expectStatus(await desk('DELETE', '/v1/desk/locales/ka', { version: 1 }), 204);
  for (const [n, path] of SETTINGS.entries()) {
    const after = await again(path, before[n] as Answer);
    t.equal(after.statusCode, 200, path);
    t.notMatch(after.body, '"ka"');
  }
});

test('a change of languages that began before another one and is done after it is seen', async (t) => {
  await makeLocale(desk, 'ka');
  const { version } = await locale('ru');
  const operations = [
    { method: 'PATCH', path: '/v1/desk/locales/ru', ifMatch: version, body: { aliases: ['rus'] } },
    { method: 'DELETE', path: '/v1/desk/locales/ka', ifMatch: 1 },
  ];
  let between: Answer[] = [];
  await around(operations, async () => {
    const payload = { aliases: ['arm'] };
    expectStatus(await desk('PATCH', '/v1/desk/locales/hy', { version: (await locale('hy')).version, payload }), 200);
    between = await Promise.all(SETTINGS.map(read));
    await nextSecond();
  });
  for (const [n, path] of SETTINGS.entries()) {
    t.match(between[n]?.body, /"arm"/);
    const after = await again(path, between[n] as Answer);
    t.equal(after.statusCode, 200, path);
    t.match([/"rus"/.test(after.body), /"ka"/.test(after.body)], [true, false]);
  }
});

test('of the languages of a story, the one that is published first and comes out last is seen', async (t) => {
  for (const [held, other] of [
    ['en', 'hy'],
    ['hy', 'en'],
  ] as const) {
    const story = await makeArticle(desk, { locales: { en: { title: 'Before' }, hy: {} } });
    await publishArticle(desk, story, { locale: 'en' });
    const url = `/v1/desk/articles/${story.id}/locales`;
    expectStatus(await desk('PATCH', `${url}/en`, { version: 1, payload: { title: 'Behind' } }), 200);
    const path = `/v1/articles/${story.id}`;
    let between: Answer | undefined;
    const { version } = stateIn(await getDeskArticle(desk, story.id), held);
    await around([{ method: 'POST', path: `${url}/${held}/publish`, ifMatch: version, body: {} }], async () => {
      // The text in English is modified by either: it names the other language.
      await publishArticle(desk, story, { locale: other });
      between = await read(path);
      await nextSecond();
    });
    const after = await again(path, between as Answer);
    t.equal(after.statusCode, 200, held);
    t.match(after.body, '"Behind"');
    t.match(after.body, '"locale":"hy"');
  }
});

// Seen to fail where the time of a term is that of its own row: whoever asks by it kept the name in another language.
test('a change of the languages or of the site moves the time of terms, whose names follow from it', async (t) => {
  await makeTag(desk, { key: 'quays', texts: { en: { name: 'Quays' }, hy: { name: 'Կառամատույցներ' } } });
  const path = '/v1/tags/quays?locale=ru';
  const before = await read(path);
  t.equal(before.json().data.name, 'Quays');
  t.equal((await again(path, before)).statusCode, 304);
  await nextSecond();
  const { version } = await locale('ru');
  expectStatus(await desk('PATCH', '/v1/desk/locales/ru', { version, payload: { fallback: ['hy'] } }), 200);
  const after = await again(path, before);
  t.equal(after.statusCode, 200);
  t.equal(after.json().data.name, 'Կառամատույցներ');
  await nextSecond();
  const site = (await desk('GET', '/v1/desk/site')).json().data;
  const payload = { defaultLocale: 'hy' };
  expectStatus(await desk('PATCH', '/v1/desk/site', { version: site.version, payload }), 200);
  t.equal((await again(path, after)).statusCode, 200);
});
