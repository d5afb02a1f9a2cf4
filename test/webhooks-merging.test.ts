// Webhooks whose region or tag is merged into another: they go on being told of what it stood for, before and after the jobs.
import { type Test, test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';
import { buildHookApp, makeWebhook, verified } from './fixtures/webhooks.ts';

/** A webhook for a tag and one for a region, each with a receiver of its own. */
async function listenTo(t: Test, desk: Send) {
  for (const key of ['quay', 'shore']) await makeRegion(desk, { key });
  for (const key of ['boats', 'vessels']) await makeTag(desk, { key });
  return Promise.all(
    [{ tags: ['boats'] }, { regions: ['quay'] }].map(async (filters) => {
      const receiver = await startReceiver(t);
      const hook = await makeWebhook(desk, `${receiver.url}/in`, filters);
      return {
        told: () =>
          receiver.received
            .map((one) => verified(hook.secret, one))
            .map(({ type, data }) => `${type} ${data.article.id}`),
        async filters() {
          const { tags, regions } = (await desk('GET', `/v1/desk/webhooks/${hook.id}`)).json().data;
          return { tags, regions };
        },
      };
    }),
  );
}
async function mergeBoth(desk: Send): Promise<void> {
  for (const [path, into] of [
    ['tags/boats', 'vessels'],
    ['regions/quay', 'shore'],
  ])
    expectStatus(await desk('POST', `/v1/desk/${path}/merge`, { version: 1, payload: { into } }), 200);
}
const unpublish = async (desk: Send, id: string) =>
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/unpublish`, { version: 1 }), 200);

test('a filter follows a region or tag into what it is merged with', async (t) => {
  const { app, desk } = await buildHookApp(t);
  const hooks = await listenTo(t, desk);
  const before = await makePublished(desk, { region: 'quay', tags: ['boats'] });
  await mergeBoth(desk);
  t.same(await Promise.all(hooks.map((hook) => hook.filters())), [
    { tags: ['vessels'], regions: null },
    { tags: null, regions: ['shore'] },
  ]);
  await until('what is public names what stays', async () => {
    const { rows } = await app.db.pool.query(
      "select from graphile_worker.jobs where key like 'rebuild:%' union all select from webhook_events limit 1",
    );
    return rows.length === 0;
  });
  const after = await makePublished(desk, { region: 'shore', tags: ['vessels'] });
  await unpublish(desk, before.id);
  for (const { told } of hooks) {
    await until('the last message came', () => told().includes(`article.unpublished ${before.id}`));
    await until('and the one before', () => told().includes(`article.published ${after.id}`));
    t.equal(told()[0], `article.published ${before.id}`);
  }
});

test('a story that goes before the jobs have renamed what it names is told, too', async (t) => {
  // Nothing is renamed and nothing sent before another node is there that does the jobs.
  const { desk, databaseUrl } = await buildHookApp(t, false);
  const hooks = await listenTo(t, desk);
  const { id } = await makePublished(desk, { region: 'quay', tags: ['boats'] });
  await mergeBoth(desk);
  await unpublish(desk, id);
  await buildTestApp(t, { databaseUrl, outbound: { loopback: true }, roles: { api: true, jobs: true } });
  for (const { told } of hooks) {
    await until('it is told', () => told().length === 2);
    t.same(told(), [`article.published ${id}`, `article.unpublished ${id}`]);
  }
});

test('a region or tag that a webhook filters by is not deleted, though no story has it', async (t) => {
  const { desk } = await buildHookApp(t, false);
  await makeRegion(desk, { key: 'fen' });
  await makeTag(desk, { key: 'reeds' });
  const hook = await makeWebhook(desk, 'https://hooks.example.org/in', { tags: ['reeds'], regions: ['fen'] });
  const remove = (path: string) => desk('DELETE', `/v1/desk/${path}`, { version: 1 });
  for (const path of ['tags/reeds', 'regions/fen'])
    t.match(expectStatus(await remove(path), 409).json(), { code: 'in_use', detail: 'It is used by webhooks.' }, path);
  expectStatus(await desk('DELETE', `/v1/desk/webhooks/${hook.id}`, { version: hook.version }), 204);
  for (const path of ['tags/reeds', 'regions/fen']) t.equal((await remove(path)).statusCode, 204, path);
});
