// Pictures on the desk: recorded, corrected, deleted, and given to stories. What readers see of them is in media-public.test.ts.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished } from './fixtures/factories.ts';
import { importText, story, textOf } from './fixtures/importing.ts';
import { makeMedia } from './fixtures/media.ts';
import { walkPages } from './fixtures/paging.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const newsroom = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { desk, request, as, keys, keyWith } = newsroom;
await makeLocale(desk, 'hy', { aliases: ['arm'] });
await makeLocale(desk, 'ru');
const NONE = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const FILE = { url: 'https://media.example.org/quay.webp', mimeType: 'image/webp', width: 2400, height: 1600 };
const at = (id: string) => `/v1/desk/media/${id}`;

test('a picture is recorded with what is told of it, and read back as it is', async (t) => {
  const payload = {
    ...FILE,
    bytes: 812_345,
    focalPoint: { x: 0.62, y: 0 },
    texts: { en: { alt: 'A quay at dawn', credit: 'Lusik Verdyan' }, arm: { alt: 'Նավամատույց', caption: 'Լուսաբաց' } },
  };
  const answer = expectStatus(await desk('POST', '/v1/desk/media', { payload }), 201);
  const { data } = answer.json();
  t.match(data, { ...FILE, type: 'image', bytes: 812_345, focalPoint: { x: 0.62, y: 0 }, version: 1 });
  t.same(data.texts, {
    en: { alt: 'A quay at dawn', caption: null, credit: 'Lusik Verdyan' },
    hy: { alt: 'Նավամատույց', caption: 'Լուսաբաց', credit: null },
  });
  t.equal(answer.headers.location, `${newsroom.baseUrl}${at(data.id)}`);
  t.equal(answer.headers.etag, '"1"');
  const read = expectStatus(await as(keys.reader)('GET', at(data.id)), 200);
  t.same(read.json().data, data);
  t.equal(read.headers.etag, '"1"');
  const again = await desk('POST', '/v1/desk/media', { payload });
  t.equal(expectStatus(again, 409).json().errors[0].pointer, '/url', 'no two records share an address');
});

test('what a picture cannot be is refused with a pointer', async (t) => {
  const cases: [change: object, pointer: string, code?: string][] = [
    [{ url: 'javascript:alert(1)' }, '/url'],
    [{ url: 'data:image/png;base64,AAAA' }, '/url'],
    [{ url: '/quay.webp' }, '/url'],
    [{ mimeType: 'text/html' }, '/mimeType'],
    [{ mimeType: 'image/"onload' }, '/mimeType'],
    [{ width: 0 }, '/width'],
    [{ height: 1.5 }, '/height'],
    [{ width: undefined }, '/width'],
    [{ type: 'video' }, '/type'],
    [{ bytes: -1 }, '/bytes'],
    [{ focalPoint: { x: 1.01, y: 0 } }, '/focalPoint/x'],
    [{ focalPoint: { x: 1 } }, '/focalPoint/y'],
    [{ texts: { en: { caption: 'No alt' } } }, '/texts/en/alt'],
    [{ texts: { en: { alt: 'x'.repeat(1001) } } }, '/texts/en/alt'],
    [{ texts: { de: { alt: 'Kai' } } }, '/texts/de', 'unknown_locale'],
    [{ texts: { hy: { alt: 'a' }, arm: { alt: 'b' } } }, '/texts/arm'],
    [{ owner: 'x' }, '/owner'],
  ];
  for (const [change, pointer, code = 'validation_failed'] of cases) {
    const payload = { ...FILE, url: 'https://media.example.org/refused.webp', ...change };
    const problem = expectStatus(await desk('POST', '/v1/desk/media', { payload }), 400).json();
    t.equal(problem.code, code, JSON.stringify(change).slice(0, 80));
    t.equal(problem.errors[0].pointer, pointer);
  }
});

