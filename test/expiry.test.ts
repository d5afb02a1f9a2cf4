// Scheduled expiry: what is taken back by itself, in which way, and how it meets publication and the hand of an editor.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { FAR, LATER, schedulingIn, soon, url } from './fixtures/scheduling.ts';
import { makeLocale } from './fixtures/taxonomy.ts';
import { trashIn } from './fixtures/trash.ts';
import { until } from './fixtures/until.ts';

t.setTimeout(240_000);
const built = await buildTestApp(t);
const { app, request, desk } = built;
const { auditOf, draftOf, expire, read, schedule, statusOf } = schedulingIn(built);
await makeLocale(desk, 'ru');

test('a public story is taken back at its time, in the way that was said', async (t) => {
  const stories = [await makePublished(desk), await makePublished(desk), await makePublished(desk)];
  const at = soon(3_000);
  const make = async (removal: object) => {
    const { id } = stories.pop() ?? (await makePublished(desk));
    const made = expectStatus(await expire(id, { at, ...removal }), 201);
    t.equal(made.headers.location, `https://api.example.org${url(id, '/expiry')}`);
    t.equal((await draftOf(id)).status, 'published', 'nothing happens before');
    return id;
  };
  const notice = 'The offer has ended.';
  const withdrawn = await make({ type: 'withdrawn', notice });
  const gone = await make({ type: 'gone' });
  const draft = await make({ type: 'draft' });
  await until('they are taken back', async () => (await statusOf(draft)) === 404 && (await statusOf(gone)) === 410);
  await until('the last one, too', async () => (await statusOf(withdrawn)) === 410);
  t.match((await request('GET', `/v1/articles/${withdrawn}`)).json(), { notice, withdrawnAt: at });
  t.match((await request('GET', `/v1/articles/${gone}`)).json(), { code: 'gone' });
  t.notMatch((await request('GET', `/v1/articles/${gone}`)).body, notice);
  t.match(await draftOf(draft), { status: 'draft', publishedVersion: null });
  t.match(await draftOf(gone), { status: 'withdrawn' });
  const { rows } = await app.db.pool.query(
    'select type, reason from changes where article_id = any($1) order by reason',
    [[withdrawn, gone, draft]],
  );
  t.equal(rows.filter(({ type }) => type === 'delete').length, 3, 'a tombstone each in the change log');
  t.same(
    (await auditOf(draft)).slice(-2).map(({ action }) => action),
    ['schedule.create', 'draft.unpublish'],
    'and nobody has cancelled anything',
  );
});

test('as long as an expiry is set, no other one is allowed, and the desk is told why', async (t) => {
  const { id } = await makePublished(desk);
  const told = async () => {
    const { actions } = expectStatus(await desk('GET', url(id, '/transitions')), 200).json().data;
    return actions.find((one: { action: string }) => one.action === 'expire');
  };
  t.match(await told(), { allowed: true, reasons: [] });
  expectStatus(await expire(id, { at: FAR, type: 'gone' }), 201);
  t.match(await told(), { allowed: false, reasons: [{ code: 'state', message: /already/ }] });
  expectStatus(await expire(id, { at: LATER, type: 'gone' }), 409);
  expectStatus(await desk('DELETE', url(id, '/expiry'), { version: 1 }), 204);
  t.match(await told(), { allowed: true, reasons: [] });
});

test('an expiry is moved, changed and cancelled, and tells a notice only where one is shown', async (t) => {
  const { id } = await makePublished(desk);
  const silent = await expire(id, { at: FAR, type: 'gone', notice: 'x' });
  t.match(expectStatus(silent, 400).json().errors, [{ pointer: '/notice' }]);
  t.equal((await expire(id, { at: soon(-1), type: 'gone' })).statusCode, 400);
  t.equal((await expire(id, { at: FAR })).statusCode, 400);
  expectStatus(await expire(id, { at: FAR, type: 'withdrawn', notice: 'Over.' }), 201);
  t.equal((await expire(id, { at: FAR, type: 'gone' })).statusCode, 409, 'there is one already');
  const patch = (version: number, payload: object) => desk('PATCH', url(id, '/expiry'), { version, payload });
  t.match(expectStatus(await patch(1, { at: LATER }), 200).json().data, {
    at: LATER,
    removal: { type: 'withdrawn', notice: 'Over.' },
  });
  t.match(expectStatus(await patch(2, { type: 'gone' }), 200).json().data.removal, { type: 'gone', notice: null });
  t.equal((await patch(3, { notice: 'x' })).statusCode, 400);
  t.equal((await patch(1, { type: 'draft' })).statusCode, 412);
  expectStatus(await desk('DELETE', url(id, '/expiry'), { version: 3 }), 204);
  t.equal((await desk('GET', url(id, '/expiry'))).statusCode, 404);
  t.equal(await statusOf(id), 200);
  const { id: draft } = await makeArticle(desk);
  t.equal((await expire(draft, { at: FAR, type: 'gone' })).statusCode, 409, 'it is neither public nor scheduled');
});

test('a story goes out and is taken back by itself, in this order only', async (t) => {
  const { id } = await makeArticle(desk);
  const [out, back] = [soon(3_000), soon(4_000)];
  expectStatus(await schedule(id, { at: out }), 201);
  const early = await expire(id, { at: out, type: 'draft' });
  t.match(expectStatus(early, 400).json().errors, [{ pointer: '/at', code: 'order' }]);
  expectStatus(await expire(id, { at: back, type: 'draft' }), 201);
  const late = await desk('PATCH', url(id, '/schedule'), { version: 1, payload: { at: FAR } });
  t.match(expectStatus(late, 400).json().errors, [{ code: 'order' }]);
  await until('it is public', async () => (await statusOf(id)) === 200);
  await until('it is taken back', async () => (await statusOf(id)) === 404);
  t.ok(Date.now() >= Date.parse(back));
  t.equal((await draftOf(id)).status, 'draft');
  const other = await makeArticle(desk);
  expectStatus(await schedule(other.id, { at: FAR }), 201);
  expectStatus(await expire(other.id, { at: LATER, type: 'draft' }), 201);
  expectStatus(await desk('DELETE', url(other.id, '/schedule'), { version: 1 }), 204);
  t.equal((await desk('GET', url(other.id, '/expiry'))).statusCode, 404, 'what will not go out is not taken back');
});

