// Importing files of stories: what goes in, what is refused and why, and that a file may be imported again, cut off and gone on with.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { type Test, test } from 'tap';
import { readChunks } from '../src/modules/imports/chunks.ts';
import { loadDemo, readNewsroom } from '../src/modules/imports/demo.ts';
import { describeLanguage } from '../src/modules/imports/languages.ts';
import { MAX_LINE_BYTES, readLines } from '../src/modules/imports/reading.ts';
import { type RunOptions, runImport } from '../src/modules/imports/running.ts';
import { SitePatch } from '../src/modules/site/schemas.ts';
import { createAjv } from '../src/plugins/validation.ts';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { withClient } from './fixtures/sql.ts';

const COMMAND = fileURLToPath(new URL('../src/commands/import.ts', import.meta.url));

type Line = Record<string, unknown>;
const story = (n: number | string, rest: Line = {}): Line => ({
  externalId: `wire:${n}`,
  locale: 'en',
  title: `Ferry number ${n} sails again`,
  body: [`The ferry sailed at ${n} o'clock.`, 'It was on time.'],
  publishedAt: '2025-03-01T10:00:00Z',
  ...rest,
});
const textOf = (lines: (Line | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

interface Lab {
  url: string;
  pool: pg.Pool;
  /** Imports without the command, and tells what was refused beside the counts. */
  run(content: string | Buffer, options?: Partial<RunOptions>): ReturnType<typeof importText>;
  /** The only column of all rows. */
  column(statement: string): Promise<unknown[]>;
}

async function importText(pool: pg.Pool, content: string | Buffer, options: Partial<RunOptions> = {}) {
  const refusals: string[] = [];
  const source = (async function* () {
    // In small pieces, so that lines and letters are cut anywhere.
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; at += 65_521) yield bytes.subarray(at, at + 65_521);
  })();
  const summary = await runImport(drizzle(pool), readChunks(readLines(source)), {
    strict: false,
    dryRun: false,
    onRefusal: ({ line, reason }) => refusals.push(`${line}: ${reason}`),
    ...options,
  });
  const { created, updated, unchanged, refused, made } = summary;
  return { counts: { created, updated, unchanged, refused }, made, refusals };
}

async function lab(t: Test, url?: string): Promise<Lab> {
  const databaseUrl = url ?? (await testDatabase(t));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
  pool.on('error', () => {}); // the database is dropped with the test
  t.teardown(() => pool.end());
  return {
    url: databaseUrl,
    pool,
    run: (content, options) => importText(pool, content, options),
    column: async (statement) => (await pool.query({ text: statement, rowMode: 'array' })).rows.map(([value]) => value),
  };
}

const NOTHING = { created: 0, updated: 0, unchanged: 0, refused: 0 };

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
  ]);
  const { counts, refusals } = await run(file);
  t.same(counts, { ...NOTHING, created: 2, refused: 11 });
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
  t.same(await column('select status from drafts order by title'), ['draft', 'unpublished']);
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
    slug: _slug,
    publishedAt: _p,
    firstPublishedAt: _f,
    updatedAt: _u,
    ...face
  } = data;
  return face;
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

interface Ended {
  code: number | null;
  out: string;
  err: string;
}
function command(t: Test, url: string, args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    cwd: t.testdirName,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  return { child, ended: new Promise((done) => child.on('close', (code) => done({ code, out, err }))) };
}

test('the command sums up, writes its report, and says by its exit code how it went', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'stories.ndjson');
  await writeFile(file, textOf([story(1), story(2, { locale: 'xx' }), story(3, { tags: ['sea'] })]));
  const { url } = await lab(t);
  const first = await command(t, url, [file, '--report', join(folder, 'report.txt')]).ended;
  t.equal(first.code, 2);
  t.match(
    first.out,
    /3 lines: 2 created, 0 updated, 0 unchanged, 1 refused\nMade: 1 tags? \(sea\)\n[\d.]+ s, \d+ stories\/s/,
  );
  t.match(first.err, 'line 2: /locale xx is no locale of this newsroom');
  t.equal(await readFile(join(folder, 'report.txt'), 'utf8'), 'line 2: /locale xx is no locale of this newsroom\n');
  await writeFile(file, textOf([story(1)]));
  t.match(await command(t, url, [file]).ended, { code: 0, out: /1 unchanged/ });
  t.match(await command(t, url, ['--help']).ended, { code: 0, out: /npm run import -- FILE\.ndjson/ });
  t.match(await command(t, url, [join(folder, 'absent.ndjson')]).ended, {
    code: 1,
    err: /there is no file .*absent\.ndjson/,
  });
  t.match(await command(t, url, []).ended, { code: 1, err: /a file is missing/ });
  t.match(await command(t, url, ['--fast', file]).ended, { code: 1, err: /--fast/ });
});

test('an import that is killed or stopped goes on behind the last committed line, and loses and doubles nothing', async (t) => {
  const lines = 3000;
  const file = join(t.testdir(), 'stories.ndjson');
  await writeFile(file, textOf(Array.from({ length: lines }, (_, n) => story(n))));
  const { url, column } = await lab(t);
  const committed = async () => Number((await column('select lines from imports'))[0] ?? 0);
  const cut = async (signal: NodeJS.Signals, from: number) => {
    const { child, ended } = command(t, url, [file]);
    while ((await committed()) <= from && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
    child.kill(signal);
    return ended;
  };
  t.equal((await cut('SIGKILL', 0)).code, null);
  const afterKill = await committed();
  t.ok(afterKill > 0 && afterKill < lines, `${afterKill} lines before it was killed`);

  const stopped = await cut('SIGINT', afterKill);
  t.equal(stopped.code, 130);
  t.match(stopped.out, /Going on behind line \d+/);
  const afterStop = await committed();
  t.match(stopped.out, `Stopped behind line ${afterStop}. The same command goes on from there.`);
  t.ok(afterStop < lines);

  const last = await command(t, url, [file]).ended;
  t.equal(last.code, 0);
  t.match(last.out, `Going on behind line ${afterStop}`);
  t.match(last.out, `${lines - afterStop} lines: `);
  t.same(await column('select count(*)::int from published_articles'), [lines]);
  t.same(await column("select count(*)::int from audit where action = 'draft.publish'"), [lines]);
  t.same(await column('select lines from imports where finished_at is not null'), [lines]);
  t.match(await command(t, url, [file, '--restart']).ended, {
    code: 0,
    out: `${lines} lines: 0 created, 0 updated, ${lines} unchanged`,
  });
});

test('an import and a change at the desk at the same moment both arrive', async (t) => {
  const { url, column } = await lab(t);
  await withClient(url, async (editor) => {
    const { run } = await lab(t, url);
    await run(textOf([story(1), story(2)]));
    await editor.query('begin');
    await editor.query("update articles set updated_at = now() where external_id = 'wire:2'");
    const running = run(textOf([story(1, { title: 'Later' }), story(2, { title: 'Later' })]));
    await new Promise((done) => setTimeout(done, 100));
    await editor.query('commit');
    t.same((await running).counts, { ...NOTHING, updated: 2 });
  });
  t.same(await column('select distinct title from drafts'), ['Later']);
});
