// An import of lines: what goes in, what is refused and why, again, and behind a cut-off.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { test } from 'tap';
import { readChunks } from '../src/modules/imports/chunks.ts';
import { MAX_LINE_BYTES, readLines } from '../src/modules/imports/reading.ts';
import { runImport } from '../src/modules/imports/running.ts';
import { lab, NOTHING, reportOf, story, textOf } from './fixtures/importing.ts';

test('a file that is imported twice changes nothing the second time', async (t) => {
  const { run, column } = await lab(t);
  const file = textOf([story(1), story(1, { locale: 'ru', title: 'Паром' }), story(2, { tags: ['sea'] })]);
  t.same((await run(file)).counts, { ...NOTHING, created: 3 });
  const state = `select md5(string_agg(x::text, '' order by x::text)) from (
    select to_jsonb(p) from published_articles p union all select to_jsonb(d) from drafts d
    union all select to_jsonb(a) from articles a union all select to_jsonb(c) from changes c union all select to_jsonb(u) from audit u) as s(x)`;
  const before = await column(state);
  t.same(await run(file), {
    counts: { ...NOTHING, unchanged: 3 },
    made: { locales: [], regions: [], tags: [], contributors: [] },
    refusals: [],
  });
  t.same(await column(state), before);
});

test('the licence line of a line is in its language, by whatever name that is given', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1, { locale: 'ru', title: 'Паром' })]));
  await column("update locales set aliases = '{rus}' where tag = 'ru'");
  const usageTerms = { rus: 'Только со ссылкой.', 'pt-br': 'Só com link.' };
  await run(textOf([story(2, { locale: 'RUS', title: 'Паром', rights: { usageTerms } })]));
  t.same(
    await column("select document::jsonb -> 'rights' -> 'usageTerms' from published_articles order by article_id"),
    [null, 'Только со ссылкой.'],
  );
  t.same(await column("select rights -> 'usageTerms' from articles where rights is not null"), [
    { ru: 'Только со ссылкой.', 'pt-BR': 'Só com link.' },
  ]);
});

// Seen to tell of each as it was written.
test('the report tells of languages as the newsroom calls them', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1, { locale: 'ru' })]));
  await column("update locales set aliases = '{rus}' where tag = 'ru'");
  const file = textOf(['RUS', 'ru', 'EN', 'pt-br', 'xx-nowhere'].map((locale, n) => story(n + 2, { locale })));
  for (const when of ['first', 'again']) t.same(reportOf(await run(file)).locales, { ru: 2, en: 1, 'pt-BR': 1 }, when);
});

test('a translation that comes later joins the story, and its siblings name it', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1)]));
  t.same((await run(textOf([story(1), story(1, { locale: 'hy', title: 'Լաստանավ' })]))).counts, {
    ...NOTHING,
    created: 1,
    unchanged: 1,
  });
  t.same(await column('select count(*)::int from articles'), [1]);
  const [english] = await column(
    "select card::jsonb -> 'translations' -> 0 ->> 'locale' from published_articles where locale = 'en'",
  );
  t.equal(english, 'hy');
});

test('a line that has changed updates text, terms and listings, leaves a redirect and a revision, and keeps the first date', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1, { slug: 'old-slug', region: 'coast', tags: ['sea', 'ports'], byline: 'desk' })]));
  const changed = story(1, {
    slug: 'new-slug',
    title: 'Corrected',
    region: 'hills',
    tags: ['sea'],
    byline: 'desk',
    publishedAt: undefined,
  });
  t.same((await run(textOf([changed]))).counts, { ...NOTHING, updated: 1 });
  t.same(await column('select title from drafts'), ['Corrected']);
  t.same(await column('select slug from redirects'), ['old-slug']);
  t.same(await column("select document::jsonb ->> 'title' from published_articles where slug = 'new-slug'"), [
    'Corrected',
  ]);
  t.same(await column("select card::jsonb -> 'region' ->> 'key' from published_articles"), ['hills']);
  t.same(await column("select x ->> 'key' from published_articles, jsonb_array_elements(card::jsonb -> 'regions') x"), [
    'hills',
  ]);
  t.same(await column("select x ->> 'key' from published_articles, jsonb_array_elements(card::jsonb -> 'tags') x"), [
    'sea',
  ]);
  t.same(await column("select (published_at = '2025-03-01T10:00:00Z') from published_articles"), [true]);
  t.same(await column('select count(*)::int from revisions where locale is not null'), [2]);
  t.same(await column('select reason from changes order by id'), ['published', 'updated']);
  // All, kind, region, tag, contributor, region with tag.
  t.same(await column('select count(*)::int from listings'), [6]);
});

