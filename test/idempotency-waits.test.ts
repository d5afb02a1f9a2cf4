// What waits for the DNS, or for a document to be read, waits in no transaction, with an Idempotency-Key or among changes that are made together.
import type { LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { createOutbound } from '../src/outbound/sending.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle } from './fixtures/factories.ts';
import { makeLocale } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const KEYED = (key: string) => ({ headers: { 'idempotency-key': key } });
const HOOKS = '/v1/desk/webhooks';
const tag = (key: string) => ({ key, type: 'topic', texts: { en: { name: key } } });

/** With names that nobody is told anything of until the test says it. */
async function buildSilent(t: Test) {
  const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const asked: ((addresses: string[]) => void)[] = [];
  const { check, close } = createOutbound({
    loopback: false,
    lookup: (_host, _options, done) =>
      void asked.push((addresses) =>
        done(
          null,
          addresses.map((address): LookupAddress => ({ address, family: 4 })),
        ),
      ),
  });
  t.teardown(close);
  site.app.outbound.check = check;
  const tell = (...addresses: string[]) => {
    for (const answer of asked.splice(0)) answer(addresses);
  };
  t.teardown(tell);
  return { ...site, asked, tell };
}

// Seen to fail where the address is looked up in the transaction of the key: the tag was refused with a 503 after 5 s.
test('addresses whose DNS hangs keep nobody from making changes, and a retry with the same key makes one webhook', async (t) => {
  const { desk, asked, tell } = await buildSilent(t);
  const payload = { url: 'https://silent.example.org/' };
  const hanging = Array.from({ length: 6 }, (_, n) => desk('POST', HOOKS, { payload, ...KEYED(`hanging-${n}`) }));
  await until('all of them wait', async () => asked.length === hanging.length);
  const began = performance.now();
  expectStatus(await desk('POST', '/v1/desk/tags', { payload: tag('meanwhile'), ...KEYED('meanwhile') }), 201);
  t.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
  tell('93.184.215.14');
  const made = (await Promise.all(hanging)).map((answer) => expectStatus(answer, 201).body);
  // What is known by its key is not looked up once more.
  const again = expectStatus(await desk('POST', HOOKS, { payload, ...KEYED('hanging-0') }), 201);
  t.equal(again.headers['idempotent-replayed'], 'true');
  t.equal(again.body, made[0]);
  t.equal(asked.length, 0);
  t.equal((await desk('GET', HOOKS)).json().data.length, hanging.length);
});

test('of several with one key that wait for the DNS at once, one is done; what is found out is told as without a key', async (t) => {
  const { desk, asked, tell } = await buildSilent(t);
  const payload = { url: 'https://silent.example.org/' };
  const send = () => desk('POST', HOOKS, { payload, ...KEYED('same') });
  const refused = send();
  await until('it waits', async () => asked.length === 1);
  tell('10.1.2.3');
  t.match(expectStatus(await refused, 400).json().errors, [{ pointer: '/url', code: 'address_refused' }]);
  const sent = [send(), send(), send()];
  await until('all of them wait', async () => asked.length === sent.length);
  tell('93.184.215.14');
  const answers = await Promise.all(sent);
  for (const { statusCode } of answers) t.ok([201, 409].includes(statusCode), String(statusCode));
  t.equal(answers.filter(({ statusCode, headers }) => statusCode === 201 && !headers['idempotent-replayed']).length, 1);
  t.equal((await desk('GET', HOOKS)).json().data.length, 1);
});

// Seen to fail without prepare() in bulk/carrying-out.ts.
for (const keyed of [false, true]) {
  test(`changes that are made together ${keyed ? 'under one key ' : ''}wait for the DNS before their transaction, and are made in their order`, async (t) => {
    const { desk, app, asked, tell } = await buildSilent(t);
    const url = (n: number) => `https://silent-${n}.example.org/`;
    const operations = [
      { method: 'POST', path: '/v1/desk/tags', body: tag('first') },
      { method: 'POST', path: HOOKS, body: { url: url(1) } },
      { method: 'PATCH', path: '/v1/desk/site', ifMatch: 1, body: { hubs: [url(2)] } },
      { method: 'PATCH', path: '/v1/desk/tags/first', ifMatch: 1, body: { position: 2 } },
    ];
    const payload = { mode: 'atomic', operations };
    const sent = desk('POST', '/v1/desk/bulk', { payload, ...(keyed && KEYED('together')) });
    for (const _ of [1, 2]) {
      await until('it waits', async () => asked.length === 1);
      const { rows } = await app.db.pool.query(
        "select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
      );
      t.equal(rows.length, 0);
      tell('93.184.215.14');
    }
    const { data } = expectStatus(await sent, 200).json();
    t.same(
      data.map(({ status }: { status: number }) => status),
      [201, 201, 200, 200],
    );
    t.equal(asked.length, 0, 'and no name is looked up twice');
  });
}

/** Takes some two seconds; a machine with too much to do keeps a transaction waiting for a third of one. */
const LONG = '<p>Ice <a href="https://example.org/">on the bay</a>.</p>'.repeat(1_200);

// Seen to fail where a document is read in the transaction of the key.
test('a document that takes long to be read is read before there is a transaction, and once', async (t) => {
  const { desk, app } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(desk, 'ru');
  const { id } = await makeArticle(desk, { locales: { en: {} }, kind: 'live' });
  await desk('POST', '/v1/desk/articles', {
    payload: { locales: { en: { title: 'Warm', body: { html: '<p>x</p>' } } } },
  });
  const body = (word: string) => ({ html: `<p>${word}</p>${LONG}` });
  const operations = [
    { method: 'PATCH', path: `/v1/desk/articles/${id}/locales/en`, ifMatch: 1, body: { body: body('patch') } },
  ];
  const sent = Promise.all([
    desk('POST', '/v1/desk/articles', {
      payload: { locales: { en: { title: 'Long', body: body('new') } } },
      ...KEYED('new'),
    }),
    desk('POST', `/v1/desk/articles/${id}/locales`, {
      payload: { locale: 'ru', title: 'Long', body: body('ru') },
      ...KEYED('ru'),
    }),
    desk('POST', `/v1/desk/articles/${id}/locales/en/entries`, { payload: { body: body('entry') }, ...KEYED('entry') }),
    desk('POST', '/v1/desk/bulk', { payload: { mode: 'atomic', operations } }),
  ]);
  let isOver = false;
  const held: number[] = [];
  const watching = (async () => {
    while (!isOver) {
      const { rows } = await app.db.pool.query(`
        select extract(epoch from clock_timestamp() - state_change) * 1000 as ms from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction' and state_change < clock_timestamp() - interval '1 second'`);
      held.push(...rows.map(({ ms }) => Math.round(ms)));
      await sleep(50);
    }
  })();
  const answers = await sent;
  isOver = true;
  await watching;
  t.same(held, [], 'no transaction was at rest');
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [201, 201, 201, 200],
    answers.map((answer) => answer.body.slice(0, 300)).join('\n'),
  );
});
