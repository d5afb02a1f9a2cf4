// Disks that are full, of the database and of the pictures: what is asked for is done or not, never by half, and reads go on (F06).
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import { prepareDatabase } from '../src/commands/prepare.ts';
import { openStore } from '../src/modules/media/store.ts';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { story, textOf } from './fixtures/importing.ts';
import { png } from './fixtures/pictures.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { until } from './fixtures/until.ts';

// Seen to fail without LACKS in db/violations.ts: the database was said not to answer.
test('what the database has no room for is told as 503 and leaves nothing behind, and readers are served', async (t) => {
  const { app, desk, request } = await buildTestApp(t, { roles: { api: true, jobs: false }, cacheMb: 0 });
  const { pool } = app.db;
  const { id } = await makePublished(desk);
  const count = async () => (await pool.query('select count(*)::int as n from articles')).rows[0].n;
  const before = await count();
  for (const [state, says, seconds] of [
    ['53100', 'no room left on its disk', '60'],
    ['53200', 'no memory left', '5'],
    ['53300', 'does not answer', '2'],
  ]) {
    await pool.query(`create function refuse() returns trigger language plpgsql as $$ begin
        raise exception 'could not extend file' using errcode = '${state}'; end $$;
      create trigger refuse before insert on revisions for each row execute function refuse()`);
    const payload = { locales: { en: { title: 'A story too many' } } };
    const refused = expectStatus(await desk('POST', '/v1/desk/articles', { payload }), 503);
    t.match(refused.json(), { code: 'service_unavailable' });
    t.match(refused.json().detail, says);
    t.equal(refused.headers['retry-after'], seconds);
    t.equal(await count(), before);
    for (const path of [`/v1/articles/${id}`, '/v1/articles', '/v1/changes'])
      expectStatus(await request('GET', path), 200);
    await pool.query('drop function refuse cascade');
  }
  await makeArticle(desk);
});

// Seen to fail where the secret of cursors is written at the first list: 503.
test('the first list after a start is answered where nothing can be written any more', async (t) => {
  const databaseUrl = await testDatabase(t);
  await prepareDatabase(databaseUrl, { adminKey: undefined, demo: 'off' }, () => {});
  const { app, request } = await buildTestApp(t, { databaseUrl, roles: { api: true, jobs: false } });
  await app.db.pool.query(`create function refuse() returns trigger language plpgsql as $$ begin
      raise exception 'could not extend file' using errcode = '53100'; end $$;
    create trigger refuse before insert on secrets for each row execute function refuse()`);
  for (const path of ['/v1/articles', '/v1/changes']) expectStatus(await request('GET', path), 200);
});

// Seen to fail without the catch of touch() in modules/access/queries.ts: 503.
test('with a key, too, all is read where nothing can be written: when it was last used is worth no refusal', async (t) => {
  const { app, desk } = await buildTestApp(t, { roles: { api: true, jobs: false }, cacheMb: 0 });
  const { id } = await makePublished(desk);
  await app.db.pool.query(`update api_keys set last_used_at = null;
    create function refuse() returns trigger language plpgsql as $$ begin
      raise exception 'could not extend file' using errcode = '53100'; end $$;
    create trigger refuse before update on api_keys for each row execute function refuse()`);
  for (const path of [`/v1/articles/${id}`, '/v1/articles', '/v1/desk/articles', '/v1/desk/me'])
    expectStatus(await desk('GET', path), 200);
  const payload = { key: 'reeds', type: 'topic', texts: { en: { name: 'Reeds' } } };
  const headers = { 'idempotency-key': 'once' };
  expectStatus(await desk('POST', '/v1/desk/tags', { payload, headers }), 201);
});

// Seen to fail where the store leaves what it could not write.
test('a picture that there is no room for leaves no file, and is kept once there is room', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dateline-full-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = `${'a1'.repeat(32)}.png`;
  // Whatever is written there finds no room.
  await symlink('/dev/full', join(folder, `${file}.node-1.part`));
  const store = openStore(folder, 'node');
  await t.rejects(store.put(file, Buffer.from('a picture')), {
    code: 'E_CANNOT_WRITE_FILE',
    cause: { code: 'ENOSPC' },
  });
  t.same(await readdir(folder), []);
  await store.put(file, Buffer.from('a picture'));
  t.equal((await store.find(file))?.bytes, 9);
});

// Seen to fail without tellWaiting() in modules/imports/working.ts: it was said to run, and the log of the server alone told why it did not.
test('an import that can keep no pictures says so while it waits, and goes on once it can', async (t) => {
  const host = await startReceiver(t);
  host.answer = (response) => response.writeHead(200).end(png(30, 20));
  // What is no folder takes no file, whoever runs the server.
  const mediaDir = join(t.testdir({ media: 'no folder' }), 'media');
  const { desk } = await buildTestApp(t, { mediaDir, outbound: { loopback: true } });
  const send = async (query: string, rest = {}) => {
    const headers = { 'content-type': 'application/x-ndjson' };
    const payload = textOf([story(query, rest)]);
    return expectStatus(await desk('POST', `/v1/desk/imports?${query}`, { payload, headers }), 202).json().data.id;
  };
  const id = await send('fetchMedia=true', { image: { url: `${host.url}/p.png`, alt: 'A' } });
  const told = async () => (await desk('GET', `/v1/desk/imports/${id}`)).json().data;
  await until('it says what it waits for', async () => (await told()).failure !== null);
  t.match(await told(), {
    status: 'running',
    failure: /^pictures cannot be kept at the moment \(ENOTDIR\)/,
    finishedAt: null,
  });
  await rm(mediaDir);
  // Which has it looked at again before its time.
  await send('fetchMedia=false');
  await until('it is done', async () => (await told()).finishedAt !== null);
  t.match(await told(), { status: 'done', failure: null, report: { fetched: { 'image/png': 1 } } });
});
