// Search and suggestions with a partner's key: its own stories, and of texts that it may not read not a word can be found out (G05).
import t, { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'hy', { position: 2 });
for (const key of ['north', 'south']) await makeRegion(desk, { key });
await makeTag(desk, { key: 'ice', name: 'Ice harvest' });
await makeTag(desk, { key: 'sand', name: 'Icelandic sand' });

const mine = { region: 'north', tags: ['ice'] };
const ENTITLED = { regions: ['north'], tags: ['ice'], kinds: ['news' as const], perMinute: 100_000 };
const HELD = 'reservoir';
const publishedAt = '2026-02-01T10:00:00Z';
/** Alike in all that may be read; the text of one has the word, and it is longer. */
const [without, withWord] = [
  await makePublished(
    desk,
    {
      ...mine,
      locales: {
        en: { title: 'Icebreaker report', standfirst: 'A harbour tale.', slug: 'a', body: { markdown: 'Nothing.' } },
      },
    },
    { publishedAt },
  ),
  await makePublished(
    desk,
    {
      ...mine,
      locales: {
        en: {
          title: 'Icebreaker report',
          standfirst: 'A harbour tale.',
          slug: 'b',
          body: { markdown: `The ${HELD} leaks. The ${HELD} report of the harbour. ${'More words. '.repeat(200)}` },
        },
      },
    },
    { publishedAt },
  ),
];
await makePublished(
  desk,
  { ...mine, locales: { hy: { title: 'Սառցահատ', slug: 'hy', body: { markdown: 'Ջրամբարը լիքն է։' } } } },
  { publishedAt },
);
const CANARY = 'icecanaryqz';
for (const placed of [
  { region: 'south', tags: ['ice'] },
  { region: 'north', tags: ['sand'] },
  { ...mine, kind: 'opinion' as const },
])
  await makePublished(desk, {
    ...placed,
    locales: { en: { title: `Icebreaker ${CANARY}`, body: { markdown: CANARY } } },
  });

const whole = as((await makePartner(desk, ENTITLED)).key);
const short = as((await makePartner(desk, { ...ENTITLED, fullText: false })).key);
const find = async (by: Send, q: string, more = '') =>
  expectStatus(await by('GET', `/v1/search?q=${encodeURIComponent(q)}${more}`), 200);
const idsOf = (answer: { json(): { data: { id: string }[] } }) =>
  answer
    .json()
    .data.map(({ id }) => id)
    .sort();
const both = [without.id, withWord.id].sort();

test('who may read texts finds by them; who gets summaries finds by titles and standfirsts alone', async (t) => {
  for (const sort of ['relevance', '-publishedAt']) {
    const more = `&sort=${sort}&count=estimate&facets=region,tag,kind,year`;
    t.same(idsOf(await find(whole, HELD, more)), [withWord.id]);
    for (const q of [HELD, 'reservoirs', `"${HELD} leaks"`, `${HELD} icebreaker`, `"tale the ${HELD}"`, 'words']) {
      const { data, meta } = (await find(short, q, more)).json();
      t.same([data, meta.count.value], [[], 0], q);
      t.same(Object.values(meta.facets).flat(), []);
    }
    for (const q of [
      'icebreaker',
      'harbour',
      'report tale',
      '"icebreaker report"',
      `harbour OR ${HELD}`,
      `harbour -${HELD}`,
    ])
      t.same(idsOf(await find(short, q, more)), both, q);
  }
  t.same((await find(short, 'Ջրամբար', '&locale=hy')).json().data, [], 'nor where words are found by their beginnings');
  const [found, ...more] = (await find(short, 'Սառցահատ', '&locale=hy')).json().data;
  t.same(more, []);
  t.same(found.highlight.snippet, [], 'where there is no standfirst, no text stands in for it');
});

test('neither rank, cursor nor snippet tells what stands in a text that is kept back, or how long it is', async (t) => {
  const QUESTIONS = [
    'harbour',
    'report',
    `harbour OR ${HELD}`,
    `(icebreaker OR ${HELD}) tale`,
    `harbour -${HELD}`,
    'icebreaker words',
  ];
  for (const q of QUESTIONS)
    for (const sort of ['relevance', '-publishedAt']) {
      const { data } = (await find(short, q, `&sort=${sort}`)).json();
      const shown = data.map(({ highlight }: { highlight: unknown }) => highlight);
      t.same(shown[0], shown[1], q);
      t.notMatch(JSON.stringify(shown), HELD);
      const page = (await find(short, q, `&sort=${sort}&limit=1`)).json();
      if (data.length === 0) continue;
      const score = (link: string) =>
        JSON.parse(
          Buffer.from(new URL(link).searchParams.get('cursor') ?? '', 'base64url')
            .subarray(16)
            .toString(),
        )[1];
      const second = expectStatus(
        await short('GET', page.links.next.replace('https://api.example.org', '')),
        200,
      ).json();
      t.equal(score(page.links.next), score(second.links.prev), `${q} ${sort}`);
    }
});

test('suggestions are of the stories of the partner, and nothing is put right from others', async (t) => {
  const suggest = async (by: Send, q: string, more = '') =>
    expectStatus(await by('GET', `/v1/search/suggest?q=${q}${more}`), 200);
  t.match((await suggest(request, 'ice')).body, CANARY);
  for (const by of [whole, short]) {
    const answer = await suggest(by, 'ice');
    t.notMatch(answer.body, `${CANARY}|Icelandic`);
    t.same(
      answer.json().data.map(({ text }: { text: string }) => text),
      ['Ice harvest', 'Icebreaker report', 'Icebreaker report'],
    );
    t.match(answer.json().meta, { isNarrowed: true });
    t.match(answer.headers, { 'cache-control': 'private, no-store', ratelimit: /^"minute";/ });
    for (const q of ['icecanary', 'icecanaryqy', 'iceland', HELD]) {
      const { data, meta } = (await suggest(by, q)).json();
      t.same([data, meta.didYouMean], [[], undefined], q);
    }
    t.equal((await find(by, 'icecanaryqy')).json().meta.didYouMean, undefined);
  }
  const english = as((await makePartner(desk, { ...ENTITLED, locales: ['en'] })).key);
  t.match(expectStatus(await english('GET', '/v1/search/suggest?q=ice&locale=hy'), 403).json(), {
    code: 'not_entitled',
    errors: [{ parameter: 'locale' }],
  });
});
