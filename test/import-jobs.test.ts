// Imports over HTTP: a file is taken, worked on by jobs, told of, gone on with after a node has died, and cancelled.
import { type Test, test } from 'tap';
import { MAX_FILE_BYTES } from '../src/modules/imports/receiving.ts';
import { workOnImports } from '../src/modules/imports/working.ts';
import { openStore } from '../src/modules/media/store.ts';
import { buildTestApp, type TestApp } from './fixtures/app.ts';
import { expectStatus } from './fixtures/factories.ts';
import { ended, importText, pathOf, sendFile as send, story, textOf } from './fixtures/importing.ts';
import { withClient } from './fixtures/sql.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';
import { wxr } from './fixtures/wordpress.ts';

test('a file is taken with 202, imported by a job, and its status tells counts, refusals and notes', async (t) => {
  const app = await buildTestApp(t);
  const lines = [story(1), story(2), story(3, { locale: 'xx' })];
  const taken = await send(app.desk, textOf(lines));
  t.equal(taken.statusCode, 202, taken.body);
  t.match(taken.json().data, { status: /queued|running|done/, format: 'ndjson', bytes: textOf(lines).length });
  const path = pathOf(taken.headers.location);
  t.match(path, /^\/v1\/desk\/imports\/[0-9a-f-]{36}$/);
  t.match(await ended(app, path), {
    status: 'done',
    lines: 3,
    created: 2,
    refused: 1,
    problems: [{ line: 3, reason: '/locale xx is no locale of this newsroom' }],
    report: { kinds: { news: 2 }, locales: { en: 2 } },
    failure: null,
  });
  t.equal((await app.request('GET', '/v1/articles/by-slug/en/ferry-number-1-sails-again')).statusCode, 200);
  const again = await send(app.desk, textOf(lines));
  t.match(await ended(app, pathOf(again.headers.location)), { created: 0, unchanged: 2, refused: 1 });

  const site = await send(
    app.desk,
    wxr([{ id: 1 }, { id: 2, status: 'private' }]),
    'application/xml',
    '?region=coast&locale=en',
  );
  t.match(await ended(app, pathOf(site.headers.location)), {
    format: 'wxr',
    options: { region: 'coast', locale: 'en' },
    created: 2,
    report: { notes: { 'a private story became a draft': 1 } },
  });
  const dry = await send(app.desk, textOf([story(9)]), 'application/x-ndjson', '?dryRun=true');
  t.match(await ended(app, pathOf(dry.headers.location)), { status: 'done', created: 1, options: { dryRun: true } });
  t.equal((await app.request('GET', '/v1/articles/by-slug/en/ferry-number-9-sails-again')).statusCode, 404);
  const broken = await send(app.desk, wxr([{ id: 5 }]).replace('</channel>', ''), 'application/rss+xml');
  t.match(await ended(app, pathOf(broken.headers.location)), {
    status: 'failed',
    created: 1,
    failure: /not well-formed/,
  });
  const left = await app.app.db.pool.query('select count(*)::int as n from import_parts');
  t.equal(left.rows[0].n, 0, 'no bytes are kept of what is done with');
});

