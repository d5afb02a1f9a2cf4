// Publishing: what becomes public when, which dates move, how a story is taken back, and what is left behind for others to follow.
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
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, as, keys } = await buildTestApp(t);
await makeLocale(desk, 'ru');
await makeTag(desk, { key: 'rail' });
await makeContributor(desk, { key: 'anna' });
for (const key of ['coast', 'hills']) await makeRegion(desk, { key });

const draftUrl = (id: string, locale = 'en') => `/v1/desk/articles/${id}/locales/${locale}`;
const read = async (id: string, locale = 'en') =>
  expectStatus(await request('GET', `/v1/articles/${id}?locale=${locale}`), 200).json().data;
const change = async (id: string, payload: object, locale = 'en') => {
  const { version } = (await desk('GET', draftUrl(id, locale))).json().data;
  return expectStatus(await desk('PATCH', draftUrl(id, locale), { version, payload }), 200);
};
const act = async (id: string, action: string, payload: object = {}, locale = 'en') => {
  const { version } = (await desk('GET', draftUrl(id, locale))).json().data;
  return desk('POST', `${draftUrl(id, locale)}/${action}`, { version, payload });
};

// Seen to fail with what was typed handed on: `<time datetime>` of print and feeds held no time of HTML.
test('the time of a correction goes out in UTC, to the millisecond, as all others do', async (t) => {
  const { id } = await makePublished(desk);
  const at = '2026-06-30t23:59:59.123456789-04:30';
  await change(id, { corrections: [{ at, text: 'It was two.' }] });
  await publishArticle(desk, { id });
  t.same((await read(id)).corrections, [{ at: '2026-07-01T04:29:59.123Z', text: 'It was two.' }]);
  t.equal((await desk('GET', draftUrl(id))).json().data.corrections[0].at, at, 'at the desk it stays as it was typed');
});

