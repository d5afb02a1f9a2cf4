// What search engines and networks are told of a story: the same set of addresses in each language, no word of drafts, nothing that breaks out of a page.

import { JSDOM } from 'jsdom';
import t, { test } from 'tap';
import type { Static } from 'typebox';
import type { Seo } from '../src/modules/articles/page-schemas.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { position: 1, fallback: ['en'] });
await makeLocale(desk, 'hy', { position: 2, fallback: ['ru'] });
await makeRegion(desk, { key: 'coast', name: 'Coast' });
await makeTag(desk, { key: 'ferries', name: 'Ferries' });
await makeContributor(desk, { key: 'anna', name: 'Anna' });
await makeContributor(desk, { key: 'desk', name: 'The desk', type: 'organisation' });
const story = await makePublished(desk, {
  region: 'coast',
  tags: ['ferries'],
  byline: ['anna', 'desk'],
  originalLocale: 'ru',
  rights: { licenceUrl: 'https://licence.example/by', usageTerms: { en: 'Only with a link.' }, holder: 'The Ferry' },
  locales: {
    en: {
      title: 'Ferry sails',
      slug: 'ferry-sails',
      standfirst: 'At last.',
      body: { text: 'It sails now.' },
      corrections: [{ at: '2026-01-02T10:00:00Z', text: 'It was two.' }],
    },
    ru: { title: 'Паром вышел', slug: 'паром-вышел' },
  },
});
const RU = 'https://www.example.org/ru/%D0%BF%D0%B0%D1%80%D0%BE%D0%BC-%D0%B2%D1%8B%D1%88%D0%B5%D0%BB';
const EN = 'https://www.example.org/en/ferry-sails';

const ask = (id: string, search = '') => request('GET', `/v1/articles/${id}?include=seo${search}`);
async function seo(id = story.id, locale = 'en'): Promise<Static<typeof Seo>> {
  return expectStatus(await ask(id, `&locale=${locale}`), 200).json().included.seo;
}
const values = (block: Static<typeof Seo>, property: string) =>
  block.openGraph.filter((one) => one.property === property).map(({ content }) => content);

test('the address, those of all languages, and the default one are told alike in each language', async (t) => {
  const [english, russian] = [await seo(), await seo(story.id, 'ru')];
  t.same([english.canonical, russian.canonical], [EN, RU]);
  t.same(english.alternates, [
    { hreflang: 'en', url: EN },
    { hreflang: 'ru', url: RU },
    { hreflang: 'x-default', url: EN },
  ]);
  t.same(russian.alternates, english.alternates);
  t.match(english.robots, /^index, follow/);
});

test('where the default language is missing, the first that there is stands for it', async (t) => {
  const { id } = await makePublished(desk, { locales: { hy: { slug: 'նավ' }, ru: { slug: 'судно' } } });
  const { alternates } = await seo(id, 'hy');
  t.same(
    alternates.map(({ hreflang }) => hreflang),
    ['ru', 'hy', 'x-default'],
  );
  t.equal(alternates[2]?.url, alternates[0]?.url);
});

test('Open Graph has the story in its language, its section and tags, and no picture yet', async (t) => {
  const block = await seo();
  t.same(values(block, 'og:title'), ['Ferry sails']);
  t.same(values(block, 'og:description'), ['At last.']);
  t.same(values(block, 'og:url'), [EN]);
  t.same(values(block, 'og:site_name'), ['Newsroom']);
  t.same([values(block, 'og:locale'), values(block, 'og:locale:alternate')], [['en_US'], ['ru_RU']]);
  t.same([values(block, 'article:section'), values(block, 'article:tag')], [['Coast'], ['Ferries']]);
  t.same(values(block, 'og:image'), []);
  t.same(values(await seo(story.id, 'ru'), 'og:description'), [], 'a story without a standfirst has no description');
});

test('schema.org gets the article with its licence, corrections, authors and the other languages', async (t) => {
  const english = JSON.parse((await seo()).jsonLd);
  t.match(english, {
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: 'Ferry sails',
    description: 'At last.',
    inLanguage: 'en',
    mainEntityOfPage: { '@id': EN },
    author: [
      { '@type': 'Person', name: 'Anna' },
      { '@type': 'Organization', name: 'The desk' },
    ],
    publisher: { '@type': 'NewsMediaOrganization', name: 'Newsroom' },
    articleSection: 'Coast',
    keywords: ['Ferries'],
    wordCount: 3,
    timeRequired: 'PT1M',
    isAccessibleForFree: true,
    translationOfWork: { '@type': 'NewsArticle', '@id': RU, inLanguage: 'ru', headline: 'Паром вышел' },
    license: 'https://licence.example/by',
    usageInfo: { text: 'Only with a link.' },
    copyrightHolder: { name: 'The Ferry' },
    correction: [{ '@type': 'CorrectionComment', text: 'It was two.', datePublished: '2026-01-02T10:00:00.000Z' }],
    interactionStatistic: { '@type': 'InteractionCounter', userInteractionCount: 0 },
  });
  t.notOk('workTranslation' in english);
  t.ok(english.dateModified >= english.datePublished);
  const russian = JSON.parse((await seo(story.id, 'ru')).jsonLd);
  t.notOk('translationOfWork' in russian);
  t.match(russian.workTranslation, [{ '@id': EN, inLanguage: 'en' }]);
});

