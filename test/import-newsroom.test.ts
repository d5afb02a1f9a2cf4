// An import makes what its lines name: languages, regions, tags and contributors.
import { readFile } from 'node:fs/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { test } from 'tap';
import { loadDemo, readNewsroom } from '../src/modules/imports/demo.ts';
import { describeLanguage } from '../src/modules/imports/languages.ts';
import { SitePatch } from '../src/modules/site/schemas.ts';
import { createAjv } from '../src/validation.ts';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { lab, NOTHING, story, textOf } from './fixtures/importing.ts';

test('what a story names is made and reported, with names in its own language and the default one', async (t) => {
  const { run, column } = await lab(t);
  const line = story(1, {
    locale: 'ru',
    region: 'central-asia',
    tags: ['good-news', 'constructor'],
    byline: ['BBC News', 'desk'],
  });
  const { made } = await run(textOf([line, story(2, { region: 'central-asia' })]));
  t.same(made, {
    locales: ['ru'],
    regions: ['central-asia'],
    tags: ['good-news', 'constructor'],
    contributors: ['bbc-news', 'desk'],
  });
  t.same(await column("select locale || ' ' || name || ' ' || slug from region_texts order by 1"), [
    'en Central asia central-asia',
    'ru Central asia central-asia',
  ]);
  t.same(await column("select name from contributor_texts where slug = 'bbc-news' and locale = 'en'"), ['BBC News']);
  t.same(
    await column(
      "select x ->> 'key' from published_articles, jsonb_array_elements(card::jsonb -> 'byline') x where locale = 'ru'",
    ),
    ['bbc-news', 'desk'],
  );
  t.same(
    await column(
      "select count(*)::int from audit where action in ('region.create', 'tag.create', 'contributor.create', 'locale.create')",
    ),
    [6],
  );
});

test('of lines that make a story together, the first says what its original is', async (t) => {
  const { run, column } = await lab(t);
  await run(
    textOf([story(1, { locale: 'ru' }), story(1, { locale: 'en', kind: 'analysis' }), story(1, { locale: 'ka' })]),
  );
  t.same(await column('select original_locale from articles'), ['ru']);
});

test('strict refuses lines that name what does not exist, and makes nothing', async (t) => {
  const { run, column } = await lab(t);
  const { counts, made, refusals } = await run(
    textOf([
      story(1),
      story(2, { tags: ['sea', 'ports'] }),
      story(3, { locale: 'ka' }),
      story(4, { byline: 'nobody' }),
    ]),
    { strict: true },
  );
  t.same(counts, { ...NOTHING, created: 1, refused: 3 });
  t.same(made, { locales: [], regions: [], tags: [], contributors: [] });
  t.same(refusals, [
    '2: /tags/0 sea does not exist; /tags/1 ports does not exist',
    '3: /locale ka is no locale of this newsroom',
    '4: /byline/0 nobody does not exist',
  ]);
  t.same(await column('select count(*)::int from tags'), [0]);
});

test('a language that is new to the newsroom gets its own name and direction', async (t) => {
  const { run, column } = await lab(t);
  await run(
    textOf(['ar', 'fa', 'he', 'ur', 'ka', 'ru', 'pt-br'].map((locale) => story(1, { locale, title: `In ${locale}` }))),
  );
  t.same(await column("select tag || ' ' || name || ' ' || direction from locales where tag <> 'en' order by tag"), [
    'ar العربية rtl',
    'fa فارسی rtl',
    'he עברית rtl',
    'ka ქართული ltr',
    'pt-BR Português (Brasil) ltr',
    'ru Русский ltr',
    'ur اردو rtl',
  ]);
  t.same(
    await column(
      "select distinct document::jsonb ->> 'direction' from published_articles where locale in ('ar', 'fa', 'he', 'ur')",
    ),
    ['rtl'],
  );
  for (const none of ['xx', 'mul', 'und', 'zxx', 'klingon', 'en-u-ca-buddhist', 'e'])
    t.equal(describeLanguage(none), null, none);
  t.equal(describeLanguage('iw')?.tag, 'he', 'old codes become new ones');
});

test('a draft stays a draft, and a line that says draft takes a public story back', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1, { status: 'draft' }), story(2)]));
  t.same(await column('select status from drafts order by title'), ['draft', 'published']);
  t.same(await column('select count(*)::int from published_articles'), [1]);
  t.same((await run(textOf([story(2, { status: 'draft' })]))).counts, { ...NOTHING, updated: 1 });
  t.same(await column('select count(*)::int from published_articles'), [0]);
  t.same(await column('select status from drafts order by title'), ['draft', 'draft']);
});

// Seen to fail where old addresses of drafts are placed as well: the lines are refused, since no redirect leads to what is not public.
test('old addresses lead to stories that are public, and keep no draft and no withdrawn one from coming in', async (t) => {
  const { run, column } = await lab(t);
  const oldPaths = (n: number) => [`/old/${n}`];
  const { counts, refusals } = await run(
    textOf([
      story(1, { oldPaths: oldPaths(1) }),
      story(2, { oldPaths: oldPaths(2), status: 'draft' }),
      story(3, { oldPaths: oldPaths(3), withdrawn: { at: '2025-05-01T08:00:00Z', notice: 'It was wrong.' } }),
    ]),
  );
  t.same([counts.created, refusals], [3, []]);
  t.same(await column('select path from path_redirects'), oldPaths(1));
});

