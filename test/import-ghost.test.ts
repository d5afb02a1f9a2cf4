// Ghost's exports: posts and pages, tags and authors in tables of their own; what only members saw is never public.
import { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { ended, lab, NOTHING, pathOf, reportOf, sendFile } from './fixtures/importing.ts';

const post = (n: number, rest: Record<string, unknown> = {}) => ({
  id: `p${n}`,
  uuid: `0000-${n}`,
  title: `Barge ${n} & friends`,
  slug: `barge-${n}`,
  html: `<p>Water <a href="__GHOST_URL__/barge-9/">and</a> coal.</p>`,
  type: 'post',
  status: 'published',
  visibility: 'public',
  published_at: '2021-07-08T09:10:11.000Z',
  updated_at: '2021-08-01T00:00:00.000Z',
  ...rest,
});

const file = (posts: unknown[]) =>
  JSON.stringify({
    db: [
      {
        meta: { exported_on: 1_700_000_000_000, version: '5.79.0' },
        data: {
          posts,
          posts_authors: [{ id: 'x', post_id: 'p1', author_id: 'u1', sort_order: 0 }],
          posts_tags: [
            { id: 'y', post_id: 'p1', tag_id: 't1', sort_order: 0 },
            { id: 'z', post_id: 'p1', tag_id: 't2', sort_order: 1 },
          ],
          settings: [
            { key: 'title', value: 'x' },
            { key: 'locale', value: 'en' },
          ],
          tags: [
            { id: 't1', name: 'Rivers', slug: 'rivers', visibility: 'public' },
            { id: 't2', name: '#wide', slug: 'hash-wide', visibility: 'internal' },
          ],
          users: [{ id: 'u1', name: 'Lena Ford', slug: 'lena', email: 'lena@example.org', password: 'never read' }],
        },
      },
    ],
  });

test('posts and pages come with tags, authors and dates that stand behind them in the file', async (t) => {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { foreign, column } = await lab(t, databaseUrl);
  const posts = [
    post(1, { custom_excerpt: 'Slow & steady', feature_image: '__GHOST_URL__/content/images/b.jpg' }),
    post(2, { type: 'page', slug: 'about', title: 'About' }),
  ];
  const done = await foreign(file(posts), { site: 'https://old.example.org', pieces: 100 });
  t.same(done.refusals, []);
  t.same(done.counts, { ...NOTHING, created: 2 });
  const { data } = (await request('GET', '/v1/articles/by-slug/en/barge-1')).json();
  t.match(data, {
    title: 'Barge 1 & friends',
    standfirst: 'Slow & steady',
    publishedAt: '2021-07-08T09:10:11.000Z',
    updatedAt: '2021-08-01T00:00:00.000Z',
    byline: [{ key: 'lena-ford', name: 'Lena Ford' }],
    tags: [{ key: 'rivers', name: 'Rivers' }],
    image: { url: 'https://old.example.org/content/images/b.jpg' },
    body: { html: /href="https:\/\/old\.example\.org\/barge-9\/"/ },
  });
  t.equal(data.tags.length, 1, 'tags that steer themes stay out');
  t.match((await request('GET', '/v1/resolve?path=/about/')).json().data, { status: 301, article: { kind: 'page' } });
  t.same(
    await column("select count(*)::int from audit where coalesce(before, after)::text like '%lena@example.org%'"),
    [0],
  );
  t.same((await foreign(file(posts), { site: 'https://old.example.org' })).counts, { ...NOTHING, unchanged: 2 });
});

test('what readers of the site did not see becomes a draft; a text in the form of its editor only is refused', async (t) => {
  const { foreign, column } = await lab(t);
  const done = await foreign(
    file([
      post(1, { status: 'draft', published_at: null }),
      post(2, { status: 'scheduled', published_at: '2099-01-01T00:00:00Z' }),
      post(3, { visibility: 'members' }),
      post(4, { visibility: 'paid' }),
      post(5, { status: 'sent' }),
      post(6, { html: null, lexical: '{"root":{}}' }),
      post(7),
    ]),
  );
  t.same(await column('select slug from published_articles'), ['barge-7']);
  t.same(await column("select count(*)::int from drafts where status = 'draft'"), [5]);
  t.same(done.refusals, ["6: Barge 6 & friends: its text is in the form of Ghost's editor only"]);
  t.match(reportOf(done).notes, {
    'a story for members became a draft': 2,
    'a story that waited for its time became a draft': 1,
    'a story that was sent by e-mail only became a draft': 1,
    'an address of the old site has no host: see --site': 6,
  });
});

test('authors and tags stand in the order that Ghost gives them, not in that of the file', async (t) => {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { foreign } = await lab(t, databaseUrl);
  const names = ['Second', 'Third', 'First'];
  const rows = (one: string) =>
    names.map((name, n) => ({ id: `${one}${n}`, name: `${name} ${one}`, slug: `${name}-${one}` }));
  const links = (one: string, column: string) =>
    names.map((_, n) => ({ id: `${one}-${n}`, post_id: 'p1', [column]: `${one}${n}`, sort_order: [1, 2, 0][n] }));
  const data = {
    posts: [post(1)],
    posts_authors: links('hand', 'author_id'),
    posts_tags: links('mark', 'tag_id'),
    users: rows('hand'),
    tags: rows('mark'),
  };
  t.same(
    (await foreign(JSON.stringify({ db: [{ meta: { version: '5.79.0' }, data }] }), { locale: 'en' })).refusals,
    [],
  );
  const story = (await request('GET', '/v1/articles/by-slug/en/barge-1')).json().data;
  const keysOf = (terms: { key: string }[]) => terms.map(({ key }) => key);
  t.same(keysOf(story.byline), ['first-hand', 'second-hand', 'third-hand']);
  t.same(keysOf(story.tags), ['first-mark', 'second-mark', 'third-mark']);
});

test('over HTTP the address of the site may end with a slash', async (t) => {
  const app = await buildTestApp(t);
  const posts = [post(1, { feature_image: '__GHOST_URL__/content/images/b.jpg' })];
  const taken = await sendFile(app.desk, file(posts), 'application/json', '?site=https://old.example.org/');
  t.match(await ended(app, pathOf(taken.headers.location)), { status: 'done', format: 'ghost', created: 1 });
  const { data } = (await app.request('GET', '/v1/articles/by-slug/en/barge-1')).json();
  t.equal(data.image.url, 'https://old.example.org/content/images/b.jpg');
  t.match(data.body.html, 'href="https://old.example.org/barge-9/"');
});
