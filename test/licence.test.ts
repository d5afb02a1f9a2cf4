// The licence of a story as data: who may use it from when, the credit that is ready to be placed, and the header that names the licence.
import { JSDOM } from 'jsdom';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { app, request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ar', { position: 1, direction: 'rtl', aliases: ['arb'] });
const changeSite = async (payload: object) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  return desk('PATCH', '/v1/desk/site', { version, payload });
};
const rightsOf = async (id: string, locale = 'en') =>
  expectStatus(await request('GET', `/v1/articles/${id}?locale=${locale}`), 200).json().data.rights;

test('a story may be used by everybody from the moment it is public, where nothing else is said', async (t) => {
  const story = await makePublished(desk);
  const { firstPublishedAt } = (await request('GET', `/v1/articles/${story.id}`)).json().data;
  t.match(await rightsOf(story.id), {
    syndicatable: true,
    partnerEmbargoMinutes: 0,
    syndicatableFrom: firstPublishedAt,
    attributionRequired: true,
  });
});

test('the licence line of a story reaches its readers, by whatever name its language is given, or is refused', async (t) => {
  const story = await makePublished(desk, { locales: { ar: {} }, rights: { usageTerms: { arb: 'بشرط الرابط.' } } });
  t.equal((await rightsOf(story.id, 'ar')).usageTerms, 'بشرط الرابط.');
  const url = `/v1/desk/articles/${story.id}`;
  const { version, rights } = await getDeskArticle(desk, story.id);
  t.same(rights, { usageTerms: { ar: 'بشرط الرابط.' } });
  const change = (usageTerms: object) => desk('PATCH', url, { version, payload: { rights: { usageTerms } } });
  for (const [usageTerms, pointer] of [
    [{ en: 'With a link.', nl: 'Met een link.' }, '/rights/usageTerms/nl'],
    [{ ar: 'بشرط الرابط.', AR: 'بشرط الرابط.' }, '/rights/usageTerms/AR'],
  ] as const)
    t.match(expectStatus(await change(usageTerms), 400).json().errors, [{ pointer }]);
  const payload = { locales: { en: { title: 'Ferry' } }, rights: { usageTerms: { nl: 'Met een link.' } } };
  t.equal(expectStatus(await desk('POST', '/v1/desk/articles', { payload }), 400).json().code, 'unknown_locale');
  const merged = expectStatus(await change({ ARB: null, EN: 'With a link.' }), 200).json().data;
  t.same(merged.rights, { usageTerms: { en: 'With a link.' } });
});

test('the embargo for partners counts from when a language first came out, and is gone where nobody may use it', async (t) => {
  const story = await makePublished(
    desk,
    { rights: { partnerEmbargoMinutes: 90 }, locales: { en: {}, ar: {} } },
    { publishedAt: '2026-01-01T20:30:00Z' },
  );
  t.match(await rightsOf(story.id), { partnerEmbargoMinutes: 90, syndicatableFrom: '2026-01-01T22:00:00.000Z' });
  t.match(await rightsOf(story.id, 'ar'), { syndicatableFrom: '2026-01-01T22:00:00.000Z' });
  const { version, locales } = await getDeskArticle(desk, story.id);
  const payload = { rights: { syndicatable: false } };
  expectStatus(await desk('PATCH', `/v1/desk/articles/${story.id}`, { version, payload }), 200);
  for (const { locale, version: draft } of locales) {
    const url = `/v1/desk/articles/${story.id}/locales/${locale}/publish`;
    expectStatus(await desk('POST', url, { version: draft, payload: { updateType: 'minor' } }), 200);
  }
  t.match(await rightsOf(story.id), { syndicatable: false, partnerEmbargoMinutes: 90, syndicatableFrom: null });
});