test('an option that means nothing to our own lines is refused, not passed over: what was to stay a draft would go out', async (t) => {
  const { app, desk, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const file = textOf([story(1)]);
  for (const query of [
    'drafts=true',
    'format=ndjson&drafts=true',
    'locale=en',
    'region=coast',
    'site=https://x.example',
  ]) {
    const answer = await send(desk, file, 'application/x-ndjson', `?${query}`);
    const parameter = /(\w+)=[^=]*$/.exec(query)?.[1];
    t.match(expectStatus(answer, 400).json().errors, [{ parameter, code: 'contradiction' }], query);
  }
  const { rows } = await app.db.pool.query('select count(*)::int as n from import_jobs');
  t.same(rows, [{ n: 0 }]);
  expectStatus(await send(desk, file, 'application/x-ndjson', '?drafts=false'), 202);
  t.equal((await request('GET', '/v1/articles')).json().data.length, 0);
});

test('what is no file, too large, of another media type or from the wrong person is refused, and leaves nothing', async (t) => {
  const { desk, as, keyWith, request, app } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  t.equal((await send(desk, 'a=b', 'application/x-www-form-urlencoded')).statusCode, 415);
  t.equal((await send(desk, 'x', 'text/plain')).statusCode, 415);
  t.equal((await send(desk, '--x--', 'multipart/form-data; boundary=x')).statusCode, 415);
  t.equal((await desk('POST', '/v1/desk/imports')).statusCode, 415);
  t.match((await send(desk, '["nothing known"]', 'application/json')).json(), {
    status: 400,
    errors: [{ code: 'format' }],
  });
  t.equal((await send(desk, '')).statusCode, 400);
  t.equal((await send(desk, '{}', 'application/json', '?format=docx')).statusCode, 400);
  t.equal((await send(desk, '{}', 'application/json', '?dryrun=true')).statusCode, 400);
  const headers = { 'content-type': 'application/xml', 'content-length': String(MAX_FILE_BYTES + 1) };
  t.equal((await desk('POST', '/v1/desk/imports', { payload: 'x', headers })).statusCode, 413, 'before it is sent');
  t.equal((await send(request, '{}')).statusCode, 401);
  const other = as(await keyWith(['articles:read', 'articles:publish', 'site:write', 'export:read']));
  t.equal((await send(other, '{}')).statusCode, 403);
  const none = '/v1/desk/imports/01931f5e-8c00-7a10-8000-000000000010';
  t.equal((await other('GET', none)).statusCode, 403);
  t.equal((await other('DELETE', none)).statusCode, 403);
  t.equal((await desk('GET', none)).statusCode, 404);
  t.equal((await desk('DELETE', none)).statusCode, 404);
  const { rows } = await app.db.pool.query(
    'select (select count(*) from import_jobs) + (select count(*) from import_parts) as n',
  );
  t.equal(Number(rows[0].n), 0);
});

/** As a node does that is given the job. */
const work = ({ app, baseUrl }: TestApp, signal: AbortSignal, db = app.db.desk) =>
  workOnImports(db, app.db.pool, { outbound: app.outbound, store: openStore(undefined), baseUrl }, signal);

/** The last one, after so many portions of it are committed. */
async function workUntil(t: Test, node: TestApp, portions: number): Promise<void> {
  const { app } = node;
  const stop = new AbortController();
  const working = work(node, stop.signal);
  let seen = 0;
  let last = -1;
  while (seen < portions) {
    const { rows } = await app.db.pool.query('select lines from import_jobs order by created_at desc limit 1');
    if (rows[0].lines > last) {
      last = rows[0].lines;
      seen += 1;
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  stop.abort();
  await t.resolves(working, 'stopped');
}

test('what a node leaves behind, another goes on with: no line is lost or done twice', async (t) => {
  const test = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { desk, app } = test;
  const taken = await send(desk, textOf(Array.from({ length: 900 }, (_, n) => story(n))));
  const path = pathOf(taken.headers.location);
  await workUntil(t, test, 3);
  const half = (await desk('GET', path)).json().data;
  t.equal(half.status, 'running');
  t.ok(half.lines > 0 && half.lines < 900, `${half.lines} lines`);
  t.equal(half.created, half.lines);
  t.ok(half.position > 0 && half.position < half.bytes);
  // Two nodes at once: one of them finds that there is nothing for it.
  const on = new AbortController().signal;
  await Promise.all([work(test, on), work(test, on)]);
  t.match(await ended(test, path), { status: 'done', lines: 900, created: 900, unchanged: 0, refused: 0 });
  const { rows } = await app.db.pool.query("select count(*)::int as n from audit where action = 'draft.publish'");
  t.equal(rows[0].n, 900);
});

// Seen to fail without the look at HELD in advanceJob(): it went on beside whoever had the lock by then, and each refused the other's lines.
test('a node that has lost the lock of imports, as when the database restarts, writes no further line', async (t) => {
  const test = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const path = pathOf((await send(test.desk, textOf([story(1), story(2)]))).headers.location);
  const on = new AbortController().signal;
  await withClient(test.databaseUrl, async (client) => {
    await client.query('begin; lock table articles in exclusive mode');
    const working = work(test, on);
    working.catch(() => {}); // looked at below
    await until('a portion waits', async () => {
      const { rows } = await client.query(`select from pg_locks where relation = 'articles'::regclass and not granted`);
      return rows.length > 0;
    });
    await client.query(
      `select pg_terminate_backend(pid) from pg_locks join pg_database d on d.oid = database and datname = current_database()
        where locktype = 'advisory' and objid = ${0x696d706f}`,
    );
    await client.query('commit');
    await t.rejects(working, /connection that holds the lock of imports was lost/);
  });
  t.match((await test.desk('GET', path)).json().data, { status: 'running', lines: 0, created: 0 });
  await work(test, on);
  t.match(await ended(test, path), { status: 'done', lines: 2, created: 2, unchanged: 0, refused: 0 });
});

/** With the first portion waiting for a story that somebody holds, and all the others committed. @returns its path */
async function workAhead(node: TestApp, signal: AbortSignal, meanwhile: (path: string) => Promise<unknown>) {
  const { desk, app, databaseUrl } = node;
  await importText(app.db.pool, textOf([story(0)]));
  const lines = Array.from({ length: 300 }, (_, n) =>
    story(n, { ...(n === 0 && { title: 'Another title' }), ...(n === 200 && { locale: 'xx' }) }),
  );
  const path = pathOf((await send(desk, textOf(lines))).headers.location);
  await withClient(databaseUrl, async (client) => {
    await client.query('begin; select from articles for update');
    const working = work(node, signal).catch(() => {}); // what broke is no matter here
    await until('the others are in', async () => {
      const { rows } = await app.db.pool.query('select count(*)::int as n from articles');
      return rows[0].n === 280;
    });
    await meanwhile(path);
    await client.query('rollback');
    await working;
  });
  return path;
}

test('what a node had done ahead of a portion that was lost is counted once, and refused once, by who goes on', async (t) => {
  const node = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { signal } = new AbortController();
  const path = await workAhead(node, signal, () =>
    node.app.db.pool.query(
      `select pg_terminate_backend(pid) from pg_locks join pg_database d on d.oid = database and datname = current_database()
        where locktype = 'advisory' and objid = ${0x696d706f}`,
    ),
  );
  t.match((await node.desk('GET', path)).json().data, { status: 'running', lines: 0, created: 0, refused: 0 });
  await work(node, signal);
  const job = await ended(node, path);
  t.match(job, { status: 'done', lines: 300, updated: 1, refused: 1, problems: [{ line: 201 }] });
  t.equal(job.problems.length, 1);
  t.equal(job.created + job.unchanged, 298, 'each line stands in one of the counts');
});

test('what had gone in ahead of a portion is told also where it is cancelled meanwhile', async (t) => {
  const node = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const path = await workAhead(node, new AbortController().signal, (job) => node.desk('DELETE', job));
  t.match((await node.desk('GET', path)).json().data, { status: 'cancelled', created: 279, updated: 0, refused: 1 });
});

test('one that is cancelled stops at once; what is in stays in', async (t) => {
  const test = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { desk, app } = test;
  const taken = await send(desk, textOf(Array.from({ length: 900 }, (_, n) => story(n))));
  const path = pathOf(taken.headers.location);
  await workUntil(t, test, 2);
  t.equal((await desk('DELETE', path)).statusCode, 204);
  await work(test, new AbortController().signal);
  const job = (await desk('GET', path)).json().data;
  t.equal(job.status, 'cancelled');
  t.ok(job.lines < 900);
  const { rows } = await app.db.pool.query('select count(*)::int as n from published_articles');
  t.equal(rows[0].n, job.created);
  t.equal((await desk('DELETE', path)).statusCode, 409);
});

test('who is limited to languages or regions imports nothing: a file may hold all of them', async (t) => {
  const { desk, as, app } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(desk, 'ru');
  await makeRegion(desk, { key: 'gulf' });
  for (const [limits, limit] of [
    [{ locales: ['ru'] }, 'locale'],
    [{ regions: ['gulf'] }, 'region'],
  ] as const) {
    const payload = { name: 'Archive', scopes: ['imports:write', 'articles:read'], ...limits };
    const { key } = expectStatus(await desk('POST', '/v1/desk/keys', { payload }), 201).json().data;
    for (const query of ['', '?dryRun=true', '?locale=ru&region=gulf'])
      t.match(
        expectStatus(await send(as(key), textOf([story(1)]), 'application/x-ndjson', query), 403).json(),
        { code: 'forbidden', limit },
        `${limit} ${query}`,
      );
  }
  const { rows } = await app.db.pool.query('select from imports union all select from import_parts');
  t.equal(rows.length, 0, 'and nothing of it is kept');
});

test('a fault ends the file that it comes with, and not those behind it', async (t) => {
  const node = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { app, desk } = node;
  const [first, second] = [await send(desk, textOf([story(1)])), await send(desk, textOf([story(2)]))];
  const { signal } = new AbortController();
  const faulty: typeof app.db.desk = Object.create(app.db.desk);
  faulty.transaction = async () => {
    faulty.transaction = app.db.desk.transaction.bind(app.db.desk);
    throw new TypeError('a fault that nobody has foreseen');
  };
  await t.rejects(work(node, signal, faulty), { message: 'a fault that nobody has foreseen' }, 'the log tells');
  t.match((await desk('GET', pathOf(first.headers.location))).json().data, {
    status: 'failed',
    failure: 'a fault of the server ended it; its log tells more',
    created: 0,
  });
  await work(node, signal);
  t.match((await desk('GET', pathOf(second.headers.location))).json().data, { status: 'done', created: 1 });
});

test('what is told of a file may quote what no text in the database can hold: it ends, and those behind it go in', async (t) => {
  const node = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const files = [
    [
      '?format=jsonfeed',
      '{"version":"https://jsonfeed.org/version/1.1","items":[\0]}',
      { status: 'failed', failure: /\uFFFD/ },
    ],
    ['?format=ninjs', '{"uri":"a","type":"\\u0000","headline":"h","body_text":"b"}', { status: 'done', created: 0 }],
    ['', '{"record":"tag","\\ud800":1}', { status: 'done', problems: [{ line: 1, reason: '/\uFFFD unknown member' }] }],
    ['', textOf([story(1)]), { status: 'done', created: 1 }],
  ] as const;
  for (const [query, file, outcome] of files) {
    const type = query === '' ? 'application/x-ndjson' : 'application/json';
    const path = pathOf(expectStatus(await send(node.desk, file, type, query), 202).headers.location);
    await work(node, new AbortController().signal);
    t.match((await node.desk('GET', path)).json().data, outcome, query);
  }
});