test('a withdrawn story leaves its notice, and comes back when the line no longer says so', async (t) => {
  const { run, column } = await lab(t);
  const withdrawn = { at: '2025-05-01T08:00:00Z', notice: 'It rested on a draft timetable.' };
  await run(textOf([story(1, { withdrawn })]));
  t.same(await column("select notice from tombstones where withdrawn_at = '2025-05-01T08:00:00Z'"), [withdrawn.notice]);
  t.same(await column('select reason from changes order by id'), ['published', 'withdrawn']);
  t.same((await run(textOf([story(1, { withdrawn })]))).counts, { ...NOTHING, unchanged: 1 });
  await run(textOf([story(1)]));
  t.same(await column('select count(*)::int from tombstones'), [0]);
  t.same(await column('select status from drafts'), ['published']);
});

test('a dry run tells the same and writes nothing', async (t) => {
  const { run, column } = await lab(t);
  const file = textOf([story(1, { tags: ['sea'] }), story(2, { locale: 'xx' }), story(3, { locale: 'ka' })]);
  const { counts, made } = await run(file, { dryRun: true });
  t.same(counts, { ...NOTHING, created: 2, refused: 1 });
  t.same([made.tags, made.locales], [['sea'], ['ka']]);
  t.same(
    await column(
      'select count(*)::int from articles union all select count(*) from tags union all select count(*) from imports',
    ),
    [0, 0, 0],
  );
  t.same(await column('select tag from locales'), ['en']);
});

/** All that readers see of a story but what names it: ids, addresses and times of this very copy. */
async function faceOf(request: Send, url: string) {
  const { data } = (await request('GET', url)).json();
  const {
    id: _id,
    uri: _uri,
    url: _url,
    share: { url: _shared, ...share },
    slug: _slug,
    publishedAt: _p,
    firstPublishedAt: _f,
    updatedAt: _u,
    rights: { attributionHtml, syndicatableFrom: _s, ...rights },
    ...face
  } = data;
  return { ...face, share, rights, credit: attributionHtml.replaceAll(data.url, '') };
}

test('an imported story is served to readers, and is the same as one that an editor made', async (t) => {
  const { desk, request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { run } = await lab(t, databaseUrl);
  const body = {
    markdown: 'The **ferry** sails, says [the harbour](https://www.example.org/harbour).\n\n- one\n- two',
  };
  const text = {
    title: 'A ferry sails',
    standfirst: 'At last.',
    body,
    corrections: [{ at: '2025-03-02T10:00:00Z', text: 'It was two.' }],
  };
  const neutral = {
    kind: 'analysis',
    region: 'coast',
    regions: ['hills'],
    tags: ['sea', 'ports'],
    byline: ['desk'],
    rights: { holder: 'Wire' },
  };
  t.same((await run(textOf([{ ...story(1), ...text, ...neutral }, story(2)]))).refusals, []);

  const made = (await desk('POST', '/v1/desk/articles', { payload: { ...neutral, locales: { en: text } } })).json()
    .data;
  t.equal(made.locales?.[0]?.slug, 'a-ferry-sails-2');
  await desk('POST', `/v1/desk/articles/${made.id}/locales/en/publish`, {
    version: 1,
    payload: { publishedAt: '2025-03-01T10:00:00Z' },
  });
  const imported = await faceOf(request, '/v1/articles/by-slug/en/a-ferry-sails');
  t.equal(imported.body.text.includes('ferry sails'), true);
  t.same(imported, await faceOf(request, '/v1/articles/by-slug/en/a-ferry-sails-2'));

  const list = (await request('GET', '/v1/articles?locale=en&tag=sea&region=coast')).json().data;
  t.equal(list.length, 2);
  const [first] = list;
  t.equal(first.publishedAt, '2025-03-01T10:00:00.000Z');
});

test('the demo newsroom fits its schemas and loads whole', async (t) => {
  const newsroom = await readNewsroom();
  const validate = createAjv({ allErrors: true }).compile(SitePatch);
  t.ok(validate(newsroom.site), JSON.stringify(validate.errors));
  const { pool, column } = await lab(t);
  const stories = await loadDemo(drizzle(pool));
  t.equal(
    stories,
    (await readFile(new URL('../src/demo/stories.ndjson', import.meta.url), 'utf8')).trim().split('\n').length,
  );
  t.same(await column("select count(*)::int from drafts where status in ('published', 'withdrawn')"), [stories]);
  t.same(await column('select count(*) > 2 from tombstones'), [true]);
  t.same(
    await column('select count(*)::int from view_counts'),
    await column('select count(*)::int from published_articles'),
  );
  t.same(await column('select name ->> default_locale from site'), [newsroom.site.name.en]);
  await t.rejects(loadDemo(drizzle(pool)), 'a second time it would break a constraint');
  t.same(await column('select count(*)::int from drafts'), [stories], 'and leaves nothing behind');
});
