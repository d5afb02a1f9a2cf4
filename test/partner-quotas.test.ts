// How much a partner may ask for and what it took: counted exactly on all nodes together, told in headers, reported to the desk.
import t, { test } from 'tap';
import { pruneTakings } from '../src/modules/partners/jobs.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makePartner, makePartnerKey } from './fixtures/partners.ts';
import { withClient } from './fixtures/sql.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { app, request, desk, as, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

type Page = { data: { title: string }[]; links: { next: string | null } };

/** So that no minute ends in between. */
async function awaitMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left + 100));
}

test('each answer says what is left, and one too many says when to come again', async (t) => {
  await awaitMinute();
  const { key } = await makePartner(desk, { perMinute: 3, perDay: 100 });
  const send = as(key);
  for (const left of [2, 1, 0]) {
    const { headers } = expectStatus(await send('GET', '/v1/articles'), 200);
    t.equal(headers['ratelimit-policy'], '"minute";q=3;w=60, "day";q=100;w=86400');
    t.match(headers.ratelimit, new RegExp(`^"minute";r=${left};t=\\d+, "day";r=${97 + left};t=\\d+$`));
  }
  for (let n = 0; n < 5; n += 1) {
    const { headers, ...answer } = expectStatus(await send('GET', '/v1/articles'), 429);
    t.equal(answer.json().code, 'too_many_requests');
    t.match(headers.ratelimit, /^"minute";r=0;t=\d+, "day";r=97;/, 'what is refused uses up nothing');
    const seconds = Number(headers['retry-after']);
    t.ok(seconds >= 1 && seconds <= 60);
  }
  t.equal((await request('GET', '/v1/articles')).headers.ratelimit, undefined, 'nobody else is counted');
});

test('a 304 and a refusal count as well, and say what is left', async (t) => {
  await awaitMinute();
  const { key } = await makePartner(desk, { perMinute: 10 });
  const { id } = await makePublished(desk);
  const send = as(key);
  const { etag } = expectStatus(await send('GET', `/v1/articles/${id}`), 200).headers;
  const same = await send('GET', `/v1/articles/${id}`, { headers: { 'if-none-match': String(etag) } });
  t.match([same.statusCode, same.headers.ratelimit], [304, /^"minute";r=8;/]);
  t.match((await send('GET', '/v1/articles/x')).headers.ratelimit, /^"minute";r=7;/);
});

// Seen to fail with the shorter of the two that are used up, and with the minute alone.
test('when the day is used up, that is what is waited for, whatever the minute has left', async (t) => {
  for (const perMinute of [60, 2]) {
    const { key } = await makePartner(desk, { perMinute, perDay: 2 });
    const send = as(key);
    for (let n = 0; n < 2; n += 1) expectStatus(await send('GET', '/v1/articles'), 200);
    const { headers } = expectStatus(await send('GET', '/v1/articles'), 429);
    const [, seconds] = /"day";r=0;t=(\d+)/.exec(String(headers.ratelimit)) ?? [];
    t.equal(headers['retry-after'], seconds, `${perMinute} in a minute`);
  }
});

// Seen to fail where what is granted may be less than nothing: each refusal gave back what was used before.
test('a quota that is set below what was used lets nobody in, and gives nothing back', async (t) => {
  await awaitMinute();
  const { partner, key } = await makePartner(desk, { perMinute: 5 });
  const ask = () => as(key)('GET', '/v1/articles');
  const allow = async (version: number, perMinute: number) =>
    expectStatus(await desk('PATCH', `/v1/desk/partners/${partner.id}`, { version, payload: { perMinute } }), 200);
  for (let n = 0; n < 3; n += 1) expectStatus(await ask(), 200);
  await allow(1, 2);
  for (let n = 0; n < 2; n += 1) expectStatus(await ask(), 429);
  await allow(2, 5);
  t.match(expectStatus(await ask(), 200).headers.ratelimit, /^"minute";r=1;/);
});

