// Single public stories: by id and slug, in which language, with what, under which conditions, and why one is not there.
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

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { position: 1 });
await makeLocale(desk, 'hy', { aliases: ['arm'], fallback: ['ru'], position: 2 });
await makeRegion(desk, { key: 'caspian', countries: ['AZ', 'KZ'] });
await makeRegion(desk, { key: 'harbours', parent: 'caspian' });
await makeTag(desk, { key: 'ferries' });
await makeContributor(desk, { key: 'night-desk', type: 'organisation' });

const story = await makePublished(desk, {
  region: 'harbours',
  tags: ['ferries'],
  byline: ['night-desk'],
  locales: {
    en: { title: 'Ferry sails', slug: 'ferry-sails', standfirst: 'At last.', body: { markdown: 'It *sails*.' } },
    ru: { title: 'Паром вышел', slug: 'паром-вышел', body: { text: 'Паром вышел в море.' } },
  },
});
const url = `/v1/articles/${story.id}`;

test('a story comes whole, in the default language unless another is asked for', async (t) => {
  const english = expectStatus(await request('GET', url), 200);
  t.equal(english.headers['content-language'], 'en');
  t.match(english.json(), {
    data: {
      id: story.id,
      locale: 'en',
      direction: 'ltr',
      title: 'Ferry sails',
      standfirst: 'At last.',
      url: 'https://www.example.org/en/ferry-sails',
      body: { html: '<p>It <em>sails</em>.</p>', text: 'It sails.', portableText: [{ _type: 'block' }] },
      region: { key: 'harbours', name: 'harbours' },
      tags: [{ key: 'ferries', type: 'topic' }],
      byline: [{ key: 'night-desk', type: 'organisation' }],
      translations: [{ locale: 'ru', slug: 'паром-вышел', title: 'Паром вышел' }],
      rights: { attributionRequired: true },
    },
    meta: { requestedLocale: 'en', locale: 'en', isFallback: false },
    links: { self: `https://api.example.org${url}` },
  });
  const russian = expectStatus(
    await request('GET', `${url.toUpperCase().replace('/V1/ARTICLES', '/v1/articles')}?locale=RU`),
    200,
  );
  t.equal(russian.headers['content-language'], 'ru');
  t.match(russian.json(), {
    data: { locale: 'ru', title: 'Паром вышел' },
    meta: { requestedLocale: 'RU', locale: 'ru', isFallback: false },
  });
  t.same(
    russian.json().data.translations.map(({ locale }: { locale: string }) => locale),
    ['en'],
  );
});

test('an alias of a language is taken everywhere and answered with its tag', async (t) => {
  const armenian = await makePublished(desk, { locales: { arm: { title: 'Նավը', slug: 'նավը' } } });
  for (const path of [
    `${armenian.id}?locale=arm`,
    `${armenian.id}?locale=ARM`,
    `by-slug/arm/${encodeURIComponent('նավը')}`,
  ]) {
    const answer = expectStatus(await request('GET', `/v1/articles/${path}`), 200);
    t.equal(answer.json().data.locale, 'hy', path);
    t.equal(answer.json().meta.requestedLocale.toLowerCase(), 'arm', path);
    t.equal(answer.headers['content-language'], 'hy');
  }
});

test('a slug is read in its own language only, in whatever Unicode form and case it comes', async (t) => {
  const found = expectStatus(await request('GET', '/v1/articles/by-slug/en/ferry-sails'), 200);
  t.equal(found.json().data.id, story.id);
  t.equal(found.headers.etag, (await request('GET', url)).headers.etag);
  t.equal(
    (await request('GET', `/v1/articles/by-slug/ru/${encodeURIComponent('паром-вышел')}`)).json().data.id,
    story.id,
  );
  t.equal((await request('GET', '/v1/articles/by-slug/ru/ferry-sails')).statusCode, 404);
  t.equal((await request('GET', '/v1/articles/by-slug/xx/ferry-sails')).statusCode, 404);

  await makePublished(desk, { locales: { en: { title: 'Café Ⅳ', slug: 'café-ⅳ' } } });
  for (const spelt of ['café-ⅳ'.normalize('NFD'), 'CAFÉ-Ⅳ']) {
    const moved = expectStatus(
      await request('GET', `/v1/articles/by-slug/EN/${encodeURIComponent(spelt)}?fields=title`),
      301,
    );
    t.equal(
      moved.headers.location,
      `https://api.example.org/v1/articles/by-slug/en/${encodeURIComponent('café-ⅳ')}?fields=title`,
    );
  }
});