test('the credit is safe HTML: a link to the canonical address in the language of the story, and the name of the holder', async (t) => {
  expectStatus(
    await changeSite({
      name: { ar: 'رسول' },
      rights: { holder: null, attributionUrl: null },
    }),
    200,
  );
  const title = `Fish & "chips" </a><script>alert('1')</script>`;
  const story = await makePublished(desk, {
    rights: { holder: '<b>The Mill</b>', attributionUrl: 'https://mill.example/?a=1&b=%22' },
    locales: { en: { title, slug: 'fish-and-chips' }, ar: { title: 'سمك' } },
  });
  const { document } = new JSDOM((await rightsOf(story.id)).attributionHtml).window;
  t.equal(document.querySelector('script, b'), null);
  const [link, home] = document.querySelectorAll('a');
  t.equal(link?.textContent, title);
  t.equal(link?.getAttribute('href'), 'https://www.example.org/en/fish-and-chips');
  t.same([link?.hreflang, link?.lang, link?.dir], ['en', 'en', 'ltr']);
  t.equal(home?.textContent, '<b>The Mill</b>');
  t.equal(home?.getAttribute('href'), 'https://mill.example/?a=1&b=%22');

  const plain = await makePublished(desk, { locales: { ar: { title: 'سمك', slug: 'سمك' } } });
  t.equal(
    (await rightsOf(plain.id, 'ar')).attributionHtml,
    '<a href="https://www.example.org/ar/%D8%B3%D9%85%D9%83" hreflang="ar" lang="ar" dir="rtl">سمك</a> · <bdi>رسول</bdi>',
    'the publication, in the language of the story, where nobody else holds the rights',
  );
});

test('every answer that shows a single story names its licence in a header, hot, cut and printed as well', async (t) => {
  const none = await makePublished(desk);
  const linkAt = async (path: string) => String((await request('GET', `/v1/articles/${path}`)).headers.link);
  t.notMatch(await linkAt(none.id), 'rel="license"');
  const licenceUrl = 'https://licence.example/by?a=1,b=2';
  const story = await makePublished(desk, { rights: { licenceUrl }, locales: { en: { slug: 'with-a-licence' } } });
  const named = `<${licenceUrl}>; rel="license"`;
  for (const path of [
    story.id,
    `${story.id}?fields=title`,
    `${story.id}?locale=EN`,
    `${story.id}?locale=ar&fallback=en`,
    'by-slug/en/with-a-licence',
    `${story.id}/print`,
  ]) {
    for (const turn of ['cold', 'hot']) t.match(await linkAt(path), named, `${path}, ${turn}`);
  }
  const { etag } = (await request('GET', `/v1/articles/${story.id}`)).headers;
  const same = await request('GET', `/v1/articles/${story.id}`, { headers: { 'if-none-match': String(etag) } });
  t.equal(same.statusCode, 304);
  t.match(String(same.headers.link), named);
});

test("the site's rights change those of its stories, header included", async (t) => {
  const story = await makePublished(desk);
  const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
  expectStatus(
    await changeSite({
      rights: { licenceUrl: 'https://licence.example/by', syndicatable: false, holder: 'The Ferry' },
    }),
    200,
  );
  const rebuilt = async () => (await rightsOf(story.id)).syndicatable === false;
  for (let waited = 0; !(await rebuilt()) && waited < 10_000; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const answer = await request('GET', `/v1/articles/${story.id}`);
  t.match(String(answer.headers.link), '<https://licence.example/by>; rel="license"');
  t.match(answer.json().data.rights, { syndicatable: false, syndicatableFrom: null, holder: 'The Ferry' });
  t.equal(stateIn(await getDeskArticle(desk, story.id), 'en').version, version, 'no draft is touched');
  await app.forgetChanged();
});

test('rights that cannot be are refused where they stand', async (t) => {
  for (const [rights, pointer] of [
    [{ syndicatable: 'yes' }, '/rights/syndicatable'],
    [{ partnerEmbargoMinutes: -1 }, '/rights/partnerEmbargoMinutes'],
    [{ partnerEmbargoMinutes: 525_601 }, '/rights/partnerEmbargoMinutes'],
    [{ partnerEmbargoMinutes: 1.5 }, '/rights/partnerEmbargoMinutes'],
    [{ attributionHtml: '<a>x</a>' }, '/rights/attributionHtml'],
  ] as const) {
    const wrong = await desk('POST', '/v1/desk/articles', {
      payload: { rights, locales: { en: { title: 'x', body: { text: 'x' } } } },
    });
    t.match(wrong.json(), { status: 400, errors: [{ pointer }] });
    t.match((await changeSite({ rights })).json(), { status: 400, errors: [{ pointer }] });
  }
});
