// The answer to a change tells of the version that it made, also where another change comes in before the answer is written.
import t, { test } from 'tap';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { expectStatus, makeArticle } from './fixtures/factories.ts';
import { withGate } from './fixtures/gates.ts';
import { FAR, LATER } from './fixtures/scheduling.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

const { desk, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });

/**
 * A change of the story is held until another client waits for the whole table, which it is given as soon as the change is committed:
 * it writes before anybody reads what became of the change.
 */
async function overtake(
  id: string,
  table: 'articles' | 'drafts',
  ask: () => ReturnType<typeof desk>,
  meanwhile = `update ${table} set version = version + 7 where ${table === 'articles' ? 'id' : 'article_id'} = '${id}'`,
) {
  const key = table === 'articles' ? 'id' : 'article_id';
  return withGate(databaseUrl, `select from ${table} where ${key} = '${id}' for update`, ({ waiters, open }) =>
    withClient(databaseUrl, async (other) => {
      const asking = ask();
      await until('the change waits', async () => (await waiters()) === 1);
      await other.query('begin');
      const locking = other.query(`lock table ${table} in access exclusive mode`);
      await until('the other waits, too', async () => (await waiters()) === 2);
      await open();
      await locking;
      await other.query(meanwhile);
      await other.query('commit');
      return asking;
    }),
  );
}

interface Change {
  table: 'articles' | 'drafts';
  /** What leads there, of the draft in English. */
  steps?: string[];
  ask: [method: Method, path: string, payload: object];
  /** That it made. */
  version: number;
}
const CHANGES: Record<string, Change> = {
  'an edit of the story': { table: 'articles', ask: ['PATCH', '', { kind: 'opinion' }], version: 2 },
  'an edit of a text': { table: 'drafts', ask: ['PATCH', '/locales/en', { title: 'High tide' }], version: 2 },
  'a publication': { table: 'drafts', ask: ['POST', '/locales/en/publish', {}], version: 1 },
  'a withdrawal': { table: 'drafts', steps: ['publish'], ask: ['POST', '/locales/en/withdraw', {}], version: 1 },
  'a submission': { table: 'drafts', ask: ['POST', '/locales/en/submit', {}], version: 1 },
  'a publication of several languages': {
    table: 'articles',
    ask: ['POST', '/publish', { locales: { en: { version: 1 } } }],
    version: 1,
  },
  'a restored story': { table: 'articles', ask: ['POST', '/revisions/1/restore', {}], version: 2 },
  'a restored text': { table: 'drafts', ask: ['POST', '/locales/en/revisions/1/restore', {}], version: 2 },
};

// Each seen to fail where the answer is read when the transaction has ended.
for (const [name, { table, steps = [], ask, version }] of Object.entries(CHANGES)) {
  test(`${name} is answered with the version that it made`, async (t) => {
    const { id } = await makeArticle(desk);
    const url = `/v1/desk/articles/${id}`;
    for (const step of steps) expectStatus(await desk('POST', `${url}/locales/en/${step}`, { version: 1 }), 200);
    const [method, path, payload] = ask;
    const answer = await overtake(id, table, () => desk(method, url + path, { version: 1, payload }));
    t.equal(expectStatus(answer, 200).json().data.version, version);
    t.equal(answer.headers.etag, `"${version}"`);
    const later = (await desk('GET', table === 'articles' ? url : `${url}/locales/en`)).json().data;
    t.equal(later.version, version + 7, 'the other change is there by now');
  });
}

test('a story is answered as it came out of the trash', async (t) => {
  const { id } = await makeArticle(desk);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${id}`, { version: 1 }), 204);
  const answer = await overtake(id, 'articles', () => desk('POST', `/v1/desk/trash/${id}/restore`));
  const { version } = expectStatus(answer, 200).json().data;
  t.equal((await desk('GET', `/v1/desk/articles/${id}`)).json().data.version, version + 7);
});

const PLANS: Record<
  string,
  { before?: string; ask: [method: Method, path: string, payload: object]; version: number }
> = {
  'a scheduled publication': { ask: ['POST', '/locales/en/schedule', { at: FAR }], version: 1 },
  'one that is moved': { before: 'schedule', ask: ['PATCH', '/locales/en/schedule', { at: LATER }], version: 2 },
  'a scheduled removal': {
    before: 'publish',
    ask: ['POST', '/locales/en/expiry', { at: FAR, type: 'gone' }],
    version: 1,
  },
  'a publication in several languages': {
    ask: ['POST', '/schedule', { locales: { en: { version: 1, at: FAR } } }],
    version: 1,
  },
};

// Each seen to be a 404, the last one an empty list, where the answer is read when the transaction has ended.
for (const [name, { before, ask, version }] of Object.entries(PLANS)) {
  test(`${name} is answered as it was set, also where it is cancelled at that moment`, async (t) => {
    const { id } = await makeArticle(desk);
    const url = `/v1/desk/articles/${id}`;
    const payload = before === 'schedule' ? { at: FAR } : {};
    if (before)
      t.match((await desk('POST', `${url}/locales/en/${before}`, { version: 1, payload })).statusCode, /^20[01]$/);
    const asking = () => desk(ask[0], url + ask[1], { version: 1, payload: ask[2] });
    const answer = await overtake(id, 'articles', asking, `delete from schedules where article_id = '${id}'`);
    const { data } = expectStatus(answer, ask[0] === 'POST' ? 201 : 200).json();
    t.match([data].flat(), [{ at: before === 'schedule' ? LATER : FAR, version }]);
    t.strictSame((await desk('GET', '/v1/desk/schedules')).json().data, [], 'it is gone by now');
  });
}
