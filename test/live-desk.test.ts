// Entries of live stories as they are written: by whom, on which version, what is refused, and that drafts of them are read by nobody.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { at, entriesIn, entriesOf, type Given, titles } from './fixtures/entries.ts';
import { expectStatus, getDeskArticle, publishArticle, stateIn } from './fixtures/factories.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const site = await buildTestApp(t);
const { app, request, desk, as, keys } = site;
const { write, make, change, remove, live, list, page } = entriesIn(site);
await makeLocale(desk, 'ru');

test('drafts of entries are read by nobody, and are gone for readers once they are drafts again', async (t) => {
  const { id } = await live();
  const draft = await make(id, {
    title: 'CANARY',
    status: 'draft',
    body: { text: 'CANARY' },
    isPinned: true,
    isKey: true,
  });
  const { position } = (await page(id)).meta;
  for (const search of ['', 'key=true', `after=${position}`]) t.notOk((await list(id, search)).body.includes('CANARY'));
  t.same((await app.db.pool.query('select from published_entries where id = $1', [draft.id])).rowCount, 0);
  const shown = expectStatus(await change(draft, { status: 'published' }), 200).json().data;
  t.equal(titles((await page(id)).data), 'CANARY');
  t.ok(shown.firstPublishedAt);
  const back = expectStatus(await change(shown, { status: 'draft' }), 200).json().data;
  t.same((await page(id)).data, []);
  t.same((await page(id, `after=${position}`)).data, [{ id: draft.id, isGone: true }]);
  const { rows } = await app.db.pool.query('select * from published_entries where id = $1', [draft.id]);
  t.notOk(JSON.stringify(rows).includes('CANARY'), 'and no word of it stays behind');
  t.equal(back.firstPublishedAt, shown.firstPublishedAt);
});

test('a story that is no live one any more has none, and has them again when it is', async (t) => {
  const story = await live();
  await make(story.id, { title: 'a' });
  expectStatus(await remove(await make(story.id, { title: 'b' })), 204);
  const { position } = (await page(story.id)).meta;
  const turn = async (kind: string) => {
    const { version } = await getDeskArticle(desk, story.id);
    expectStatus(await desk('PATCH', `/v1/desk/articles/${story.id}`, { version, payload: { kind } }), 200);
    await publishArticle(desk, story);
  };
  await turn('news');
  t.equal((await list(story.id)).json().code, 'not_found');
  t.equal(
    (await app.db.pool.query('select from published_entries where article_id = $1 and entry is not null', [story.id]))
      .rowCount,
    0,
  );
  t.equal((await write(story.id)).json().code, 'conflict');
  await turn('live');
  t.equal(titles((await page(story.id)).data), 'a');
  t.equal(titles((await page(story.id, `after=${position}`)).data), 'a', 'what was gone before is not told once more');
});

test('in a text that was put away nothing is written, changed or deleted until it is reopened', async (t) => {
  const { id } = await live();
  const [shown, draft] = [await make(id, { title: 'a' }), await make(id, { title: 'b', status: 'draft' })];
  const text = `/v1/desk/articles/${id}/locales/en`;
  const move = async (action: string) => {
    const { version } = (await desk('GET', text)).json().data;
    return expectStatus(await desk('POST', `${text}/${action}`, { version, payload: {} }), 200);
  };
  await move('withdraw');
  const added = expectStatus(await write(id, { title: 'c', status: 'draft' }), 201).json().data;
  await move('archive');
  for (const refused of [
    await write(id, { status: 'draft' }),
    await change(draft, { status: 'published' }),
    await change(shown, { title: 'x' }),
    await remove(added),
  ])
    t.match(expectStatus(refused, 409).json(), { code: 'conflict', state: 'archived', allowedActions: ['reopen'] });
  const { data } = (await desk('GET', entriesOf(id))).json();
  t.equal(titles(data), 'c,b,a', 'they are still read');
  await move('reopen');
  expectStatus(await remove(added), 204);
});

test('a change needs the version it is based on, and is refused when that is not the newest', async (t) => {
  const { id } = await live();
  const entry = await make(id, { title: 'a' });
  t.equal((await desk('PATCH', `/v1/desk/entries/${entry.id}`, { payload: { title: 'b' } })).statusCode, 428);
  t.equal((await desk('DELETE', `/v1/desk/entries/${entry.id}`)).statusCode, 428);
  expectStatus(await change(entry, { title: 'b' }), 200);
  const stale = expectStatus(await change(entry, { title: 'c' }), 412).json();
  t.match(stale, { currentVersion: 2, changedFields: [{ field: 'title', yours: 'c', current: 'b' }] });
  t.equal((await remove(entry)).statusCode, 412);
  t.equal(titles((await page(id)).data), 'b');
});

