// In which language a single story is answered when other languages will do, and which values of `fallback` are refused.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { position: 1 });
await makeLocale(desk, 'hy', { aliases: ['arm'], fallback: ['ru'], position: 2 });
await makeLocale(desk, 'ka', { position: 3 });
await makeRegion(desk, {
  key: 'svaneti',
  texts: { en: { name: 'Svaneti', slug: 'svaneti' }, ka: { name: 'სვანეთი', slug: 'სვანეთი' } },
});

const both = await makePublished(desk, {
  region: 'svaneti',
  locales: { en: { title: 'Snow' }, ru: { title: 'Снег' } },
});
const russian = await makePublished(desk, { locales: { ru: { title: 'Лёд' } } });
// Public in Russian alone; its Armenian text is a draft.
const drafted = await makeArticle(desk, { locales: { ru: { title: 'Дождь' }, hy: { title: 'Անձրև' } } });
await publishArticle(desk, drafted, { locale: 'ru' });

const read = (id: string, query: string) => request('GET', `/v1/articles/${id}?${query}`);

test('a story comes in the first language of the chain in which it is public, and says which', async (t) => {
  const cases: [id: string, query: string, locale: string, isFallback: boolean][] = [
    [both.id, 'fallback=none', 'en', false],
    [both.id, 'locale=ru&fallback=en', 'ru', false],
    [both.id, 'locale=hy&fallback=en,ru', 'en', true],
    [both.id, 'locale=hy&fallback=ru,en', 'ru', true],
    [both.id, 'locale=hy&fallback=site', 'ru', true],
    // Georgian has no fallbacks of its own: the default language of the site is the last of every chain.
    [both.id, 'locale=ka&fallback=site', 'en', true],
    [both.id, 'fallback=site', 'en', false],
    [russian.id, 'fallback=hy,ru', 'ru', true],
    [russian.id, 'locale=ARM&fallback=RU', 'ru', true],
    [russian.id, 'locale=ka&fallback=arm,en,ru', 'ru', true],
    [drafted.id, 'locale=hy&fallback=site', 'ru', true],
    // A front end may send the same list in every language.
    [both.id, 'locale=ru&fallback=en,ru,hy', 'ru', false],
  ];
  for (const [id, query, locale, isFallback] of cases) {
    const answer = expectStatus(await read(id, query), 200);
    const requestedLocale = new URLSearchParams(query).get('locale') ?? 'en';
    t.equal(answer.json().data.locale, locale, query);
    t.equal(answer.headers['content-language'], locale, query);
    t.same(answer.json().meta, { requestedLocale, locale, isFallback }, query);
  }
});

test('a story that is public in no language of the chain is a 404 that names those in which it is', async (t) => {
  for (const query of ['locale=ka&fallback=site', 'locale=ka&fallback=hy,en', 'locale=hy&fallback=none']) {
    const answer = expectStatus(await read(russian.id, query), 404);
    t.match(answer.json(), { code: 'not_found', translations: [{ locale: 'ru', title: 'Лёд' }] }, query);
  }
  const hidden = await makeArticle(desk, { locales: { hy: { title: 'Ամպ' } } });
  const absent = expectStatus(await read('01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', 'fallback=hy'), 404).json();
  const same = expectStatus(await read(hidden.id, 'fallback=hy'), 404).json();
  t.same({ ...same, traceId: '' }, { ...absent, traceId: '' }, 'a draft is as absent as what never existed');
});

test('what was withdrawn in the language asked for is answered in the next one, and is gone without', async (t) => {
  const story = await makePublished(desk, { locales: { en: { title: 'Hail' }, ru: { title: 'Град' } } });
  const withdraw = `/v1/desk/articles/${story.id}/locales/ru/withdraw`;
  expectStatus(
    await desk('POST', withdraw, { payload: { notice: 'Ошибка' }, version: stateIn(story, 'ru').version }),
    200,
  );
  expectStatus(await read(story.id, 'locale=ru'), 410);
  expectStatus(await read(story.id, 'locale=ru&fallback=hy'), 410);
  t.equal(expectStatus(await read(story.id, 'locale=ru&fallback=site'), 200).json().data.title, 'Hail');
});

test('the terms that come along are named in the language of the request', async (t) => {
  const { data, included } = expectStatus(
    await read(both.id, 'locale=ka&fallback=en&include=region,views'),
    200,
  ).json();
  t.equal(data.region.name, 'Svaneti', 'in the story, as the story');
  t.match(included.regions, [{ key: 'svaneti', name: 'სვანეთი', locale: 'ka' }]);
});

test('an answer is not found unchanged after a better language, or only a worse one, is public', async (t) => {
  const story = await makeArticle(desk, { locales: { en: { title: 'Fog' }, hy: { title: 'Մառախուղ' } } });
  await publishArticle(desk, story, { locale: 'en' });
  const first = expectStatus(await read(story.id, 'locale=hy&fallback=en'), 200);
  const conditions = { 'if-none-match': String(first.headers.etag) };
  expectStatus(
    await request('GET', first.json().links.self.replace('https://api.example.org', ''), { headers: conditions }),
    304,
  );
  const published = await publishArticle(desk, story, { locale: 'hy' });
  const better = expectStatus(
    await request('GET', `/v1/articles/${story.id}?locale=hy&fallback=en`, { headers: conditions }),
    200,
  );
  t.equal(better.json().data.locale, 'hy');
  t.notOk(better.headers['last-modified'], 'the text that takes its place may be older');
  const { version } = stateIn(published, 'hy');
  expectStatus(await desk('POST', `/v1/desk/articles/${story.id}/locales/hy/unpublish`, { payload: {}, version }), 200);
  const again = await request('GET', `/v1/articles/${story.id}?locale=hy&fallback=en`, {
    headers: { 'if-none-match': String(better.headers.etag) },
  });
  t.equal(expectStatus(again, 200).json().data.locale, 'en');
});

// Seen to fail with: fallbacks that are not known left out in silence (readChain without `unknown`).
test('values that name no language, one twice, or a word beside others are refused by their name', async (t) => {
  const cases: [fallback: string, code: string, error: string][] = [
    ['xx', 'unknown_locale', 'unknown'],
    ['ru,xx', 'unknown_locale', 'unknown'],
    ['SITE', 'unknown_locale', 'unknown'],
    ['valueOf', 'unknown_locale', 'unknown'],
    ['ru,ru', 'validation_failed', 'repeated'],
    ['hy,ru,ARM', 'validation_failed', 'repeated'],
    ['site,ru', 'validation_failed', 'invalid'],
    ['none,ru', 'validation_failed', 'invalid'],
    ['none,none', 'validation_failed', 'invalid'],
    ['ru,', 'validation_failed', 'pattern'],
    ['', 'validation_failed', 'pattern'],
    ['{ru}', 'validation_failed', 'pattern'],
    [Array.from({ length: 21 }, () => 'ru').join(), 'validation_failed', 'maxItems'],
  ];
  for (const [fallback, code, error] of cases) {
    const answer = expectStatus(await read(both.id, `fallback=${encodeURIComponent(fallback)}`), 400).json();
    t.equal(answer.code, code, fallback);
    t.match(answer.errors[0], { parameter: 'fallback', code: error }, fallback);
  }
  const unknown = expectStatus(await read(both.id, 'locale=xx&fallback=ru'), 400).json();
  t.match(unknown, { code: 'unknown_locale', errors: [{ parameter: 'locale' }] });
  expectStatus(await read(both.id, 'fallback=ru&fallback=hy'), 400);
  expectStatus(await request('GET', '/v1/articles/by-slug/en/snow?fallback=ru'), 400);
});