test('its translations are listed in the order of the languages, whatever language is read', async (t) => {
  const answer = expectStatus(await request('GET', `${url}/translations`), 200);
  t.same(answer.json().data, [
    { locale: 'en', slug: 'ferry-sails', title: 'Ferry sails', url: 'https://www.example.org/en/ferry-sails' },
    {
      locale: 'ru',
      slug: 'паром-вышел',
      title: 'Паром вышел',
      url: `https://www.example.org/ru/${encodeURIComponent('паром-вышел')}`,
    },
  ]);
  const headers = { 'if-none-match': String(answer.headers.etag) };
  t.equal((await request('GET', `${url}/translations`, { headers })).statusCode, 304);
  const draft = await makeArticle(desk);
  t.equal((await request('GET', `/v1/articles/${draft.id}/translations`)).statusCode, 404);
});

test('a story that is public in other languages only is a 404 that names them', async (t) => {
  const answer = expectStatus(await request('GET', `${url}?locale=hy`), 404);
  t.match(answer.json(), { code: 'not_found', translations: [{ locale: 'en' }, { locale: 'ru' }] });
  const unknown = expectStatus(await request('GET', `${url}?locale=xx`), 400);
  t.match(unknown.json(), { code: 'unknown_locale', errors: [{ parameter: 'locale' }] });
});

test('conditional requests are answered 304 until the story changes, and without a body', async (t) => {
  const fresh = expectStatus(await request('GET', url), 200);
  const etag = String(fresh.headers.etag);
  const modified = String(fresh.headers['last-modified']);
  t.match(etag, /^"[\w-]+"$/, 'the tag is strong');
  t.match(fresh.headers['cache-control'], /public.*s-maxage/);
  const unchanged = [
    { 'if-none-match': etag },
    { 'if-none-match': `W/${etag}` },
    { 'if-none-match': `"other", ${etag}` },
    { 'if-none-match': '*' },
    { 'if-none-match': etag, 'cache-control': 'no-cache' },
    { 'if-modified-since': modified },
  ];
  for (const headers of unchanged) {
    const answer = await request('GET', url, { headers });
    t.equal(answer.statusCode, 304, JSON.stringify(headers));
    t.equal(answer.headers.etag, etag);
  }
  const changed = [
    { 'if-none-match': '"other"' },
    { 'if-none-match': '"other"', 'if-modified-since': modified },
    { 'if-modified-since': 'Thu, 01 Jan 2015 00:00:00 GMT' },
    { 'if-modified-since': 'yesterday' },
  ];
  for (const headers of changed)
    t.equal((await request('GET', url, { headers })).statusCode, 200, JSON.stringify(headers));

  const head = await request('HEAD', url);
  t.same([head.statusCode, head.headers.etag, head.body], [200, etag, '']);
  t.equal((await request('HEAD', url, { headers: { 'if-none-match': etag } })).statusCode, 304);
  t.equal((await request('HEAD', `${url}?locale=hy`)).statusCode, 404);
});

test('fields cuts the story down, and each cut has an ETag of its own', async (t) => {
  const answer = expectStatus(await request('GET', `${url}?fields=title,body.text`), 200);
  t.same(answer.json().data, { id: story.id, locale: 'en', title: 'Ferry sails', body: { text: 'It sails.' } });
  t.not(answer.headers.etag, (await request('GET', url)).headers.etag);
  const whole = (await request('GET', `${url}?fields=body,body.text`)).json().data;
  t.same(Object.keys(whole.body).sort(), ['html', 'portableText', 'text']);
  t.match((await request('GET', `${url}?fields=titel`)).json(), { errors: [{ parameter: 'fields', code: 'enum' }] });
});

test('include brings whole terms along, regions with those that contain them, and views outside the ETag', async (t) => {
  const all = expectStatus(await request('GET', `${url}?include=region,tags,contributors,views`), 200);
  const { included, meta } = all.json();
  t.same(included.regions.map(({ key }: { key: string }) => key).sort(), ['caspian', 'harbours']);
  t.match(included, {
    tags: [{ key: 'ferries', translations: [{ locale: 'en' }] }],
    contributors: [{ key: 'night-desk' }],
  });
  t.same(meta.views, { [story.id]: 0 });

  const before = await request('GET', `${url}?include=views`);
  expectStatus(
    await request('POST', `${url}/views`, { headers: { 'user-agent': 'Mozilla/5.0 (X11) Firefox/140.0' } }),
    204,
  );
  const after = await request('GET', `${url}?include=views`);
  t.equal(after.json().meta.views[story.id], 1);
  t.equal(after.headers.etag, before.headers.etag);
  t.same(
    (await request('GET', `${url}?include=views`, { headers: { 'if-none-match': String(before.headers.etag) } }))
      .statusCode,
    304,
  );
});

