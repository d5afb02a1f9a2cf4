// Revisions: that every save leaves one, whole, with who and when; and that each can be listed, read and brought back.
import t, { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished } from './fixtures/factories.ts';
import { walkPages } from './fixtures/paging.ts';
import { makePerson } from './fixtures/people.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const newsroom = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk, as, keys, keyWith } = newsroom;
await makeLocale(desk, 'ru', { aliases: ['rus'] });
for (const key of ['delta', 'coast']) await makeRegion(desk, { key });
for (const key of ['reeds', 'herons']) await makeTag(desk, { key });
await makeContributor(desk, { key: 'ani' });

const storyUrl = (id: string) => `/v1/desk/articles/${id}`;
const draftUrl = (id: string, locale = 'en') => `${storyUrl(id)}/locales/${locale}`;
const change = async (url: string, version: number, payload: object, send: Send = desk) =>
  expectStatus(await send('PATCH', url, { version, payload }), 200).json().data;
const list = async (url: string) => expectStatus(await desk('GET', `${url}/revisions`), 200).json().data;
const read = async (url: string, version: number) =>
  expectStatus(await desk('GET', `${url}/revisions/${version}`), 200).json().data;
const restore = (url: string, version: number, expected: number, payload: object = {}, send: Send = desk) =>
  send('POST', `${url}/revisions/${version}/restore`, { version: expected, payload });

test('every save leaves the whole of it, with who, when and a note', async (t) => {
  const { user, send } = await makePerson(newsroom, { name: 'Anahit', role: 'editor' });
  const payload = {
    region: 'delta',
    tags: ['reeds'],
    byline: ['ani'],
    note: 'From the wire.',
    locales: { en: { title: 'Reeds', slug: 'whole-reeds', body: { text: 'Cut.' } } },
  };
  const { id } = expectStatus(await send('POST', '/v1/desk/articles', { payload }), 201).json().data;
  await change(storyUrl(id), 1, { tags: ['herons'], rights: { holder: 'Post' }, note: 'Wrong tag.' });
  await change(draftUrl(id), 1, { title: 'Reeds, again' });
  const russian = { locale: 'rus', title: 'Тростник', body: { text: 'Скосили.' }, note: 'First words.' };
  expectStatus(await send('POST', `${storyUrl(id)}/locales`, { payload: russian }), 201);

  const person = { type: 'person', id: user.id, name: 'Anahit' };
  const texts = await list(draftUrl(id));
  t.match(texts, [
    { version: 2, note: null, createdBy: { type: 'key' }, restoredFrom: null, isPublished: false },
    { version: 1, note: 'From the wire.', createdBy: person },
  ]);
  t.ok(Math.abs(Date.parse(texts[0].createdAt) - Date.now()) < 10_000);
  t.equal('content' in texts[0], false);
  t.match(await list(storyUrl(id)), [
    { version: 2, note: 'Wrong tag.', createdBy: { type: 'key' } },
    { version: 1, note: 'From the wire.', createdBy: person },
  ]);
  t.match(await list(draftUrl(id, 'rus')), [{ version: 1, note: 'First words.', createdBy: person }]);

  t.match(await read(draftUrl(id), 1), { articleId: id, locale: 'en', version: 1, createdBy: person });
  const { content } = await read(draftUrl(id), 1);
  t.match(content, { title: 'Reeds', standfirst: null, slug: 'whole-reeds', corrections: [], extra: {} });
  t.match(content.body, { text: 'Cut.', html: '<p>Cut.</p>', portableText: [{ _type: 'block' }] });
  const neutral = {
    kind: 'news',
    externalId: null,
    region: 'delta',
    regions: ['delta'],
    byline: ['ani'],
    originalLocale: 'en',
    related: [],
    image: null,
    follows: null,
  };
  t.strictSame((await read(storyUrl(id), 1)).content, { ...neutral, tags: ['reeds'], rights: null, extra: {} });
  t.strictSame((await read(storyUrl(id), 2)).content, {
    ...neutral,
    tags: ['herons'],
    rights: { holder: 'Post' },
    extra: {},
  });
});