test('a bad line is refused with its number and its reason, and the rest goes in', async (t) => {
  const { run, column } = await lab(t);
  const { title: _, ...untitled } = story(2);
  const file = textOf([
    story(1),
    untitled,
    '{"externalId": "wire:3", ',
    story(4, { publishDate: '2025-01-01' }),
    story(5, { publishedAt: '2999-01-01T00:00:00Z' }),
    story(6, { locale: 'xx' }),
    '',
    story(8, { title: 'a\0b' }),
    '{"externalId":"wire:9","locale":"en","title":"\\ud800","body":[]}',
    story(10, { byline: 'Рейтер' }),
    story(11, { status: 'draft', withdrawn: { at: '2025-01-01T00:00:00Z' } }),
    story(12, { publishedAt: '2025-02-30T00:00:00Z' }),
    'null',
    story(14),
    story(15, { title: ' ' }),
  ]);
  const { counts, refusals } = await run(file);
  t.same(counts, { ...NOTHING, created: 2, refused: 12 });
  const expected = [
    /^2: \/title must have required property/,
    /^3: the line is not valid JSON/,
    /^4: \/publishDate unknown member/,
    /^5: \/publishedAt must not be in the future/,
    /^6: \/locale xx is no locale/,
    /^8: \/title has NUL/,
    /^9: \/title has NUL or a lone surrogate/,
    /^10: \/byline "Рейтер" is no key/,
    /^11: \/withdrawn only what was public/,
    /^12: \/publishedAt must match format/,
    /^13: must be object/,
    /^15: \/title must match pattern/,
  ];
  t.equal(refusals.length, expected.length);
  expected.forEach((pattern, index) => {
    t.match(refusals[index], pattern);
  });
  t.same(await column('select external_id from articles order by 1'), ['wire:1', 'wire:14']);
});

test('of many lines at once, only the one that the database refuses stays out', async (t) => {
  const { run, column } = await lab(t);
  const lines = Array.from({ length: 30 }, (_, n) => story(n, { slug: n === 17 ? 'ferry-3' : `ferry-${n}` }));
  const { counts, refusals } = await run(textOf(lines));
  t.same(counts, { ...NOTHING, created: 29, refused: 1 });
  t.match(refusals, ['18: /slug this slug is taken in this locale']);
  t.same(await column('select count(*)::int from published_articles'), [29]);
  t.same(await column("select count(*)::int from audit where action = 'draft.publish'"), [29]);
});

test('behind an import, no search has to read words that the index has yet to take in', async (t) => {
  const { run, column } = await lab(t);
  const lines = Array.from({ length: 120 }, (_, n) => story(n + 1, { title: `Ferry ${n}` }));
  t.same((await run(textOf(lines))).counts, { ...NOTHING, created: 120 });
  t.same(await column("select gin_clean_pending_list('search_documents_vector')::int"), [0], 'pages that wait');
});

test('stories with the same title all get a slug of their own', async (t) => {
  const { run, column } = await lab(t);
  const lines = Array.from({ length: 25 }, (_, n) => story(n, { title: 'Weather for the weekend' }));
  t.same((await run(textOf(lines))).counts, { ...NOTHING, created: 25 });
  t.same(await column('select count(distinct slug)::int from published_articles'), [25]);
  t.ok((await column('select slug from drafts')).includes('weather-for-the-weekend-9'));
});

test('the same story and language twice in one file: the later line counts', async (t) => {
  const { run, column } = await lab(t);
  t.same(
    (
      await run(
        textOf([story(1), story(2), story(1, { title: 'Second' }), story(1, { locale: 'eng', title: 'Third' })]),
      )
    ).counts,
    {
      ...NOTHING,
      created: 2,
      updated: 2,
    },
  );
  t.same(
    await column("select title from drafts d join articles a on a.id = d.article_id where external_id = 'wire:1'"),
    ['Third'],
  );
});

test('CRLF and a byte order mark are accepted, blank lines are skipped, and the last line needs no end', async (t) => {
  const { run } = await lab(t);
  const file = `\uFEFF${JSON.stringify(story(1))}\r\n\r\n   \n${JSON.stringify(story(2))}\r\n${JSON.stringify(story(3))}`;
  t.same((await run(file)).counts, { ...NOTHING, created: 3 });
});

test('a line in another encoding is refused, its neighbours go in', async (t) => {
  const { run } = await lab(t);
  const latin1 = Buffer.from('{"externalId":"wire:2","locale":"fr","title":"Été","body":[]}', 'latin1');
  const lines = Buffer.concat([
    Buffer.from(`${JSON.stringify(story(1))}\n`),
    latin1,
    Buffer.from(`\n${JSON.stringify(story(3))}`),
  ]);
  const { counts, refusals } = await run(lines);
  t.same(counts, { ...NOTHING, created: 2, refused: 1 });
  t.same(refusals, ['2: the line is not valid UTF-8']);
});

test('a line of 200 MB is refused in flat memory', async (t) => {
  const { pool } = await lab(t);
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const million = Buffer.alloc(1_000_000, 'a');
  let peak = 0;
  const source = (async function* () {
    yield Buffer.from(`${JSON.stringify(story(1))}\n{"externalId":"`);
    for (let n = 0; n < 200; n += 1) {
      if (n % 20 === 19) collect();
      if (n % 20 === 19) peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      yield Buffer.from(million);
    }
    yield Buffer.from(`"}\n${JSON.stringify(story(3))}\n`);
  })();
  const before = process.memoryUsage().arrayBuffers;
  const refusals: string[] = [];
  const summary = await runImport(drizzle(pool), readChunks(readLines(source)), {
    strict: false,
    dryRun: false,
    onRefusal: ({ line, reason }) => refusals.push(`${line}: ${reason}`),
  });
  t.same([summary.created, summary.refused], [2, 1]);
  t.match(refusals, [new RegExp(`^2: the line has 200000017 bytes; ${MAX_LINE_BYTES} are the most`)]);
  t.ok(peak - before < 60_000_000, `${peak - before} bytes more at the peak`);
});
