// Search with other languages behind the one asked for: each story is sought in the text that its reader gets, as lists show it.
import fc from 'fast-check';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru');
await makeLocale(desk, 'hy', { fallback: ['ru'] });
const TITLES: Record<string, Record<string, string>> = {
  en: { rivers: 'Rivers rise', snow: 'Snow falls' },
  ru: { rivers: 'Реки поднялись', snow: 'Снег идёт' },
  hy: { rivers: 'Նախագահի խոսքը', snow: 'Հայաստանի եղանակը' },
};
/** What stories there are: one of each subject for each set of languages. */
const stories: { id: string; subject: string; locales: string[] }[] = [];
for (const locales of [['en'], ['ru'], ['hy'], ['en', 'ru'], ['ru', 'hy'], ['en', 'ru', 'hy']])
  for (const subject of ['rivers', 'snow']) {
    const drafts = locales.map((locale) => [
      locale,
      { title: TITLES[locale]?.[subject], slug: `${subject}-${locales.join('-')}`, body: { markdown: 'X.' } },
    ]);
    const { id } = await makePublished(
      desk,
      { locales: Object.fromEntries(drafts) },
      { publishedAt: new Date(Date.UTC(2026, 0, stories.length + 1)).toISOString() },
    );
    stories.push({ id, subject, locales });
  }
const WORDS: Record<string, string> = {
  river: 'en rivers',
  snow: 'en snow',
  реку: 'ru rivers',
  снегом: 'ru snow',
  նախագահը: 'hy rivers',
  հայաստանում: 'hy snow',
};

test('in any chain of languages, words find the stories whose best text has them, in any order of asking', async (t) => {
  const chains = fc.shuffledSubarray(['en', 'ru', 'hy'], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(
      chains,
      fc.subarray(Object.keys(WORDS), { minLength: 1 }),
      fc.constantFrom('relevance', '-publishedAt'),
      async (chain, words, sort) => {
        const [locale, ...fallback] = chain;
        const expected = stories
          .flatMap(({ id, subject, locales }) => {
            const best = chain.find((tag) => locales.includes(tag));
            return best && words.some((word) => WORDS[word] === `${best} ${subject}`)
              ? [`${id} ${best} ${best !== locale}`]
              : [];
          })
          .sort();
        const q = encodeURIComponent(words.join(' OR '));
        const query = `q=${q}&locale=${locale}&sort=${sort}&count=estimate${fallback.length > 0 ? `&fallback=${fallback.join()}` : ''}`;
        const { data, meta } = expectStatus(await request('GET', `/v1/search?${query}`), 200).json();
        const found = data
          .map(
            (hit: { id: string; locale: string; isFallback?: boolean }) =>
              `${hit.id} ${hit.locale} ${hit.isFallback ?? false}`,
          )
          .sort();
        t.same([found, meta.count.value], [expected, expected.length], query);
      },
    ),
    { numRuns: 40 },
  );
});

test('a language that comes or goes takes its story along', async (t) => {
  const body = { markdown: 'X.' };
  const { id } = await makePublished(desk, { locales: { ru: { title: 'Озеро', slug: 'lake', body } } });
  const find = async () => {
    const answer = expectStatus(
      await request('GET', `/v1/search?q=${encodeURIComponent('озера OR lake')}&locale=en&fallback=ru`),
      200,
    );
    return [answer.headers['content-language'], ...answer.json().data.map(({ title }: { title: string }) => title)];
  };
  t.same(await find(), ['ru', 'Озеро']);
  const draft = await desk('POST', `/v1/desk/articles/${id}/locales`, {
    payload: { locale: 'en', title: 'Pond', slug: 'pond', body },
  });
  expectStatus(draft, 201);
  t.same(await find(), ['ru', 'Озеро'], 'a draft takes nothing away');
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { payload: {}, version: 1 }), 200);
  t.same(await find(), ['en'], 'its readers get a text without the word');
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/unpublish`, { payload: {}, version: 1 }), 200);
  t.same(await find(), ['ru', 'Озеро']);
});

// Seen to fail where the language left was sought alone: the newest stories were those that have a better text.
test('words that say nothing in the first language do not bring stories whose best text is in it', async (t) => {
  await makeLocale(desk, 'de');
  const now = Date.now();
  const words = Array.from({ length: 8 }, (_, n) => `War of words ${n}`);
  for (const [n, title] of words.entries()) {
    const body = { markdown: 'X.' };
    const german = n < 4 && { de: { title: `Krieg ${n}`, slug: `krieg-${n}`, body } };
    await makePublished(
      desk,
      { locales: { en: { title, slug: `war-${n}`, body }, ...german } },
      { publishedAt: new Date(now - n * 3_600_000 - 1_000).toISOString() },
    );
  }
  for (const limit of [1, 2, 4, 20]) {
    const query = `q=war&locale=de&fallback=en&sort=-publishedAt&limit=${limit}`;
    const { data } = expectStatus(await request('GET', `/v1/search?${query}`), 200).json();
    t.same(
      data.map(({ title }: { title: string }) => title),
      words.slice(4, 4 + limit),
      query,
    );
  }
});