test('what expires while its changes are scheduled comes back at their time', async (t) => {
  const { id } = await makePublished(desk);
  expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Second edition' } }), 200);
  const [back, out] = [soon(2_500), soon(4_000)];
  expectStatus(await schedule(id, { at: out }), 201);
  expectStatus(await expire(id, { at: back, type: 'withdrawn' }), 201);
  await until('it is taken back', async () => (await statusOf(id)) === 410);
  t.match(await draftOf(id), { status: 'scheduled', publishedVersion: null });
  t.equal((await desk('GET', url(id, '/schedule'))).json().data.resumeStatus, 'withdrawn');
  await until('it is public again', async () => (await statusOf(id)) === 200);
  t.equal((await read(id)).title, 'Second edition');
});

// Seen to fail with all that is due in claimDue(), and not the first of each draft: it was published, taken back, and stayed so.
test('what was to expire and to come back while nobody was at work does both, in their order', async (t) => {
  const { id } = await makePublished(desk, {}, { publishedAt: '2026-01-01T00:00:00Z' });
  expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Second edition' } }), 200);
  expectStatus(await schedule(id, { at: LATER }), 201);
  expectStatus(await expire(id, { at: FAR, type: 'draft' }), 201);
  await app.db.pool.query(
    `update schedules set at = now() - case action when 'publish' then interval '1 hour' else interval '2 hours' end where article_id = $1`,
    [id],
  );
  const reasons = async () => {
    const { rows } = await app.db.pool.query('select reason from changes where article_id = $1 order by id', [id]);
    return rows.map(({ reason }) => reason);
  };
  await until('both are done', async () => (await reasons()).length === 3);
  t.same(await reasons(), ['published', 'expired', 'published']);
  t.equal((await read(id)).title, 'Second edition');
});

// Seen to fail where what was refused counts: in claimDue() the expiry waited for ever, in checkTime() nothing could be set anew.
test('an expiry comes to its end as well where what should have gone out before it was refused', async (t) => {
  const holder = await makePublished(desk, { locales: { en: { slug: 'berth' } } });
  expectStatus(await desk('PATCH', url(holder.id), { version: 1, payload: { slug: 'other-berth' } }), 200);
  const { id } = await makeArticle(desk, { locales: { en: { slug: 'berth' } } });
  expectStatus(await schedule(id, { at: soon(1_500) }), 201);
  expectStatus(await expire(id, { at: FAR, type: 'draft' }), 201);
  const { trash, restore } = trashIn(desk);
  const refused = async () => {
    const { data } = expectStatus(await desk('GET', '/v1/desk/schedules?failed=true'), 200).json();
    return data.map(({ action, failure }: { action: string; failure: { code: string } }) => [action, failure.code]);
  };
  await until('it is refused', async () => (await refused()).length === 1);
  t.match(expectStatus(await trash(id, 1), 409).json(), { locales: ['en'] }, 'something is still to happen');
  expectStatus(await desk('PATCH', url(id, '/expiry'), { version: 1, payload: { at: soon(500) } }), 200);
  await until('both are refused', async () => (await refused()).length === 2);
  t.same(await refused(), [
    ['publish', 'slug_taken'],
    ['unpublish', 'conflict'],
  ]);
  t.equal((await trash(id, 1)).statusCode, 204, 'nothing is to happen any more');
  t.same(await refused(), [], 'of what lies in the trash nothing is listed');
  expectStatus(await restore(id), 200);
  expectStatus(await schedule(id, { at: FAR }), 201);
});

// Seen to fail without endByRemoval() in unpublish(): the story was public again.
test('what is published by hand is not published again, and what is withdrawn by hand does not come back by itself', async (t) => {
  const [early, pulled] = [await makeArticle(desk), await makePublished(desk)];
  const at = soon(3_000);
  expectStatus(await schedule(early.id, { at }), 201);
  expectStatus(await desk('POST', url(early.id, '/publish'), { version: 1, payload: {} }), 200);
  expectStatus(await desk('PATCH', url(pulled.id), { version: 1, payload: { title: 'Changed' } }), 200);
  expectStatus(await schedule(pulled.id, { at }), 201);
  expectStatus(await expire(pulled.id, { at: FAR, type: 'draft' }), 201);
  expectStatus(await desk('POST', url(pulled.id, '/withdraw'), { version: 2, payload: {} }), 200);
  for (const path of ['/schedule', '/expiry']) t.equal((await desk('GET', url(pulled.id, path))).statusCode, 404, path);
  await sleep(Date.parse(at) - Date.now() + 700);
  t.equal(await statusOf(pulled.id), 410);
  t.equal((await draftOf(pulled.id)).status, 'withdrawn');
  const { rows } = await app.db.pool.query('select reason from changes where article_id = $1', [early.id]);
  t.same(rows, [{ reason: 'published' }], 'once');
  t.same(
    (await auditOf(pulled.id)).slice(-3).map(({ action }) => action),
    ['schedule.cancel', 'schedule.cancel', 'draft.withdraw'],
  );
});