test('a draft in another language stands in none of it', async (t) => {
  const { id } = await makeArticle(desk, { originalLocale: 'ru', locales: { en: {}, ru: { title: 'CANARY' } } });
  await publishArticle(desk, { id }, { locale: 'en' });
  const answer = expectStatus(await ask(id), 200);
  t.notOk(answer.body.includes('CANARY'));
  t.same(
    (await seo(id)).alternates.map(({ hreflang }) => hreflang),
    ['en', 'x-default'],
  );
  t.notMatch((await seo(id)).jsonLd, /translationOfWork|"ru"/);
});

test('pasted into a page, the JSON ends its element nowhere and says what the story says', async (t) => {
  // Seen to fail with JSON.stringify alone.
  const title = '</script><script>alert(1)</script><!-- <script> & \u2028 "';
  const { id } = await makePublished(desk, { locales: { en: { title, standfirst: ']]></SCRIPT >' } } });
  const { jsonLd } = await seo(id);
  t.notMatch(jsonLd, /[<>&\u2028\u2029]/);
  const { document } = new JSDOM(`<!doctype html><script type="application/ld+json">${jsonLd}</script><p>after</p>`)
    .window;
  const scripts = document.querySelectorAll('script');
  t.equal(scripts.length, 1);
  t.match(JSON.parse(scripts[0]?.textContent ?? ''), { headline: title, description: ']]></SCRIPT >' });
  t.equal(document.querySelector('p')?.textContent, 'after');
});

test('views move the block and not its ETag; a change of the site moves both', async (t) => {
  const { id } = await makePublished(desk);
  const before = await ask(id);
  const headers = { 'user-agent': 'Mozilla/5.0 Firefox/140.0' };
  expectStatus(await request('POST', `/v1/articles/${id}/views`, { headers }), 204);
  // Asked otherwise, so that it is not answered from memory.
  const after = expectStatus(await ask(id, '&locale=EN'), 200);
  const views = (answer: typeof after) =>
    JSON.parse(answer.json().included.seo.jsonLd).interactionStatistic.userInteractionCount;
  t.same([views(before), views(after)], [0, 1]);
  const both = [await ask(id, '&fields=title'), await request('GET', `/v1/articles/${id}?include=views,seo`)];
  t.same(both.map(views), [1, 1]);
  t.equal(both[1]?.json().meta.views[id], 1);
  const unchanged = { headers: { 'if-none-match': String(before.headers.etag) } };
  expectStatus(await request('GET', `/v1/articles/${id}?include=seo`, unchanged), 304);
  t.notOk(before.headers['last-modified'], 'the site that stands in it changes without the story');
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { name: { en: 'The Ferry' } } }), 200);
  const renamed = expectStatus(await request('GET', `/v1/articles/${id}?include=seo`, unchanged), 200);
  t.same(values(renamed.json().included.seo, 'og:site_name'), ['The Ferry']);
});

test('the name of the site is that of the language, or of the next best', async (t) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  const name = { en: 'The Ferry', ru: 'Паром' };
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { name } }), 200);
  const { id } = await makePublished(desk, { locales: { en: {}, ru: {}, hy: {} } });
  const names = await Promise.all(
    ['en', 'ru', 'hy'].map(async (locale) => values(await seo(id, locale), 'og:site_name')),
  );
  t.same(names, [['The Ferry'], ['Паром'], ['Паром']]);
});

test('it comes along by slug as well, with the taxonomy, and not with lists', async (t) => {
  const answer = await request('GET', '/v1/articles/by-slug/en/ferry-sails?include=region,seo&fields=title');
  t.same(Object.keys(expectStatus(answer, 200).json().included), ['regions', 'seo']);
  t.same(Object.keys(answer.json().data).sort(), ['id', 'locale', 'title']);
  const list = expectStatus(await request('GET', '/v1/articles?include=seo'), 400);
  t.equal(list.json().errors[0].parameter, 'include');
});