test('a note is at most 500 characters, is no part of the draft, and alone is no change', async (t) => {
  const { id } = await makeArticle(desk);
  for (const url of [storyUrl(id), draftUrl(id)]) {
    const alone = await desk('PATCH', url, { version: 1, payload: { note: 'x' } });
    t.match(expectStatus(alone, 400).json(), { errors: [{ pointer: '/note', code: 'alone' }] });
    for (const note of ['', 'x'.repeat(501), 7, null]) {
      const answer = await desk('PATCH', url, { version: 1, payload: { note } });
      t.equal(problemOf(expectStatus(answer, 400).body).errors?.[0]?.pointer, '/note');
    }
    t.equal((await list(url)).length, 1);
  }
  const assigned = await desk('PATCH', draftUrl(id), { version: 1, payload: { note: 'x', assignee: null } });
  t.match(expectStatus(assigned, 400).json(), { errors: [{ pointer: '/note' }] });
  const changed = await change(draftUrl(id), 1, { title: 'With a note', note: 'Zqnote' });
  t.notMatch(JSON.stringify(changed), /Zqnote/);
  const stale = await desk('PATCH', draftUrl(id), { version: 1, payload: { title: 'Late', note: 'Zqlate' } });
  t.same(expectStatus(stale, 412).json().changedFields, [{ field: 'title', yours: 'Late', current: 'With a note' }]);
  const log = expectStatus(await desk('GET', `/v1/desk/audit?entityId=${id}/en`), 200).body;
  t.notMatch(log, /Zq(note|late)/, 'nor does it stand in a log that nobody can change');
});

test('a merge of terms is a save of every story that named the one that goes', async (t) => {
  await makeTag(desk, { key: 'rushes' });
  const { id } = await makeArticle(desk, { tags: ['rushes'] });
  expectStatus(await desk('POST', '/v1/desk/tags/rushes/merge', { version: 1, payload: { into: 'reeds' } }), 200);
  t.match(await list(storyUrl(id)), [{ version: 2, createdBy: { type: 'key' } }, { version: 1 }]);
  t.same((await read(storyUrl(id), 2)).content.tags, ['reeds']);
  t.same((await read(storyUrl(id), 1)).content.tags, ['rushes'], 'by the key that it had then');
  expectStatus(await restore(storyUrl(id), 1, 2), 200);
  t.same((await getDeskArticle(desk, id)).tags, ['reeds'], 'what was merged is what it was merged into');
});

test('a move from state to state is no save, and the list says which save is public', async (t) => {
  const { id } = await makePublished(desk);
  await change(draftUrl(id), 1, { title: 'Working on it' });
  await change(storyUrl(id), 1, { kind: 'analysis' });
  expectStatus(await desk('POST', `${draftUrl(id)}/submit`, { version: 2, payload: {} }), 200);
  for (const url of [draftUrl(id), storyUrl(id)])
    t.match(
      await list(url),
      [
        { version: 2, isPublished: false },
        { version: 1, isPublished: true },
      ],
      url,
    );
  expectStatus(await desk('POST', `${draftUrl(id)}/publish`, { version: 2, payload: {} }), 200);
  for (const url of [draftUrl(id), storyUrl(id)])
    t.match(
      await list(url),
      [
        { version: 2, isPublished: true },
        { version: 1, isPublished: false },
      ],
      url,
    );
});

test('an older save is brought back as a new one, and nothing changes in public', async (t) => {
  const first = { title: 'First', slug: 'first-reeds', standfirst: 'Once.', body: { markdown: 'One **bold** word.' } };
  const { id } = await makePublished(desk, { locales: { en: first } });
  const original = await read(draftUrl(id), 1);
  await change(draftUrl(id), 1, { title: 'Second', slug: 'second-reeds', standfirst: null, body: { text: 'Two.' } });
  expectStatus(await desk('POST', `${draftUrl(id)}/publish`, { version: 2, payload: {} }), 200);
  const look = async () => {
    const { body, headers } = await request('GET', `/v1/articles/${id}`);
    return [body, headers.etag];
  };
  const live = await look();
  const answer = expectStatus(await restore(draftUrl(id), 1, 2, { note: 'Back.' }), 200);
  t.equal(answer.headers.etag, '"3"');
  t.match(answer.json().data, {
    title: 'First',
    slug: 'first-reeds',
    standfirst: 'Once.',
    version: 3,
    publishedVersion: 2,
  });
  t.match(await list(draftUrl(id)), [{ version: 3, restoredFrom: 1, note: 'Back.', isPublished: false }, {}, {}]);
  t.strictSame((await read(draftUrl(id), 3)).content, original.content);
  t.same(await look(), live);
  const { data: log } = (await desk('GET', `/v1/desk/audit?entityId=${id}/en&action=draft.change`)).json();
  t.ok(
    log[0].changes.some((one: object) => JSON.stringify(one) === '{"field":"restoredFrom","before":null,"after":1}'),
  );

  await change(storyUrl(id), 1, { region: 'coast', tags: ['herons'], rights: { holder: 'Post' }, kind: 'opinion' });
  expectStatus(await restore(storyUrl(id), 1, 2), 200);
  t.match(await getDeskArticle(desk, id), {
    region: null,
    regions: [],
    tags: [],
    rights: null,
    kind: 'news',
    version: 3,
  });
  t.same(await look(), live);
});