test('a correction merges languages, moves the version and is refused on an old one', async (t) => {
  const { id } = await makeMedia(desk, { texts: { en: { alt: 'Old', caption: 'Kept' }, ru: { alt: 'Старое' } } });
  const patch = (payload: object, version?: number) => desk('PATCH', at(id), { payload, ...(version && { version }) });
  t.equal((await patch({ width: 10 })).statusCode, 428);
  const payload = { texts: { en: { alt: 'New' }, ru: null, hy: { alt: 'Նոր' } }, focalPoint: { x: 0.5, y: 0.5 } };
  const changed = expectStatus(await patch(payload, 1), 200);
  t.equal(changed.headers.etag, '"2"');
  t.same(changed.json().data.texts, {
    en: { alt: 'New', caption: 'Kept', credit: null },
    hy: { alt: 'Նոր', caption: null, credit: null },
  });
  const stale = expectStatus(await patch({ width: 10 }, 1), 412).json();
  t.same(stale.changedFields, [{ field: 'width', yours: 10, current: 1600 }]);
  const bare = expectStatus(await patch({ texts: { ru: { caption: 'Без alt' } } }, 2), 400).json();
  t.equal(bare.errors[0].pointer, '/texts/ru/alt');
  t.equal(expectStatus(await patch({ focalPoint: null, bytes: null }, 2), 200).json().data.focalPoint, null);
  t.equal((await desk('PATCH', at(NONE), { payload: { width: 1 }, version: 1 })).statusCode, 404);
  const { rows } = await newsroom.app.db.desk.execute<{ action: string }>(
    `select action from audit where entity = 'media' and entity_id = '${id}' order by id`,
  );
  t.same(
    rows.map(({ action }) => action),
    ['media.create', 'media.change', 'media.change'],
  );
});

test('of a picture whose size an import did not tell, both sides are told together', async (t) => {
  const url = 'https://media.example.org/unmeasured.jpg';
  await importText(newsroom.app.db.pool, textOf([story('unmeasured', { image: { url, alt: '' } })]));
  const { data } = expectStatus(await desk('GET', '/v1/desk/media?limit=100'), 200).json();
  const { id, ...told } = data.find((one: { url: string }) => one.url === url);
  t.match(told, { width: null, height: null });
  for (const [side, other] of [
    ['width', 'height'],
    ['height', 'width'],
  ]) {
    const half = await desk('PATCH', at(id), { payload: { [String(side)]: 640 }, version: 1 });
    t.match(expectStatus(half, 400).json().errors, [{ pointer: `/${other}`, code: 'required' }]);
  }
  const whole = await desk('PATCH', at(id), { payload: { width: 640, height: 480 }, version: 1 });
  t.match(expectStatus(whole, 200).json().data, { width: 640, height: 480 });
  expectStatus(await desk('PATCH', at(id), { payload: { width: 720 }, version: 2 }), 200);
});

test('the list is walked both ways, newest first', async (t) => {
  const made = [await makeMedia(desk), await makeMedia(desk), await makeMedia(desk)].map(({ id }) => id);
  const pages = await walkPages<{ id: string }>(desk, '/v1/desk/media?limit=2&type=image');
  const ids = pages.flat().map(({ id }) => id);
  t.same(ids.slice(0, 3), made.toReversed());
  t.equal(new Set(ids).size, ids.length);
  const { links } = expectStatus(await desk('GET', '/v1/desk/media?limit=1'), 200).json();
  const foreign = `${new URL(links.next).search.replace('limit=1', 'limit=1&type=image')}`;
  t.equal((await desk('GET', `/v1/desk/media${foreign}`)).json().code, 'invalid_cursor');
  t.equal((await desk('GET', '/v1/desk/media?type=video')).statusCode, 400);
});

test('who has no right to pictures records, corrects and deletes none', async (t) => {
  const { id } = await makeMedia(desk);
  const refused = as(await keyWith(['articles:read', 'articles:write', 'articles:publish', 'taxonomy:write']));
  const payload = { ...FILE, url: 'https://media.example.org/forbidden.webp' };
  for (const answer of [
    await refused('POST', '/v1/desk/media', { payload }),
    await refused('PATCH', at(id), { payload: { width: 1 }, version: 1 }),
    await refused('DELETE', at(id), { version: 1 }),
    await as(await keyWith(['media:write']))('GET', at(id)),
  ])
    t.equal(answer.statusCode, 403);
  t.equal((await request('GET', at(id))).statusCode, 401);
});

test('a story takes a picture, in all its languages, and gives it up', async (t) => {
  const { id: image } = await makeMedia(desk);
  const story = await makeArticle(desk, { image, locales: { en: {}, ru: {} } });
  t.equal(story.image, image);
  const unknown = await desk('PATCH', `/v1/desk/articles/${story.id}`, { payload: { image: NONE }, version: 1 });
  t.match(expectStatus(unknown, 400).json(), { code: 'unknown_reference', errors: [{ pointer: '/image' }] });
  const taken = await desk('PATCH', `/v1/desk/articles/${story.id}`, { payload: { image: null }, version: 1 });
  t.equal(expectStatus(taken, 200).json().data.image, null);
  const revisions = `/v1/desk/articles/${story.id}/revisions`;
  const { data: diff } = expectStatus(await desk('GET', `${revisions}/2/diff`), 200).json();
  t.same(diff.changes, [{ field: 'image', type: 'value', before: image, after: null }]);
  const restored = await desk('POST', `${revisions}/1/restore`, { payload: {}, version: 2 });
  t.equal(expectStatus(restored, 200).json().data.image, image);
});