test('whoever may not publish writes drafts, and touches nothing that is public', async (t) => {
  const { id } = await live();
  const writer = as(keys.writer);
  t.match((await write(id, {}, writer)).json(), { code: 'forbidden', scope: 'articles:publish' });
  const draft = expectStatus(await write(id, { status: 'draft' }, writer), 201).json().data;
  const changed = expectStatus(await change(draft, { title: 'x' }, writer), 200).json().data;
  t.equal((await change(changed, { status: 'published' }, writer)).statusCode, 403);
  const shown = expectStatus(await change(changed, { status: 'published' }), 200).json().data;
  t.equal((await change(shown, { title: 'y' }, writer)).statusCode, 403);
  t.equal((await change(shown, { status: 'draft' }, writer)).statusCode, 403);
  t.equal((await remove(shown, writer)).statusCode, 403);
  t.equal(titles((await page(id)).data), 'x');
  t.equal((await write(id, {}, as(keys.reader))).json().code, 'forbidden');
  t.equal((await write(id, {}, request)).json().code, 'unauthorized');
  const { send } = await makePerson(site, { role: 'editor', locales: ['ru'] });
  t.match((await write(id, {}, send)).json(), { code: 'forbidden', limit: 'locale' });
});

test('what an entry cannot be is refused with a pointer', async (t) => {
  const { id } = await live();
  const wrong: [payload: Given, pointer: string][] = [
    [{ at: '2999-01-01T00:00:00Z' }, '/at'],
    [{ at: 'now' }, '/at'],
    [{ title: '' }, '/title'],
    [{ status: 'scheduled' }, '/status'],
    [{ id: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10' }, '/id'],
    [{ body: { text: 'a\u0000b' } }, '/body/text'],
    [{ body: undefined }, '/body'],
  ];
  for (const [payload, pointer] of wrong)
    t.equal(expectStatus(await write(id, payload), 400).json().errors[0].pointer, pointer, JSON.stringify(payload));
  const later = await make(id, { at: '2999-01-01T00:00:00Z', status: 'draft' });
  t.equal(expectStatus(await change(later, { status: 'published' }), 400).json().errors[0].pointer, '/at');
  t.same((await page(id)).data, []);
});

test('the desk lists drafts with the rest, and the log and the audit tell of what happened', async (t) => {
  const { id } = await live();
  await make(id, { title: 'a', at: at(1) });
  const draft = await make(id, { title: 'b', at: at(2), status: 'draft' });
  const deskPage = async (search = '') => expectStatus(await desk('GET', `${entriesOf(id)}${search}`), 200).json();
  t.equal(titles((await deskPage()).data), 'b,a');
  t.equal(titles((await deskPage('?status=published')).data), 'a');
  const first = await deskPage('?limit=1');
  const next = new URL(first.links.next);
  t.equal(titles(expectStatus(await desk('GET', next.pathname + next.search), 200).json().data), 'a');
  t.match((await desk('GET', `/v1/desk/entries/${draft.id}`)).json().data, { title: 'b', status: 'draft', version: 1 });
  const { rows } = await app.db.pool.query('select type, reason from changes where article_id = $1 order by id', [id]);
  t.same(rows, [
    { type: 'upsert', reason: 'published' },
    { type: 'upsert', reason: 'entries' },
  ]);
  const audit = (await desk('GET', '/v1/desk/audit?entity=entry&limit=2')).json().data;
  t.match(audit, [{ action: 'entry.create', entityId: draft.id }, { action: 'entry.create' }]);
  t.notOk(JSON.stringify(audit).includes('It sails.'), 'and holds no text of it');
});

test('of a story in the trash there are no entries, and none are left of one that is erased', async (t) => {
  const story = await live();
  const entry = await make(story.id);
  const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
  await desk('POST', `/v1/desk/articles/${story.id}/locales/en/unpublish`, { version, payload: {} });
  const article = await getDeskArticle(desk, story.id);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${story.id}`, { version: article.version }), 204);
  t.equal((await desk('GET', `/v1/desk/entries/${entry.id}`)).statusCode, 404);
  t.equal((await change(entry, { title: 'x' })).statusCode, 404);
  const trashed = { version: article.version + 1 };
  expectStatus(await desk('DELETE', `/v1/desk/trash/${story.id}`, trashed), 204);
  for (const table of ['entries', 'published_entries'])
    t.equal((await app.db.pool.query(`select from ${table} where article_id = $1`, [story.id])).rowCount, 0, table);
});
