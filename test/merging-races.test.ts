// Merging while others merge, tag and publish: one of two wins, and every story names what stays.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished } from './fixtures/factories.ts';
import { mergingIn } from './fixtures/merging.ts';
import { makeTag } from './fixtures/taxonomy.ts';

// The jobs are run by hand: what holds before they have been is part of the promise.
const built = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { request, desk } = built;
const { merge, runJobs, agreement } = mergingIn(built);

test('of two merges into each other at once, one is done, ten times', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b] = [(await makeTag(desk)).key, (await makeTag(desk)).key];
    const story = await makePublished(desk, { tags: [a, b] });
    const answers = await Promise.all([merge('tags', a, b), merge('tags', b, a)]);
    const statuses = answers.map(({ statusCode }) => statusCode);
    t.equal(statuses.filter((status) => status === 200).length, 1, statuses.join());
    t.ok(
      statuses.every((status) => [200, 400, 404, 409, 412].includes(status)),
      statuses.join(),
    );
    await runJobs();
    const left = (await getDeskArticle(desk, story.id)).tags;
    t.equal(left.length, 1);
    t.same(
      (await request('GET', `/v1/articles/${story.id}`)).json().data.tags.map((one: { key: string }) => one.key),
      left,
    );
  }
  t.same((await agreement()).wrong, []);
});

test('stories that are tagged and published while their tag is merged name the one that stays', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const [a, b] = [(await makeTag(desk)).key, (await makeTag(desk)).key];
    const stories = await Promise.all(Array.from({ length: 6 }, () => makeArticle(desk, { tags: [a] })));
    const answers = await Promise.all([
      ...stories
        .slice(0, 3)
        .map(({ id }) => desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 1 })),
      merge('tags', a, b),
      ...stories
        .slice(3)
        .map(({ id }) => desk('PATCH', `/v1/desk/articles/${id}`, { version: 1, payload: { tags: [a] } })),
    ]);
    const statuses = answers.map(({ statusCode }) => statusCode);
    t.ok(
      statuses.every((status) => [200, 409, 412].includes(status)),
      statuses.join(),
    );
    if (statuses[3] !== 200) expectStatus(await merge('tags', a, b), 200);
    await runJobs();
    for (const { id } of stories) t.same((await getDeskArticle(desk, id)).tags, [b], `round ${round}`);
    for (const { id } of stories.slice(0, 3))
      t.same(
        (await request('GET', `/v1/articles/${id}`)).json().data.tags.map((one: { key: string }) => one.key),
        [b],
      );
  }
  t.same((await agreement()).wrong, []);
});
