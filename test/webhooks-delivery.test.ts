// What webhooks are told of: every change of what is public, whole, in its order, signed, filtered, and nothing else.
import t, { test } from 'tap';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { walkPages } from './fixtures/paging.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';
import { buildHookApp, type Delivery, deliveriesOf, type Event, makeWebhook, verified } from './fixtures/webhooks.ts';

const { app, desk } = await buildHookApp(t);
await makeLocale(desk, 'ru');
const step = async (id: string, action: string, payload: object = {}, locale = 'en') => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  return expectStatus(
    await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/${action}`, { version, payload }),
    200,
  );
};
const edit = async (id: string, payload: object, locale = 'en') => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  return expectStatus(await desk('PATCH', `/v1/desk/articles/${id}/locales/${locale}`, { version, payload }), 200);
};
/** A webhook with a receiver of its own. */
const listen = async (t: Parameters<typeof startReceiver>[0], filters: object = {}) => {
  const receiver = await startReceiver(t);
  const hook = await makeWebhook(desk, `${receiver.url}/in`, filters);
  t.teardown(() => app.db.pool.query('delete from webhooks where id = $1', [hook.id]));
  const events = (): Event[] => receiver.received.map((one) => verified(hook.secret, one));
  return { receiver, hook, events, types: () => events().map(({ type }) => type) };
};
/** Everything that is to be sent to anybody is sent. */
const quiet = () =>
  until('nothing is left to be sent', async () => {
    const { rows } = await app.db.pool.query(
      "select from webhook_events union all select from webhook_deliveries where status = 'pending' limit 1",
    );
    return rows.length === 0;
  });

test('each change of a story is told once, in its order, in one form, signed for the reference library', async (t) => {
  const { receiver, types, events } = await listen(t);
  const target = await makePublished(desk);
  const story = await makePublished(desk, { locales: { en: { title: 'Tide', slug: 'tide' } } });
  await edit(story.id, { title: 'High tide', slug: 'high-tide' });
  await step(story.id, 'publish');
  await step(story.id, 'unpublish');
  await step(story.id, 'publish');
  await step(story.id, 'withdraw', { notice: 'It was wrong.' });
  await step(target.id, 'withdraw', { type: 'gone' });
  const other = await makePublished(desk);
  const moved = await makePublished(desk);
  await step(moved.id, 'withdraw', { type: 'redirect', redirectTo: other.id });
  await quiet();
  const of = (id: string) => events().filter(({ data }) => data.article.id === id);
  t.same(
    of(story.id).map(({ type, data }) => [type, data.article.slug, data.reason]),
    [
      ['article.published', 'tide', 'published'],
      ['article.updated', 'high-tide', 'updated'],
      ['article.unpublished', 'high-tide', 'unpublished'],
      ['article.published', 'high-tide', 'published'],
      ['article.withdrawn', 'high-tide', 'withdrawn'],
    ],
  );
  t.same(
    of(moved.id).map(({ type }) => type),
    ['article.published', 'article.redirected'],
  );
  t.equal(of(target.id).at(-1)?.type, 'article.deleted', 'without a word');
  t.equal(types().length, receiver.received.length);
  const forms = events().map(({ data }) => [Object.keys(data), Object.keys(data.article), Object.keys(data.links)]);
  t.equal(new Set(forms.map((form) => JSON.stringify(form))).size, 1, 'one form for all');
  t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, receiver.received.length);
  const [first] = of(story.id);
  const self = new URL(first?.data.links.self ?? '');
  t.equal(self.origin, 'https://api.example.org');
  t.equal(self.pathname + self.search, `/v1/articles/${story.id}?locale=en`);
  t.match(receiver.received[0], { method: 'POST', headers: { 'content-type': 'application/json' } });
  t.notMatch(JSON.stringify(receiver.received), /It was wrong/, 'a message is thin');
});

test('nothing is told of what is not public: drafts, what was refused, what is scheduled', async (t) => {
  const { receiver } = await listen(t);
  const draft = await makeArticle(desk, { locales: { en: { title: 'Canary of a draft' } } });
  await edit(draft.id, { title: 'Canary of an edit' });
  const { version } = stateIn(await getDeskArticle(desk, draft.id), 'en');
  const url = `/v1/desk/articles/${draft.id}/locales/en`;
  expectStatus(await desk('POST', `${url}/schedule`, { version, payload: { at: '2030-01-01T00:00:00Z' } }), 201);
  expectStatus(await desk('POST', `${url}/publish`, { version: version + 7, payload: {} }), 412);
  const marker = await makePublished(desk);
  await quiet();
  t.equal(receiver.received.length, 1);
  t.match(receiver.received[0]?.body, marker.id);
});

test('filters by event, locale, region and tag say together what a receiver is told', async (t) => {
  await makeRegion(desk, { key: 'coast' });
  await makeRegion(desk, { key: 'bay', parent: 'coast' });
  await makeTag(desk, { key: 'ships' });
  const hooks = {
    all: await listen(t),
    event: await listen(t, { events: ['article.withdrawn'] }),
    locale: await listen(t, { locales: ['ru'] }),
    region: await listen(t, { regions: ['coast'] }),
    both: await listen(t, { regions: ['coast'], tags: ['ships'] }),
    stopped: await listen(t, { disabled: true }),
  };
  const inBay = await makePublished(desk, { region: 'bay', locales: { en: {}, ru: {} } });
  const ships = await makePublished(desk, { region: 'bay', tags: ['ships'] });
  const elsewhere = await makePublished(desk, { tags: ['ships'] });
  await step(inBay.id, 'withdraw', {}, 'ru');
  await quiet();
  const told = (name: keyof typeof hooks) =>
    hooks[name]
      .events()
      .map(({ type, data: { article } }) => `${type.slice(8)} ${article.id} ${article.locale}`)
      .sort();
  const published = (id: string, locale = 'en') => `published ${id} ${locale}`;
  t.equal(told('all').length, 5);
  t.same(told('event'), [`withdrawn ${inBay.id} ru`]);
  t.same(told('locale'), [published(inBay.id, 'ru'), `withdrawn ${inBay.id} ru`]);
  t.same(
    told('region'),
    [published(inBay.id), published(inBay.id, 'ru'), published(ships.id), `withdrawn ${inBay.id} ru`].sort(),
  );
  t.same(told('both'), [published(ships.id)]);
  t.same(told('stopped'), []);
  t.notOk(told('region').includes(published(elsewhere.id)));
  const [event] = hooks.both.events();
  t.same([event?.data.article.regions, event?.data.article.tags], [['bay', 'coast'], ['ships']]);
});

test('who was told that a story is there is told that it goes, by where it was public and not by its draft', async (t) => {
  await makeRegion(desk, { key: 'steppe' });
  const here = await listen(t, { regions: ['coast'] });
  const there = await listen(t, { regions: ['steppe'] });
  const story = await makePublished(desk, { region: 'coast' });
  const { version } = await getDeskArticle(desk, story.id);
  expectStatus(await desk('PATCH', `/v1/desk/articles/${story.id}`, { version, payload: { region: 'steppe' } }), 200);
  await step(story.id, 'unpublish');
  await quiet();
  t.same(here.types(), ['article.published', 'article.unpublished']);
  t.same(there.types(), []);
  t.notMatch(JSON.stringify(here.receiver.received), 'steppe', 'the draft is told nobody');
});

test('a story that leaves a region or a tag is told there once more, and from then on elsewhere', async (t) => {
  // Seen to fail without the groups that a change has left.
  for (const key of ['delta', 'dunes']) await makeRegion(desk, { key });
  await makeRegion(desk, { key: 'creek', parent: 'delta' });
  for (const key of ['tugs', 'dredgers']) await makeTag(desk, { key });
  const hooks = {
    delta: await listen(t, { regions: ['delta'] }),
    dunes: await listen(t, { regions: ['dunes'] }),
    tugs: await listen(t, { tags: ['tugs'] }),
    dredgers: await listen(t, { tags: ['dredgers'] }),
    russian: await listen(t, { regions: ['delta'], locales: ['ru'] }),
    both: await listen(t, { regions: ['delta'], tags: ['dredgers'] }),
    either: await listen(t, { regions: ['delta', 'dunes'] }),
    ends: await listen(t, { regions: ['delta'], events: ['article.unpublished', 'article.withdrawn'] }),
  };
  const told = () => Object.fromEntries(Object.entries(hooks).map(([name, { types }]) => [name, types().length]));
  const { id } = await makePublished(desk, { region: 'creek', tags: ['tugs'] });
  const change = async (payload: object) => {
    const { version } = await getDeskArticle(desk, id);
    expectStatus(await desk('PATCH', `/v1/desk/articles/${id}`, { version, payload }), 200);
    await step(id, 'publish');
    await quiet();
  };
  await change({ region: 'dunes', regions: [], tags: ['dredgers'] });
  t.same(told(), { delta: 2, dunes: 1, tugs: 2, dredgers: 1, russian: 0, both: 1, either: 2, ends: 0 });
  const last = hooks.delta.events().at(-1);
  t.match(last, { type: 'article.updated', data: { article: { id, regions: ['dunes'], tags: ['dredgers'] } } });
  await edit(id, { title: 'No more of theirs' });
  await step(id, 'publish');
  await step(id, 'withdraw', { notice: 'It was wrong.' });
  await quiet();
  t.same(told(), { delta: 2, dunes: 3, tugs: 2, dredgers: 3, russian: 0, both: 1, either: 4, ends: 0 });
});

test('without a webhook nothing is kept and no job is made', async (t) => {
  const count = async () => {
    const { rows } = await app.db.pool.query(`select (select count(*) from webhook_deliveries)::int as deliveries,
      (select count(*) from graphile_worker.jobs where task_identifier = 'dispatch_webhooks' and key is null)::int as jobs`);
    return rows;
  };
  await until('nothing is left', async () => Object.values((await count())[0]).every((number) => number === 0));
  await makePublished(desk);
  t.same(await count(), [{ deliveries: 0, jobs: 0 }]);
});

// Seen to fail where messages that are spread together get ids of one millisecond in any order.
test('the log is walked newest first by cursor, filtered by state, and belongs to its webhook', async (t) => {
  const { hook, receiver } = await listen(t);
  const stories: string[] = [];
  for (let n = 0; n < 5; n += 1) stories.unshift((await makePublished(desk)).id);
  await quiet();
  const url = `/v1/desk/webhooks/${hook.id}/deliveries`;
  const pages = await walkPages<Delivery>(desk, `${url}?limit=2`);
  t.same(
    pages.flat().map(({ articleId }) => articleId),
    stories,
  );
  t.match(pages.flat()[0], { event: 'article.published', status: 'delivered', attempts: 1, responseStatus: 204 });
  t.same(await deliveriesOf(desk, hook.id, '&status=failed,pending'), []);
  t.equal((await deliveriesOf(desk, hook.id, '&status=delivered')).length, 5);
  const { next } = (await desk('GET', `${url}?limit=2`)).json().links;
  const cursor = new URL(next).searchParams.get('cursor');
  for (const query of [`status=failed&cursor=${cursor}`, 'status=lost', 'limit=101', 'event=x'])
    expectStatus(await desk('GET', `${url}?${query}`), 400);
  const other = await listen(t);
  expectStatus(await desk('GET', `/v1/desk/webhooks/${other.hook.id}/deliveries?limit=2&cursor=${cursor}`), 400);
  const [delivery] = pages.flat();
  const replay = (id: string, of = hook.id) => desk('POST', `/v1/desk/webhooks/${of}/deliveries/${id}/replay`);
  expectStatus(await replay(delivery?.id ?? '', other.hook.id), 404);
  expectStatus(await replay('msg_019a0000-0000-7000-8000-000000000000'), 404);
  expectStatus(await replay('019a0000-0000-7000-8000-000000000000'), 400);
  t.equal(receiver.received.length, 5);
});

test('one message or those of a span of time are sent again, under their ids', async (t) => {
  const { hook, receiver } = await listen(t);
  const first = await makePublished(desk);
  const second = await makePublished(desk);
  await quiet();
  const ids = () => receiver.received.map(({ headers }) => headers['webhook-id']);
  const [latest, old] = await deliveriesOf(desk, hook.id);
  const both = [old?.id, latest?.id].sort();
  t.same(ids().sort(), both);
  const again = expectStatus(await desk('POST', `/v1/desk/webhooks/${hook.id}/deliveries/${old?.id}/replay`), 200);
  t.match(again.json().data, { id: old?.id, status: 'pending', attempts: 0, finishedAt: null });
  await quiet();
  t.equal(old?.articleId, first.id);
  t.same(ids().slice(2), [old?.id]);
  const span = async (payload: object) =>
    expectStatus(await desk('POST', `/v1/desk/webhooks/${hook.id}/replay`, { payload }), 200).json().data;
  const [from, to] = ['2026-01-01T00:00:00Z', '2099-01-01T00:00:00Z'];
  t.same(await span({ from, to, statuses: ['failed'] }), { replayed: 0 });
  t.same(await span({ from, to: '2026-01-02T00:00:00Z' }), { replayed: 0 });
  const createdAt = old?.createdAt ?? '';
  t.same(await span({ from, to: createdAt }), { replayed: 0 }, 'the end is not part of it');
  t.same(await span({ from: createdAt, to }), { replayed: 2 }, 'and the beginning is');
  await quiet();
  t.same(ids().slice(3).sort(), both);
  t.same(
    (await deliveriesOf(desk, hook.id)).map(({ articleId, status }) => [articleId, status]),
    [
      [second.id, 'delivered'],
      [first.id, 'delivered'],
    ],
  );
  expectStatus(await desk('POST', `/v1/desk/webhooks/${hook.id}/replay`, { payload: { from: to, to: from } }), 400);
});

test('deliveries are kept for 30 days, and go with their webhook', async (t) => {
  const { hook } = await listen(t);
  await makePublished(desk);
  await makePublished(desk);
  await quiet();
  const [, old] = await deliveriesOf(desk, hook.id);
  await app.db.pool.query("update webhook_deliveries set created_at = now() - interval '31 days' where id = $1", [
    old?.id.slice(4),
  ]);
  await app.db.pool.query("select graphile_worker.add_job('prune_deliveries')");
  await until('the old one is forgotten', async () => (await deliveriesOf(desk, hook.id)).length === 1);
  expectStatus(await desk('DELETE', `/v1/desk/webhooks/${hook.id}`, { version: 1 }), 204);
  const { rows } = await app.db.pool.query('select from webhook_deliveries where webhook_id = $1', [hook.id]);
  t.equal(rows.length, 0);
});

test('a story in two languages is told for each of them', async (t) => {
  const { events } = await listen(t);
  const story = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  await publishArticle(desk, story);
  await quiet();
  t.same(
    events()
      .map(({ data }) => data.article.locale)
      .sort(),
    ['en', 'ru'],
  );
});