test('a picture that stories show is not deleted, and the answer says how many do', async (t) => {
  const { id: image } = await makeMedia(desk);
  const draft = await makeArticle(desk, { image });
  const live = await makePublished(desk, { image });
  const remove = () => desk('DELETE', at(image), { version: 1 });
  t.match(expectStatus(await remove(), 409).json(), { code: 'in_use', detail: /^2 stories/ });
  for (const { id, version } of [draft, live])
    expectStatus(await desk('PATCH', `/v1/desk/articles/${id}`, { payload: { image: null }, version }), 200);
  t.match(
    expectStatus(await remove(), 409).json().detail,
    /^1 story/,
    'readers see it until the story is published again',
  );
  const { locales } = await getDeskArticle(desk, live.id);
  const again = `/v1/desk/articles/${live.id}/locales/en/publish`;
  expectStatus(await desk('POST', again, { payload: {}, version: locales[0]?.version ?? 0 }), 200);
  expectStatus(await remove(), 204);
  t.equal((await desk('GET', at(image))).statusCode, 404);
  const gone = await desk('POST', `/v1/desk/articles/${draft.id}/revisions/1/restore`, { payload: {}, version: 2 });
  t.equal(expectStatus(gone, 400).json().code, 'unknown_reference', 'what is deleted is not brought back by its name');
});

test('who is limited in where they write corrects no picture of a story beyond', async (t) => {
  const { id: image } = await makeMedia(desk);
  await makePublished(desk, { image });
  const { key } = await makeRegion(desk);
  const { send: author } = await makePerson(newsroom, { role: 'author' });
  const { send: local } = await makePerson(newsroom, { role: 'editor', regions: [key] });
  const change = { payload: { texts: { en: { alt: 'Another' } } }, version: 1 };
  for (const send of [author, local]) t.equal((await send('PATCH', at(image), change)).statusCode, 403);
  const own = await makeMedia(author);
  await makeArticle(author, { image: own.id });
  expectStatus(await author('PATCH', at(own.id), change), 200);
  const { send: translator } = await makePerson(newsroom, { role: 'editor', locales: ['en'] });
  const shared = await makeMedia(translator);
  expectStatus(await translator('PATCH', at(shared.id), change), 200);
  await makeArticle(translator, { image: shared.id });
  const again = await translator('PATCH', at(shared.id), { ...change, version: 2 });
  t.equal(again.statusCode, 403, 'a story shows it in all its languages, whoever has made the story');
  // Seen to fail where a limit to regions counts for no more than one to own stories.
  const regional = await makeMedia(local);
  await makeArticle(local, { image: regional.id, region: key });
  t.equal((await local('PATCH', at(regional.id), change)).statusCode, 403, 'nor with a limit to regions');
});

// Seen to be 200 and 204.
test('who is limited in where they write changes and deletes no picture of others, also where no story shows it', async (t) => {
  const { key } = await makeRegion(desk);
  const limits: Parameters<typeof makePerson>[1][] = [
    { role: 'author' },
    { role: 'editor', regions: [key] },
    { role: 'editor', locales: ['en'] },
  ];
  for (const limit of limits) {
    const { send } = await makePerson(newsroom, limit);
    const { id } = await makeMedia(desk);
    const change = { payload: { texts: { en: { alt: 'Another' } } }, version: 1 };
    t.equal(expectStatus(await send('PATCH', at(id), change), 403).json().code, 'forbidden');
    expectStatus(await send('DELETE', at(id), { version: 1 }), 403);
    t.equal((await desk('GET', at(id))).json().data.version, 1, 'it is as it was');
    const own = await makeMedia(send);
    expectStatus(await send('PATCH', at(own.id), change), 200);
    expectStatus(await send('DELETE', at(own.id), { version: 2 }), 204);
  }
  const { send: editor } = await makePerson(newsroom, { role: 'editor' });
  expectStatus(await editor('DELETE', at((await makeMedia(desk)).id), { version: 1 }), 204);
});
