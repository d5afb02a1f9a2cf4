// Exports that are put back: what was erased stays gone, there is no dry run, and a line that has not the form of one is refused.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { buildTestApp, type TestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { readElements } from './fixtures/feeds.ts';
import { ended, type Line, pathOf, sendFile, story, textOf } from './fixtures/importing.ts';
import { sourceFile, start } from './fixtures/processes.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const exported = async ({ desk }: TestApp) => expectStatus(await desk('GET', '/v1/desk/export'), 200).body;
const imported = async (app: TestApp, file: string, query = '') =>
  ended(app, pathOf(expectStatus(await sendFile(app.desk, file, undefined, query), 202).headers.location));

/** A newsroom with a story that was erased, and one that is there. */
async function withErased(t: Test) {
  const app = await buildTestApp(t);
  const { desk } = app;
  await makeLocale(desk, 'ru');
  const locales = { en: { title: 'Gone', slug: 'gone' }, ru: { title: 'Нет', slug: 'нет' } };
  const { id } = await makePublished(desk, { locales });
  const stays = await makePublished(desk, { locales: { en: { title: 'Stays', slug: 'stays' } } });
  for (const locale of ['en', 'ru']) {
    const { version } = stateIn(await getDeskArticle(desk, id), locale);
    const payload = { notice: 'It was wrong.' };
    expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/withdraw`, { version, payload }), 200);
  }
  const { version } = await getDeskArticle(desk, id);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${id}`, { version }), 204);
  const [kept] = (await desk('GET', '/v1/desk/trash')).json().data;
  expectStatus(await desk('DELETE', `/v1/desk/trash/${id}`, { version: kept.version }), 204);
  return { app, id, stays };
}

test('stories that were erased are gone in the restored newsroom, too, which has the same export', async (t) => {
  const { app, id } = await withErased(t);
  const file = await exported(app);
  const other = await buildTestApp(t);
  t.match(await imported(other, file), { status: 'done', refused: 0, problems: [] });
  t.equal((await exported(other)) === file, true, 'byte for byte');
  const slugs = ['en/gone', `ru/${encodeURIComponent('нет')}`];
  for (const path of [id, `${id}?locale=ru`, ...slugs.map((slug) => `by-slug/${slug}`)]) {
    const [before, after] = [
      await app.request('GET', `/v1/articles/${path}`),
      await other.request('GET', `/v1/articles/${path}`),
    ];
    t.equal(before.statusCode, 410, path);
    t.same({ ...after.json(), traceId: '' }, { ...before.json(), traceId: '' }, path);
  }
  const deleted = async ({ request }: TestApp, locale: string) =>
    readElements((await request('GET', `/v1/feeds/atom?locale=${locale}`)).body)
      .filter(({ name }) => name === 'at:deleted-entry')
      .map(({ attributes }) => attributes);
  for (const locale of ['en', 'ru']) {
    t.equal((await deleted(app, locale)).length, 1);
    t.same(await deleted(other, locale), await deleted(app, locale), 'readers of the feed are told as before');
  }
  t.match(await imported(other, file), { status: 'done', created: 0, updated: 0, refused: 0 });
});

test('a dry run of an export is refused, with the reason, and writes nothing', async (t) => {
  const { app, stays } = await withErased(t);
  const file = await exported(app);
  const other = await buildTestApp(t);
  const before = await exported(other);
  const reason = /lines of an export build on those before: a dry run, .*cannot tell what would be done/;
  t.match(await imported(other, file, '?dryRun=true'), { status: 'failed', failure: reason, created: 0, updated: 0 });
  const path = join(t.testdir(), 'newsroom.ndjson');
  await writeFile(path, file);
  const env = { PATH: process.env.PATH, DATABASE_URL: other.databaseUrl };
  const command = [sourceFile('src/commands/import.ts'), path, '--dry-run'];
  t.match(await start(t, command, { cwd: t.testdirName, env }).ended, { code: 1, err: reason });
  t.equal(await exported(other), before);
  t.equal((await other.request('GET', `/v1/articles/${stays.id}`)).statusCode, 404);
});