test('an edit changes nothing in public until it is published again', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { title: 'Rails laid', slug: 'rails-laid' } } });
  const before = await request('GET', `/v1/articles/${id}`);
  const list = await request('GET', '/v1/articles?count=exact');
  await change(id, { title: 'Rails torn up', slug: 'rails-torn-up', body: { text: 'Gone.' } });
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}`, { version: 1, payload: { kind: 'opinion', tags: ['rail'] } }),
    200,
  );
  const after = await request('GET', `/v1/articles/${id}`);
  t.equal(after.body, before.body);
  for (const name of ['etag', 'last-modified']) t.equal(after.headers[name], before.headers[name], name);
  const listAfter = await request('GET', '/v1/articles?count=exact');
  t.same([listAfter.body, listAfter.headers.etag], [list.body, list.headers.etag]);
  t.equal((await request('GET', '/v1/articles/by-slug/en/rails-torn-up')).statusCode, 404);
  t.match(stateIn(await getDeskArticle(desk, id), 'en'), {
    status: 'published',
    changedSincePublished: true,
    version: 2,
    publishedVersion: 1,
  });

  await publishArticle(desk, { id });
  t.match(await read(id), {
    title: 'Rails torn up',
    kind: 'opinion',
    body: { text: 'Gone.' },
    tags: [{ key: 'rail' }],
  });
  t.not((await request('GET', `/v1/articles/${id}`)).headers.etag, before.headers.etag);
  t.match(stateIn(await getDeskArticle(desk, id), 'en'), { changedSincePublished: false, publishedVersion: 2 });
});

test('the desk tells in which languages readers see what the story had in every language before', async (t) => {
  const other = await makePublished(desk);
  const picture = { url: 'https://img.example.org/bridge.jpg', mimeType: 'image/jpeg', width: 1200, height: 800 };
  const image = expectStatus(await desk('POST', '/v1/desk/media', { payload: picture }), 201).json().data.id;
  for (const [key, more] of [
    ['depth', {}],
    ['depthInside', { public: false }],
    ['depthTold', { localised: true }],
  ] as const) {
    const payload = { key, type: 'number', label: { en: 'x' }, public: true, ...more };
    expectStatus(await desk('POST', '/v1/desk/fields', { payload }), 201);
  }
  const { id } = await makePublished(desk, { locales: { en: { title: 'x' }, ru: { title: 'я' } } });
  const changed = async () => {
    const story = await getDeskArticle(desk, id);
    return ['en', 'ru'].map((locale) => stateIn(story, locale).storyChangedSincePublished);
  };
  const patch = async (payload: object) => {
    const { version } = await getDeskArticle(desk, id);
    expectStatus(await desk('PATCH', `/v1/desk/articles/${id}`, { version, payload }), 200);
  };
  t.same(await changed(), [false, false]);
  for (const payload of [
    { kind: 'opinion' },
    { region: 'coast' },
    { regions: ['coast', 'hills'] },
    { tags: ['rail'] },
    { byline: ['anna'] },
    { image },
    { rights: { syndicatable: false } },
    { related: [other.id] },
    { originalLocale: 'ru' },
    { extra: { depth: 3 } },
    { extra: { depth: null } },
  ]) {
    const told = JSON.stringify(payload);
    await patch(payload);
    t.same(await changed(), [true, true], told);
    expectStatus(await act(id, 'publish', { updateType: 'minor' }), 200);
    t.same(await changed(), [false, true], `${told}, published in one language`);
    expectStatus(await act(id, 'publish', { updateType: 'minor' }, 'ru'), 200);
    t.same(await changed(), [false, false], `${told}, published in both`);
  }
  await patch({ extra: { depthInside: 4 }, externalId: 'ours:1' });
  await change(id, { title: 'y', extra: { depthTold: 5 } });
  t.same(await changed(), [false, false], 'readers are shown none of it, or it is of the text');
  await patch({ tags: [] });
  await patch({ tags: ['rail'] });
  t.same(await changed(), [false, false], 'as it was');
  expectStatus(await act(id, 'unpublish'), 200);
  await patch({ tags: [] });
  t.same(await changed(), [false, true], 'not where nobody reads it');
});

test('publishedAt is kept on edit; updatedAt moves with a major edit and not with a minor one', async (t) => {
  const { id } = await makePublished(desk);
  const first = await read(id);
  t.equal(first.publishedAt, first.firstPublishedAt);
  t.equal(first.updatedAt, first.publishedAt);
  await change(id, { title: 'Typo mended' });
  expectStatus(await act(id, 'publish', { updateType: 'minor' }), 200);
  const minor = await read(id);
  t.match(minor, { title: 'Typo mended', publishedAt: first.publishedAt, updatedAt: first.updatedAt });
  await change(id, { title: 'New facts' });
  expectStatus(await act(id, 'publish'), 200);
  const major = await read(id);
  t.match(major, { publishedAt: first.publishedAt, firstPublishedAt: first.firstPublishedAt });
  t.ok(major.updatedAt > first.updatedAt);
  await change(id, { title: 'New fakts mended' });
  expectStatus(await act(id, 'publish', { updateType: 'minor' }), 200);
  t.equal((await read(id)).updatedAt, major.updatedAt);
});

test('publishedAt is backdated with its own scope only, and never lies in the future', async (t) => {
  const { id } = await makeArticle(desk);
  const publish = (key: string, payload: object) => as(key)('POST', `${draftUrl(id)}/publish`, { version: 1, payload });
  const old = '2019-03-04T05:06:07+04:00';
  t.match(expectStatus(await publish(keys.publisher, { publishedAt: old }), 403).json(), {
    scope: 'articles:backdate',
  });
  const soon = new Date(Date.now() + 60_000).toISOString();
  t.match(expectStatus(await publish(keys.admin, { publishedAt: soon }), 400).json(), {
    errors: [{ pointer: '/publishedAt', code: 'future' }],
  });
  t.equal((await request('GET', `/v1/articles/${id}`)).statusCode, 404);
  expectStatus(await publish(keys.admin, { publishedAt: old }), 200);
  const dates = {
    publishedAt: '2019-03-04T01:06:07.000Z',
    firstPublishedAt: '2019-03-04T01:06:07.000Z',
    updatedAt: '2019-03-04T01:06:07.000Z',
  };
  t.match(await read(id), dates);
  expectStatus(await publish(keys.publisher, { updateType: 'minor' }), 200);
  t.match(await read(id), dates, 'and kept from then on');
  for (const [publishedAt, firstPublishedAt] of [
    ['2020-01-01T00:00:00.000Z', dates.firstPublishedAt],
    ['2018-01-01T00:00:00.000Z', '2018-01-01T00:00:00.000Z'],
  ]) {
    expectStatus(await publish(keys.admin, { publishedAt }), 200);
    t.match(await read(id), { publishedAt, firstPublishedAt }, 'what is dated back further was first out then');
  }
  const other = await makeArticle(desk);
  expectStatus(await as(keys.publisher)('POST', `${draftUrl(other.id)}/publish`, { version: 1 }), 200);
  t.ok(Math.abs(Date.parse((await read(other.id)).publishedAt) - Date.now()) < 10_000, 'without one, it is now');
});

test('an unpublished story is as if it had never been public, and comes back with its date', async (t) => {
  const { id } = await makePublished(
    desk,
    { tags: ['rail'], locales: { en: { slug: 'comes-back' } } },
    { publishedAt: '2024-01-01T00:00:00Z' },
  );
  expectStatus(await act(id, 'unpublish'), 200);
  for (const path of [id, `${id}/translations`, `${id}/views`, 'by-slug/en/comes-back']) {
    t.equal((await request('GET', `/v1/articles/${path}`)).statusCode, 404, path);
  }
  t.same((await request('GET', `/v1/articles?ids=${id}&count=exact`)).json().meta.count, {
    value: 0,
    relation: 'exact',
  });
  t.notMatch((await request('GET', '/v1/articles?tag=rail')).body, id);
  t.match(stateIn(await getDeskArticle(desk, id), 'en'), { status: 'draft', publishedVersion: null });
  t.equal((await act(id, 'unpublish')).statusCode, 409);
  t.equal((await act(id, 'withdraw')).statusCode, 409);
  await change(id, { slug: 'came-back' });
  expectStatus(await act(id, 'publish'), 200);
  t.equal((await read(id)).publishedAt, '2024-01-01T00:00:00.000Z');
  t.equal((await request('GET', '/v1/articles/by-slug/en/comes-back')).statusCode, 301, 'its old address leads to it');
});

test('a withdrawn story can be published again, and then nothing tells that it was gone', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { slug: 'doubtful' } } });
  expectStatus(await act(id, 'withdraw'), 200);
  t.match(expectStatus(await request('GET', `/v1/articles/${id}`), 410).json(), { notice: null });
  t.equal(stateIn(await getDeskArticle(desk, id), 'en').status, 'withdrawn');
  await publishArticle(desk, { id });
  for (const path of [id, 'by-slug/en/doubtful'])
    t.equal((await request('GET', `/v1/articles/${path}`)).statusCode, 200, path);
});

test('a changed slug leads on by one step from every former one, and back again', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { slug: 'slug-a' } } });
  const move = async (slug: string) => {
    await change(id, { slug });
    expectStatus(await act(id, 'publish', { updateType: 'minor' }), 200);
  };
  const where = async (slug: string) => {
    const { statusCode, headers } = await request('GET', `/v1/articles/by-slug/en/${slug}`);
    return [
      statusCode,
      String(headers.location ?? '')
        .split('/')
        .at(-1),
    ];
  };
  await move('slug-b');
  await move('slug-c');
  t.same(
    [await where('slug-a'), await where('slug-b'), await where('slug-c')],
    [
      [301, 'slug-c'],
      [301, 'slug-c'],
      [200, ''],
    ],
  );
  await move('slug-a');
  t.same(
    [await where('slug-a'), await where('slug-b'), await where('slug-c')],
    [
      [200, ''],
      [301, 'slug-a'],
      [301, 'slug-a'],
    ],
  );
  const heir = await makePublished(desk, { locales: { en: { slug: 'slug-b' } } });
  t.equal(
    (await request('GET', '/v1/articles/by-slug/en/slug-b')).json().data.id,
    heir.id,
    'a slug in use again is no redirect',
  );
});

test('the other languages name a story as soon as it is public in one more, and stop with it', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Bridge' }, ru: { title: 'Мост' } } });
  await publishArticle(desk, { id }, { locale: 'en' });
  const alone = await request('GET', `/v1/articles/${id}`);
  const titles = async () => {
    const { data } = (await request('GET', `/v1/articles?ids=${id}`)).json();
    const { translations } = await read(id);
    t.same(data[0].translations, translations, 'card and document agree');
    return translations.map(({ title }: { title: string }) => title);
  };
  t.same(await titles(), []);
  await publishArticle(desk, { id }, { locale: 'ru' });
  t.same(await titles(), ['Мост']);
  t.not((await request('GET', `/v1/articles/${id}`)).headers.etag, alone.headers.etag);
  await change(id, { title: 'Мост открыт' }, 'ru');
  t.same(await titles(), ['Мост'], 'not before it is published');
  await publishArticle(desk, { id }, { locale: 'ru' });
  t.same(await titles(), ['Мост открыт']);
  expectStatus(await act(id, 'unpublish', {}, 'ru'), 200);
  t.same(await titles(), []);
  t.equal((await request('GET', `/v1/articles/${id}`)).headers.etag, alone.headers.etag);
});

test('two languages of one story published at once name each other, thirty times', async (t) => {
  for (let round = 0; round < 30; round += 1) {
    const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
    const answers = await Promise.all(
      ['en', 'ru'].map((locale) => desk('POST', `${draftUrl(id, locale)}/publish`, { version: 1 })),
    );
    const [english, russian] = [await read(id), await read(id, 'ru')];
    const named = [english, russian].map(({ translations }) =>
      translations.map(({ locale }: { locale: string }) => locale),
    );
    t.same(
      [answers.map(({ statusCode }) => statusCode), named],
      [
        [200, 200],
        [['ru'], ['en']],
      ],
      `round ${round}`,
    );
  }
});
