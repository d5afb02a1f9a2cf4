// Erasing in the change feed: whoever may have the story is told that it is gone for good, of every language that was public, and of none that was not; no text of it is left in the log.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { catchUp, emptyReplica, settled } from './fixtures/following.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keys } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
await makeLocale(desk, 'hy');

async function fromNow() {
  const replica = emptyReplica();
  const next = async () => {
    await settled(app.db.pool);
    return catchUp(request, replica);
  };
  await next();
  return { replica, next };
}
const draft = (id: string, locale: string, way: string) => `/v1/desk/articles/${id}/locales/${locale}/${way}`;
async function takeBack(id: string, locale: string, way: string, payload: object = {}) {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('POST', draft(id, locale, way), { version, payload }), 200);
}
async function trash(id: string): Promise<number> {
  const { version } = await getDeskArticle(desk, id);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${id}`, { version }), 204);
  return version + 1;
}
const erase = async (id: string) =>
  expectStatus(await desk('DELETE', `/v1/desk/trash/${id}`, { version: await trash(id) }), 204);

// Seen to fail without logErased(): nothing is told.
test('who follows is told of each language that was public, and of no other', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {}, hy: { title: 'CANARY' } } });
  for (const locale of ['en', 'ru']) await publishArticle(desk, { id }, { locale });
  await takeBack(id, 'en', 'unpublish');
  await takeBack(id, 'ru', 'withdraw', { notice: 'It was denied.' });
  const { replica, next } = await fromNow();
  await erase(id);
  const told = await next();
  t.match(told, [
    { type: 'delete', reason: 'deleted', articleId: id, locale: 'en', version: 1, item: null, links: { self: null } },
    { type: 'delete', reason: 'deleted', articleId: id, locale: 'ru', version: 1, item: null, links: { self: null } },
  ]);
  t.equal(told.length, 2);
  for (const { uri, groups } of told) {
    t.match(uri, new RegExp(`article/${id}$`));
    t.ok(groups.includes(`article/${id}`), 'caches drop what is left of it');
  }
  t.notMatch(JSON.stringify(replica.told), 'CANARY');
});

test('of a story that was never public nothing is told, and an erasure that is refused tells nothing', async (t) => {
  const { id } = await makeArticle(desk);
  const was = await makePublished(desk);
  await takeBack(was.id, 'en', 'unpublish');
  const { next } = await fromNow();
  await erase(id);
  const version = await trash(was.id);
  t.equal((await desk('DELETE', `/v1/desk/trash/${was.id}`, { version: version + 1 })).statusCode, 412);
  t.equal((await as(keys.publisher)('DELETE', `/v1/desk/trash/${was.id}`, { version })).statusCode, 403);
  t.same(await next(), []);
});

test('what led to it is told as gone; what it led to itself stays', async (t) => {
  const [from, story, to] = [await makePublished(desk), await makePublished(desk), await makePublished(desk)];
  await takeBack(from.id, 'en', 'withdraw', { type: 'redirect', redirectTo: story.id });
  await takeBack(story.id, 'en', 'withdraw', { type: 'redirect', redirectTo: to.id });
  const { next } = await fromNow();
  await erase(story.id);
  const told = await next();
  t.match(told, [{ type: 'delete', reason: 'deleted', articleId: from.id, links: { target: null } }]);
  t.equal(told.length, 1);
  t.equal((await request('GET', `/v1/articles/${from.id}`)).statusCode, 410);
  t.equal((await request('GET', `/v1/articles/${story.id}`)).statusCode, 301);
});

test('nothing of its text is left in the log', async (t) => {
  const word = 'zqlogqz';
  const text = { title: `Heading ${word}`, slug: word, standfirst: word, body: { text: word } };
  const { id } = await makePublished(desk, { locales: { en: text } });
  await takeBack(id, 'en', 'unpublish');
  await erase(id);
  const { rows } = await app.db.pool.query(
    'select c::text as row, type, reason from changes c where article_id = $1 order by id',
    [id],
  );
  t.same(
    rows.map(({ reason }) => reason),
    ['published', 'unpublished', 'deleted'],
  );
  t.notMatch(JSON.stringify(rows), word);
  t.notMatch((await request('GET', '/v1/changes?include=item')).body, word);
});