const id = (n: number) => `01890000-0000-7000-8000-0000000000${String(n).padStart(2, '0')}`;
const article = (n: number, rest: Line = {}): Line => ({
  record: 'article',
  id: id(n),
  uri: `tag:example.org,2020:article/${n}`,
  kind: 'news',
  originalLocale: 'en',
  ...rest,
});
const at = '2020-01-01T00:00:00.000Z';
const paragraph = (text: unknown) => [
  {
    _type: 'block',
    _key: 'k0',
    style: 'normal',
    markDefs: [],
    children: [{ _type: 'span', _key: 'k1', text, marks: [] }],
  },
];
const snapshot = {
  uri: 'tag:example.org,2020:article/1',
  kind: 'news',
  title: 'T',
  standfirst: null,
  body: paragraph('Said.'),
  corrections: [],
  regionIds: [],
  tagIds: [],
  contributorIds: [],
  regionId: null,
  rights: null,
  imageId: null,
  originalLocale: 'en',
  extra: {},
};
const draft = (n: number, live: Line, rest: Line = {}): Line => ({
  record: 'draft',
  articleId: id(n),
  locale: 'en',
  title: 'T',
  slug: `t-${n}`,
  body: [],
  live,
  ...rest,
});
const live = (n: number, rest: Line = {}): Line => ({
  slug: `t-${n}`,
  firstPublishedAt: at,
  publishedAt: at,
  updatedAt: at,
  version: 1,
  relatedIds: [],
  snapshot,
  ...rest,
});

type Malformed = [line: number, file: Line[], reason: RegExp];
const shown = (n: number, more: Line, reason: RegExp): Malformed => [
  2,
  [article(n), draft(n, live(n, { snapshot: { ...snapshot, ...more } }))],
  reason,
];
/** Each is the only one of its kind in its file: a portion as a whole meets it first. */
const MALFORMED: Record<string, Malformed> = {
  'a date that is none': [1, [article(1, { createdAt: 'yesterday' })], /form of an export/],
  'what is public without anything of it': [2, [article(2), draft(2, {})], /^\/live /],
  'a public text without one': [2, [article(3), draft(3, live(3, { snapshot: {} }))], /^\/live /],
  'a number for a text': shown(4, { body: paragraph(5) }, /^\/live\/snapshot\/body is no Portable Text/),
  'a block of an unknown type': shown(5, { body: [{ _type: 'html', _key: 'k', html: '<b>' }] }, /is no Portable Text/),
  'a public date that is none': [2, [article(6), draft(6, live(6, { publishedAt: 'x' }))], /./],
  // Of these, one made a feed that it stood in answer 500.
  'no id in feeds': shown(7, { uri: null }, /^\/live /),
  'a kind that there is not': shown(8, { kind: 'x' }, /^\/live /),
  'corrections without words': shown(9, { corrections: [{}] }, /^\/live /),
  'terms that are none': shown(13, { rights: 'x' }, /^\/live /),
  'corrections of a draft that are none': [
    2,
    [article(14), draft(14, live(14), { corrections: 5 })],
    /form of an export/,
  ],
};

test('a line that has not the form of an export is refused, its neighbours go in, and the next file is worked on', async (t) => {
  const app = await buildTestApp(t);
  for (const [what, [line, lines, reason]] of Object.entries(MALFORMED)) {
    const done = await imported(app, textOf(lines));
    t.match(
      done,
      { status: 'done', lines: lines.length, refused: 1, problems: [{ line, reason }], failure: null },
      what,
    );
    t.equal(done.created, lines.length - 1, what);
    const n = Number(String(lines[0]?.id).slice(-2));
    t.equal((await app.request('GET', `/v1/articles/${id(n)}`)).statusCode, 404, `${what}: nothing of it is public`);
  }
  const whole = [article(10, { createdAt: 'yesterday' }), article(11), draft(11, live(11)), article(12), draft(12, {})];
  t.match(await imported(app, textOf(whole)), {
    status: 'done',
    created: 3,
    refused: 2,
    problems: [{ line: 1 }, { line: 5 }],
  });
  t.match((await app.request('GET', `/v1/articles/${id(11)}`)).json().data, { title: 'T', body: { text: 'Said.' } });
  t.match(await imported(app, textOf([story(1)])), { status: 'done', created: 1 });
  for (const feed of ['rss', 'atom', 'json']) expectStatus(await app.request('GET', `/v1/feeds/${feed}`), 200);
  expectStatus(await app.request('GET', '/v1/articles'), 200);
});
