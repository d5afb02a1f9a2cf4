// What the view counter keeps of readers, and when it forgets it: nothing that names anybody, and no count is lost by it.
import { sql } from 'drizzle-orm';
import t, { test } from 'tap';
import { destroySalts, pruneVisitors } from '../src/modules/views/pruning.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const browser = (version: number) => `Mozilla/5.0 (X11; Linux x86_64; rv:${version}) Gecko/20100101 Firefox/${version}`;
const rows = async (query: ReturnType<typeof sql>) => (await app.db.desk.execute<Record<string, unknown>>(query)).rows;
const totalOf = async (id: string): Promise<number> =>
  expectStatus(await request('GET', `/v1/articles/${id}/views`), 200).json().data.total;

// Seen to fail with: `source: request.ip` in routes.ts; in pruning.ts `day <=`, '10 seconds', and no `seen_at <`.
test('no address or browser is kept; visitors are forgotten after a minute, salts after their day, counts never', async (t) => {
  const { id } = await makePublished(desk);
  for (const remoteAddress of ['203.0.113.99', '2001:db8:99::99'])
    expectStatus(
      await request('POST', `/v1/articles/${id}/views`, { remoteAddress, headers: { 'user-agent': browser(77) } }),
      204,
    );
  const tables = await rows(
    sql`select table_name::text as name from information_schema.tables where table_schema = current_schema() and table_name ~ '^view_' order by 1`,
  );
  const names = ['view_closing', 'view_corrections', 'view_counts', 'view_days', 'view_salts', 'view_visitors'];
  t.same(
    tables,
    names.map((name) => ({ name })),
  );
  const kept = await Promise.all(
    tables.map(({ name }) => rows(sql`select x::text as x from ${sql.identifier(String(name))} x`)),
  );
  t.ok(kept.flat().length >= 4);
  const hex = (text: string) => Buffer.from(text).toString('hex');
  for (const trace of [
    '203.0.113.99',
    '2001:db8:99',
    'Firefox',
    hex('203.0.113.99'),
    hex('2001:db8:99'),
    hex('Firefox'),
    'cb007163',
    '20010db80099',
  ])
    t.notOk(JSON.stringify(kept).includes(trace), trace);

  const remembered = async () => (await rows(sql`select count(*)::int as n from view_visitors`))[0]?.n;
  const young = Number(await remembered());
  await rows(sql`update view_visitors set seen_at = now() - interval '50 seconds'`);
  await rows(sql`insert into view_visitors select n, now() - interval '61 seconds' from generate_series(1, 20000) n`);
  t.equal(await pruneVisitors(app.db.pool), 20_000);
  t.equal(await remembered(), young);
  await rows(sql`insert into view_salts select (now() at time zone 'UTC')::date - d, 'x' from generate_series(2, 4) d`);
  t.equal(await destroySalts(app.db.pool), 3);
  t.equal(
    (await rows(sql`select from view_salts where day >= (now() at time zone 'UTC')::date - 1`)).length,
    1,
    'not that of today',
  );
  t.equal(await totalOf(id), 2);
});

test('a visitor whom the clock has seen later than now, since it went back, is counted again, and then once in 30 seconds', async (t) => {
  const { id } = await makePublished(desk);
  const countView = async () => {
    const headers = { 'user-agent': browser(78) };
    expectStatus(await request('POST', `/v1/articles/${id}/views`, { headers }), 204);
  };
  const goBack = (seconds: number) =>
    rows(sql`update view_visitors set seen_at = seen_at + make_interval(secs => ${seconds})`);
  await countView();
  await goBack(7200);
  await countView();
  t.equal(await totalOf(id), 2, 'by two hours');
  await countView();
  t.equal(await totalOf(id), 2);
  await goBack(20);
  await countView();
  t.equal(await totalOf(id), 2, 'and by so little that it may be the same visit');
});