test('a term that comes along is never old because the story is', async (t) => {
  const included = `${url}?include=region`;
  const before = expectStatus(await request('GET', included), 200);
  const region = (await desk('GET', '/v1/desk/regions/harbours')).json().data;
  const payload = { texts: { en: { tagline: 'Where ships sleep' } } };
  expectStatus(await desk('PATCH', '/v1/desk/regions/harbours', { version: region.version, payload }), 200);
  const headers = { 'if-modified-since': new Date().toUTCString() };
  t.match(expectStatus(await request('GET', included, { headers }), 200).body, 'Where ships sleep');
  t.not((await request('GET', included)).headers.etag, before.headers.etag);
});

test('a withdrawn story is a 410 with its notice, under every slug it had', async (t) => {
  const gone = await makePublished(desk, { locales: { en: { slug: 'first-slug' }, ru: { slug: 'остался' } } });
  const draft = `/v1/desk/articles/${gone.id}/locales/en`;
  expectStatus(await desk('PATCH', draft, { version: 1, payload: { slug: 'second-slug' } }), 200);
  await publishArticle(desk, gone, { locale: 'en' });
  const moved = expectStatus(await request('GET', '/v1/articles/by-slug/en/first-slug'), 301);
  t.equal(moved.headers.location, 'https://api.example.org/v1/articles/by-slug/en/second-slug');

  const { version } = stateIn(await getDeskArticle(desk, gone.id), 'en');
  expectStatus(await desk('POST', `${draft}/withdraw`, { version, payload: { notice: 'The source denied it.' } }), 200);
  for (const path of [gone.id, 'by-slug/en/second-slug', 'by-slug/en/first-slug']) {
    const answer = expectStatus(await request('GET', `/v1/articles/${path}`), 410);
    t.match(answer.json(), { code: 'gone', notice: 'The source denied it.', withdrawnAt: /^\d{4}-.*Z$/ }, path);
  }
  t.equal((await request('GET', `/v1/articles/${gone.id}?locale=ru`)).statusCode, 200, 'the other language stays');
});

test('what never existed and what is not public are one and the same 404', async (t) => {
  const draft = await makeArticle(desk, { locales: { en: { slug: 'hidden-draft' } } });
  const strip = ({ body, headers, statusCode }: Awaited<ReturnType<typeof request>>) => {
    const { 'x-request-id': id, date: _, ...rest } = headers;
    return { statusCode, headers: rest, body: body.replace(String(id), '') };
  };
  const pairs: [hidden: string, absent: string][] = [
    [draft.id, '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10'],
    [`${draft.id}?locale=ru`, '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10?locale=ru'],
    [`${draft.id}/translations`, '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10/translations'],
    [`${draft.id}/views`, '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10/views'],
    ['by-slug/en/hidden-draft', 'by-slug/en/never-existed'],
  ];
  for (const [hidden, absent] of pairs) {
    const answer = strip(await request('GET', `/v1/articles/${hidden}`));
    t.equal(answer.statusCode, 404, hidden);
    t.same(answer, strip(await request('GET', `/v1/articles/${absent}`)), hidden);
  }
});

test('an id that is none, and parameters that are none, are refused by name', async (t) => {
  const refusals: [path: string, parameter: string][] = [
    ['/v1/articles/123', 'id'],
    [`${url}?lang=ru`, 'lang'],
    [`${url}?locale=ru&locale=en`, 'locale'],
    [`${url}?include=drafts`, 'include'],
    ['/v1/articles/by-slug/en/ferry-sails?locale=ru', 'locale'],
  ];
  for (const [path, parameter] of refusals) {
    const answer = expectStatus(await request('GET', path), 400);
    t.equal(answer.json().errors[0].parameter, parameter, path);
  }
  t.match((await request('GET', `${url}?feilds=title`)).json().errors[0].message, /nearest valid one is fields/);
});
