// What names in questions stand for is asked once, and known anew as soon as it changes: on this node at once, on others when they hear of it.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { recordStatements } from './fixtures/sent.ts';
import { withClient } from './fixtures/sql.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const roles = { api: true, jobs: false };
const { request, desk, databaseUrl } = await buildTestApp(t, { roles });
const other = await buildTestApp(t, { roles, databaseUrl });
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'gulf', countries: ['GE'] });
await makePublished(desk, { region: 'gulf', locales: { en: { title: 'Of the gulf' } } });
const sent = recordStatements(t);
/** Without what a node asks of the log of changes when it hears again: another one may do so at any moment after it was cut off. */
const own = () => sent.filter((name) => !/^changes_|change_log/.test(name));

/** Lists that nobody has asked for yet: what they answer is not kept. */
let asked = 0;
const fresh = (question: string) => {
  asked += 1;
  return `/v1/articles?publishedAfter=${new Date(Date.UTC(2001, 0, 1) + asked * 1_000).toISOString()}&${question}`;
};
/** How many statements a list takes whose names were asked before. */
async function statementsOf(question: string, send = request): Promise<number> {
  expectStatus(await send('GET', fresh(question)), 200);
  sent.length = 0;
  expectStatus(await send('GET', fresh(question)), 200);
  return own().length;
}
const remembered = (send = request) =>
  until('names are remembered', async () => (await statementsOf('region=gulf', send)) === 1);
const titles = async (question: string, send = request) =>
  (await send('GET', fresh(question))).json().data?.map(({ title }: { title: string }) => title);

await remembered();
await remembered(other.request);

test('a list takes one statement where its names were asked before, and two where they were not', async (t) => {
  for (const question of ['locale=ru&region=gulf', 'country=GE', 'locale=ru&fallback=en', 'sort=updatedAt']) {
    sent.length = 0;
    expectStatus(await request('GET', fresh(question)), 200);
    t.ok(own().length <= 2, `${question}: ${own().join(', ')}`);
    t.equal(await statementsOf(question), 1, question);
  }
});

// Seen to fail without each of the nouns in OF_NAMES of caching/names.ts.
test('what did not exist when it was asked for is there as soon as its maker is answered', async (t) => {
  for (const [path, make] of [
    ['tag=oil', () => makeTag(desk, { key: 'oil' })],
    ['region=delta', () => makeRegion(desk, { key: 'delta' })],
    ['contributor=anna', () => makeContributor(desk, { key: 'anna' })],
  ] as const) {
    for (const send of [request, other.request]) t.equal((await send('GET', fresh(path))).statusCode, 400, path);
    await make();
    t.equal((await request('GET', fresh(path))).statusCode, 200, path);
    await until('the other node has heard', async () => (await other.request('GET', fresh(path))).statusCode === 200);
  }
});

test('what a name stands for now is what a list is of, on both nodes', async (t) => {
  t.same(await titles('country=AM'), []);
  t.same(await titles('country=AM', other.request), []);
  const { version } = (await desk('GET', '/v1/desk/regions/gulf')).json().data;
  expectStatus(await desk('PATCH', '/v1/desk/regions/gulf', { version, payload: { countries: ['AM'] } }), 200);
  t.same(await titles('country=AM'), ['Of the gulf']);
  t.same(await titles('country=GE'), []);
  await until('the other node has heard', async () => (await titles('country=AM', other.request)).length === 1);
});

test('a language that gets another name is found by it, and no longer by the one before', async (t) => {
  const rename = async (aliases: string[]) => {
    const all = (await desk('GET', '/v1/desk/locales')).json().data as { tag: string; version: number }[];
    const version = all.find(({ tag }) => tag === 'ru')?.version ?? 0;
    expectStatus(await desk('PATCH', '/v1/desk/locales/ru', { version, payload: { aliases } }), 200);
  };
  await rename(['rus']);
  t.equal((await request('GET', fresh('locale=rus'))).statusCode, 200);
  await rename(['russian']);
  t.equal((await request('GET', fresh('locale=rus'))).statusCode, 400);
  t.equal((await request('GET', fresh('locale=russian'))).statusCode, 200);
});

test('a node that does not hear of changes asks each time, and remembers again once it does', async (t) => {
  await remembered();
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dateline listening' and datname = current_database()`,
    );
    await until('the loss is noticed', async () => (await statementsOf('region=gulf')) === 2);
  });
  await t.resolves(remembered(), 'remembered again');
});

// Seen to fail without LONGEST in caching/names.ts: who asks for a thousand such fills the memory.
test('a question that is too long to be remembered is answered all the same, and asked each time', async (t) => {
  const many = Array.from({ length: 20 }, (_, n) => `none-${n}-${'x'.repeat(60)}`);
  for (const [names, isRemembered] of [
    [many.slice(0, 5), true],
    [many, false],
  ] as const) {
    for (const time of ['first', 'second']) {
      sent.length = 0;
      const answer = await request('GET', fresh(`region=${names.join(',')}`));
      t.equal(answer.statusCode, 400);
      t.equal(answer.json().errors.length, names.length);
      t.equal(own().length, isRemembered && time === 'second' ? 0 : 1, `${names.length}, ${time}: ${own().join(', ')}`);
    }
  }
});

test('a node that keeps nothing remembers nothing', async (t) => {
  const bare = await buildTestApp(t, { roles, databaseUrl, cacheMb: 0 });
  expectStatus(await bare.request('GET', '/v1/articles?region=gulf'), 200);
  t.equal(await statementsOf('region=gulf', bare.request), 2);
  t.equal(await statementsOf('region=gulf'), 1, 'while the others do');
});