test('what stands against a save stands against bringing one back: versions, slugs, terms, states, limits, scopes', async (t) => {
  await makeTag(desk, { key: 'goes' });
  const { id } = await makeArticle(desk, { tags: ['goes'], locales: { en: { slug: 'wanted' }, ru: {} } });
  await change(draftUrl(id), 1, { slug: 'unwanted' });
  await change(storyUrl(id), 1, { tags: [] });
  await makeArticle(desk, { locales: { en: { slug: 'wanted' } } });
  expectStatus(await desk('DELETE', '/v1/desk/tags/goes', { version: 1 }), 204);
  const before = await getDeskArticle(desk, id);

  const taken = expectStatus(await restore(draftUrl(id), 1, 2), 409).json();
  t.match(taken, { code: 'slug_taken', detail: 'Version 1 has the slug wanted, which another story has now.' });
  t.equal(taken.errors, undefined);
  const gone = expectStatus(await restore(storyUrl(id), 1, 2), 400).json();
  t.match(gone, { code: 'unknown_reference', errors: [{ code: 'unknown', message: 'goes does not exist' }] });
  t.equal(gone.errors[0].pointer, undefined);
  t.match(expectStatus(await restore(draftUrl(id), 2, 1), 412).json(), { currentVersion: 2 });
  t.equal((await desk('POST', `${draftUrl(id)}/revisions/2/restore`, { payload: {} })).statusCode, 428);
  t.equal((await restore(draftUrl(id), 9, 2)).statusCode, 404);
  t.equal((await restore(draftUrl(id), 1, 2, { title: 'x' })).statusCode, 400);
  t.match(expectStatus(await restore(draftUrl(id), 2, 2, {}, as(keys.reader)), 403).json(), {
    scope: 'articles:write',
  });
  t.equal((await restore(draftUrl(id), 2, 2, {}, request)).statusCode, 401);
  const limited = as(await keyWith(['articles:read', 'articles:write']));
  await app.db.pool.query("update api_keys set locales = '{ru}' where name = 'articles:read articles:write'");
  for (const url of [draftUrl(id), storyUrl(id)])
    t.match(expectStatus(await restore(url, 2, 2, {}, limited), 403).json(), { limit: 'locale' }, url);
  expectStatus(await restore(draftUrl(id, 'ru'), 1, 1, {}, limited), 200);
  expectStatus(await desk('POST', `${draftUrl(id, 'ru')}/archive`, { version: 2, payload: {} }), 200);
  t.match(expectStatus(await restore(draftUrl(id, 'ru'), 1, 2), 409).json(), { state: 'archived' });
  const after = await getDeskArticle(desk, id);
  t.same([after.version, after.tags, after.locales[0]], [before.version, before.tags, before.locales[0]]);
});

// Seen to be 200 without resolveRights() in restoring.ts.
test('terms of use in a language that was deleted are not brought back', async (t) => {
  await makeLocale(desk, 'et');
  const { id } = await makeArticle(desk, { rights: { usageTerms: { et: 'Ainult viitega.' } } });
  await change(storyUrl(id), 1, { rights: null });
  expectStatus(await desk('DELETE', '/v1/desk/locales/et', { version: 1 }), 204);
  const { code, errors } = expectStatus(await restore(storyUrl(id), 1, 2), 400).json();
  t.same([code, errors], ['unknown_reference', [{ code: 'unknown', message: 'no locale of this newsroom' }]]);
  t.equal((await getDeskArticle(desk, id)).rights, null);
});