// Seen to fail where what was counted in a minute or a day that is over counts in the next one: partners were shut out for good.
test('with the next minute and the next day, what was used up is there again', async (t) => {
  const { partner, key } = await makePartner(desk, { perMinute: 2, perDay: 3 });
  const ask = () => as(key)('GET', '/v1/articles');
  /** As if it had been counted so much before. */
  const pass = (column: string, earlier: string) =>
    withClient(databaseUrl, (client) =>
      client.query(`update partner_quotas set ${column} = ${column} - ${earlier} where partner_id = $1`, [partner.id]),
    );
  for (let n = 0; n < 2; n += 1) expectStatus(await ask(), 200);
  await pass('minute', "interval '1 minute'");
  t.match(expectStatus(await ask(), 200).headers.ratelimit, /^"minute";r=1;t=\d+, "day";r=0;/);
  expectStatus(await ask(), 429);
  await pass('day', '1');
  t.match(expectStatus(await ask(), 200).headers.ratelimit, /"day";r=2;/);
});

// Seen to fail where nobody is told that it could not be counted: they waited without an end.
test('while nothing can be counted, partners are refused at once, and let in as soon as it can', async (t) => {
  const { key } = await makePartner(desk);
  const rename = (from: string, to: string) =>
    withClient(databaseUrl, (client) => client.query(`alter table ${from} rename to ${to}`));
  await rename('partner_quotas', 'elsewhere');
  const answers = await Promise.all([1, 2].map(() => as(key)('GET', '/v1/articles')));
  await rename('elsewhere', 'partner_quotas');
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [500, 500],
  );
  expectStatus(await as(key)('GET', '/v1/articles'), 200);
});

test('two nodes and two keys together let through just as many as the quota says', async (t) => {
  await awaitMinute();
  const other = await buildTestApp(t, { databaseUrl, roles: { api: true, jobs: false } });
  const { partner, key } = await makePartner(desk, { perMinute: 50 });
  const second = await makePartnerKey(desk, partner.key);
  const others = await Promise.all([1, 2, 3].map(() => makePartner(desk, { perMinute: 7 })));
  const senders = [as(key), other.as(key), as(second.key), other.as(second.key)];
  const asked = Array.from({ length: 200 }, (_, n) => senders[n % 4]?.('GET', '/v1/articles?limit=1'));
  const beside = others.flatMap((one) =>
    Array.from({ length: 20 }, (_, n) => (n % 2 ? as(one.key) : other.as(one.key))('GET', '/v1/articles?limit=1')),
  );
  const granted = (answers: (Awaited<(typeof beside)[number]> | undefined)[]) =>
    answers.filter((answer) => answer?.statusCode === 200);
  const [own, rest] = await Promise.all([Promise.all(asked), Promise.all(beside)]);
  t.equal(granted(own).length, 50);
  t.equal(granted(rest).length, 21);
  const left = granted(own).map((answer) => Number(/"minute";r=(\d+)/.exec(String(answer?.headers.ratelimit))?.[1]));
  t.same(
    left.sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, n) => n),
    'each is told another number',
  );
});

test('a crash of the database that empties the unlogged table lets partners in as before', async (t) => {
  const { key } = await makePartner(desk);
  expectStatus(await as(key)('GET', '/v1/articles'), 200);
  await withClient(databaseUrl, (client) => client.query('truncate partner_quotas'));
  t.match(expectStatus(await as(key)('GET', '/v1/articles'), 200).headers.ratelimit, /^"minute";r=59;/);
});

