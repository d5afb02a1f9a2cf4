// Languages that are in use: whatever names one keeps it from being deleted, and whoever is refused is told where to look.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeUser } from './fixtures/people.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const remove = (tag: string) => desk('DELETE', `/v1/desk/locales/${tag}`, { version: 1 });
const post = async (path: string, payload: object) =>
  expectStatus(await desk('POST', `/v1/desk/${path}`, { payload }), 201).json().data;

// Each is seen to fail without its line of site/usage.ts.
test('a language is not deleted while anything is in it, and what that is is told', async (t) => {
  const uses: Record<string, [told: RegExp, use: (tag: string) => Promise<unknown>]> = {
    ar: [/other languages, as a fallback/, (tag) => makeLocale(desk, 'tr', { fallback: [tag] })],
    be: [/drafts/, (tag) => makeArticle(desk, { locales: { [tag]: {} } })],
    bg: [/rights of stories/, (tag) => makeArticle(desk, { rights: { usageTerms: { [tag]: 'С връзка' } } })],
    cs: [/addresses of stories/, (tag) => makePublished(desk, { locales: { [tag]: {} } })],
    da: [/regions, tags or contributors/, (tag) => makeRegion(desk, { texts: { [tag]: { name: 'Havn' } } })],
    de: [/regions, tags or contributors/, (tag) => makeTag(desk, { texts: { [tag]: { name: 'Hafen' } } })],
    el: [/regions, tags or contributors/, (tag) => makeContributor(desk, { texts: { [tag]: { name: 'Νίκος' } } })],
    fi: [/limits of people or keys/, (tag) => makeUser(desk, { locales: [tag] })],
    fr: [/limits of people or keys/, (tag) => makePartner(desk, { locales: [tag] })],
    hr: [
      /redirects to stories/,
      async (locale) => {
        const { id: articleId } = await makePublished(desk, { locales: { [locale]: {} } });
        return post('redirects', { path: '/luka', story: { articleId, locale } });
      },
    ],
    hu: [
      /comments/,
      async (locale) => {
        const { id } = await makeArticle(desk, { locales: { [locale]: {} } });
        return post(`articles/${id}/comments`, { text: 'Mikor?', locale });
      },
    ],
  };
  for (const [tag, [told, use]] of Object.entries(uses)) {
    await makeLocale(desk, tag);
    await use(tag);
    const { statusCode, body } = await remove(tag);
    t.equal(statusCode, 409, tag);
    t.match(body, told, tag);
  }
  t.match((await remove('en')).body, /the site, as its default language/);
});

test('a language is not deleted while a text of the site is in it', async (t) => {
  const texts: Record<string, object> = {
    it: { name: { it: 'Corriere' } },
    lt: { tagline: { lt: 'Apie uostą' } },
    lv: { rights: { usageTerms: { lv: 'Tikai ar saiti' } } },
    nl: {
      menus: [{ key: 'main', items: [{ label: { en: 'Quays', nl: 'Kades' }, url: 'https://www.example.org/quays' }] }],
    },
  };
  for (const [at, [tag, payload]] of Object.entries(texts).entries()) {
    await makeLocale(desk, tag);
    expectStatus(await desk('PATCH', '/v1/desk/site', { version: at + 1, payload }), 200);
    const { statusCode, body } = await remove(tag);
    t.equal(statusCode, 409, tag);
    t.match(body, '"It is used by texts of the site."', tag);
  }
});

test('a language stays with the addresses of a story that was public in it and was erased', async (t) => {
  await makeLocale(desk, 'pl');
  const { id } = await makePublished(desk, { locales: { pl: { slug: 'port' } } });
  const url = `/v1/desk/articles/${id}`;
  const { version } = stateIn(await getDeskArticle(desk, id), 'pl');
  expectStatus(await desk('POST', `${url}/locales/pl/withdraw`, { version, payload: { type: 'gone' } }), 200);
  const withdrawn = await getDeskArticle(desk, id);
  expectStatus(await desk('DELETE', url, { version: withdrawn.version }), 204);
  expectStatus(await desk('DELETE', `/v1/desk/trash/${id}`, { version: withdrawn.version + 1 }), 204);
  const told = { detail: 'It is used by addresses of stories that are or were public.' };
  t.match(expectStatus(await remove('pl'), 409).json(), told);
});

// Seen to fail without the deletion of redirects in removeLocale(): the former slug led to the tag again.
test('former slugs of terms go with their language, and do not lead on where it is made anew', async (t) => {
  const tag = await makeTag(desk, { key: 'quays' });
  const url = '/v1/desk/tags/quays';
  let { version } = tag;
  const change = async (payload: object) => {
    version = expectStatus(await desk('PATCH', url, { version, payload }), 200).json().data.version;
  };
  const found = async (slug: string) => (await request('GET', `/v1/tags/by-slug/pt/${slug}`)).statusCode;
  await makeLocale(desk, 'pt');
  await change({ texts: { pt: { name: 'Cais', slug: 'cais' } } });
  await change({ texts: { pt: { slug: 'molhe' } } });
  t.equal(await found('cais'), 301);
  t.match(expectStatus(await remove('pt'), 409).json(), { detail: 'It is used by regions, tags or contributors.' });
  await change({ texts: { pt: null } });
  expectStatus(await remove('pt'), 204);
  await makeLocale(desk, 'pt');
  t.equal(await found('cais'), 404);
  t.equal(await found('molhe'), 404);
});