test('a retry with the same Idempotency-Key brings it back once', async (t) => {
  const { id } = await makeArticle(desk);
  const headers = { 'idempotency-key': 'restore-once' };
  const once = () => desk('POST', `${draftUrl(id)}/revisions/1/restore`, { version: 1, payload: {}, headers });
  t.equal((await once()).statusCode, 200);
  t.equal((await once()).headers['idempotent-replayed'], 'true');
  t.equal((await list(draftUrl(id))).length, 2);
});

test('revisions are listed newest first, page by page, and are gone from sight with a story in the trash', async (t) => {
  const { id } = await makeArticle(desk);
  for (let version = 1; version < 5; version += 1) await change(draftUrl(id), version, { title: `Title ${version}` });
  const pages = await walkPages<{ version: number }>(desk, `${draftUrl(id)}/revisions?limit=2`);
  t.same(
    pages.map((page) => page.map(({ version }) => version)),
    [[5, 4], [3, 2], [1]],
  );
  t.same(expectStatus(await desk('GET', `${draftUrl(id)}/revisions?limit=1`), 200).json().meta, { currentVersion: 5 });
  t.equal((await desk('GET', `${draftUrl(id, 'ru')}/revisions`)).statusCode, 404);
  t.equal((await desk('GET', `${draftUrl(id)}/revisions/6`)).statusCode, 404);
  const unsigned = as(await keyWith(['embargoed:read']));
  for (const url of ['/revisions', '/revisions/1', '/revisions/1/diff?from=1'])
    for (const base of [draftUrl(id), storyUrl(id)]) {
      t.equal((await request('GET', base + url)).statusCode, 401);
      t.equal((await unsigned('GET', base + url)).statusCode, 403);
    }
  expectStatus(await desk('DELETE', storyUrl(id), { version: 1 }), 204);
  for (const url of [`${draftUrl(id)}/revisions`, `${storyUrl(id)}/revisions`, `${draftUrl(id)}/revisions/1`])
    t.equal((await desk('GET', url)).statusCode, 404, url);
});

test('saves that kept less, and terms by their ids, are still read, compared and brought back', async (t) => {
  const { id } = await makeArticle(desk, { tags: ['reeds'] });
  await change(storyUrl(id), 1, { tags: ['herons'] });
  const { rows } = await app.db.pool.query("select id from tags where key = 'reeds'");
  const lost = '019a0000-0000-7000-8000-000000000000';
  const put = (content: object, where: string) =>
    app.db.pool.query(`update revisions set content = $1 where article_id = $2 and version = 1 and ${where}`, [
      content,
      id,
    ]);
  await put({ tagIds: [rows[0].id], contributorIds: [lost], regionId: null }, 'locale is null');
  t.strictSame((await read(storyUrl(id), 1)).content, { region: null, tags: ['reeds'], byline: [lost] });
  const { changes } = (await desk('GET', `${storyUrl(id)}/revisions/2/diff?from=1`)).json().data;
  t.same(
    changes.map((one: { field: string }) => one.field),
    ['tags', 'byline'],
    'what it did not keep is not compared',
  );
  t.match((await restore(storyUrl(id), 1, 2)).json(), { code: 'unknown_reference' });
  await put({ tagIds: [rows[0].id] }, 'locale is null');
  expectStatus(await restore(storyUrl(id), 1, 2), 200);
  t.match(await getDeskArticle(desk, id), { tags: ['reeds'], kind: 'news' });
  await put({ title: 'Old', body: [] }, "locale = 'en'");
  t.same((await read(draftUrl(id), 1)).content, { title: 'Old', body: { portableText: [], html: '', text: '' } });
  t.match(expectStatus(await restore(draftUrl(id), 1, 1), 200).json().data, { title: 'Old', version: 2 });
});

test('a save that is brought back by an id in capitals is in the log of its story', async (t) => {
  const { id } = await makeArticle(desk);
  await change(storyUrl(id), 1, { kind: 'opinion' });
  expectStatus(await restore(storyUrl(id.toUpperCase()), 1, 2), 200);
  expectStatus(await restore(draftUrl(id.toUpperCase()), 1, 1), 200);
  for (const entity of [id, `${id}/en`]) {
    const { data } = expectStatus(await desk('GET', `/v1/desk/audit?entityId=${entity}&limit=1`), 200).json();
    const changed = data[0].changes.find(({ field }: { field: string }) => field === 'restoredFrom');
    t.equal(changed?.after, 1, entity);
  }
});