test('the report says what was taken, in which form and when, and how often it was read there', async (t) => {
  const { partner, key } = await makePartner(desk);
  const { key: stranger, partner: other } = await makePartner(desk);
  const first = await makePublished(desk, { locales: { en: { title: 'First' }, ru: {} } });
  const second = await makePublished(desk, { locales: { en: { title: 'Second' } } });
  const send = as(key);
  for (const path of [
    `${first.id}`,
    `${first.id}?locale=ru`,
    `${first.id}/republish`,
    `${first.id}/republish`,
    `${second.id}/republish?format=markdown`,
  ])
    expectStatus(await send('GET', `/v1/articles/${path}`), 200);
  expectStatus(await send('GET', `/v1/articles?ids=${second.id}&fields=body.text`), 200);
  expectStatus(await send('GET', `/v1/articles?ids=${second.id}`), 200);
  expectStatus(await as(stranger)('GET', `/v1/articles/${second.id}`), 200);
  const pixel = `/v1/articles/${first.id}/pixel.gif?locale=en&partner=${partner.code}`;
  for (const remoteAddress of ['192.0.2.1', '192.0.2.2'])
    expectStatus(await request('GET', pixel, { remoteAddress, headers: FIREFOX }), 200);
  await app.takings.flush();

  const url = `/v1/desk/partners/${partner.id}/usage`;
  const { data } = expectStatus(await desk('GET', url), 200).json();
  t.match(data, { taken: 6, reads: 2, formats: { article: 2, html: 2, markdown: 1, list: 1 } });
  t.equal(data.points.length, 30);
  t.match(data.points.at(-1), { day: data.to, taken: 6, reads: 2 });
  t.match((await desk('GET', `${url}?from=2026-01-01&to=2026-01-02`)).json().data, { taken: 0, reads: 0 });

  const { data: stories } = expectStatus(await desk('GET', `${url}/stories`), 200).json();
  t.match(
    stories.find(
      ({ articleId, locale }: { articleId: string; locale: string }) => articleId === first.id && locale === 'en',
    ),
    { title: 'First', taken: 3, formats: { article: 1, html: 2 }, reads: 2, lastTakenAt: /^20/ },
  );
  const walked: string[] = [];
  for (let next: string | null = `${url}/stories?limit=1`; next; ) {
    const { data: page, links }: Page = expectStatus(await desk('GET', next), 200).json();
    walked.push(...page.map(({ title }) => title));
    next = links.next && new URL(links.next).pathname + new URL(links.next).search;
  }
  t.equal(walked.length, 3);
  const { data: theirs } = (await desk('GET', `/v1/desk/partners/${other.id}/usage`)).json();
  t.match(theirs, { taken: 1, reads: 0 }, 'no partner is in the report of another');
});

test('days that cannot be reported are refused, and so is whoever may not see them', async (t) => {
  const { partner, key } = await makePartner(desk);
  const url = `/v1/desk/partners/${partner.id}/usage`;
  const refusals: [search: string, parameter: string][] = [
    ['from=2026-02-30', 'from'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['from=2020-01-01&to=2026-02-01', 'from'],
    ['to=yesterday', 'to'],
    ['from=0000-01-01', 'from'],
    ['to=0000-01-01', 'to'],
    ['interval=hour', 'interval'],
  ];
  for (const [search, parameter] of refusals)
    t.match(expectStatus(await desk('GET', `${url}?${search}`), 400).json(), { errors: [{ parameter }] }, search);
  const { data: first } = expectStatus(await desk('GET', `${url}?to=0001-01-02`), 200).json();
  t.same([first.from, first.points.length], ['0001-01-01', 2], 'there is no day before the first one');
  for (const path of [url, `${url}/stories`]) {
    expectStatus(await as(key)('GET', path), 403);
    expectStatus(await request('GET', path), 401);
  }
  expectStatus(await desk('GET', '/v1/desk/partners/01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10/usage'), 404);
});

test('what was taken is forgotten after 400 days', async (t) => {
  const { partner } = await makePartner(desk);
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into partner_takings select $1, (now() at time zone 'UTC')::date - n, gen_random_uuid(), 'en', 'article', 1, now(), now()
       from generate_series(398, 402) n`,
      [partner.id],
    ),
  );
  t.equal(await pruneTakings(app.db.desk), 3);
  t.equal(await pruneTakings(app.db.desk), 0);
});
