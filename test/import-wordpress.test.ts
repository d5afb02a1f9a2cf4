// WordPress's exports: what of a site becomes stories, drafts, tags, contributors and redirects, and what is told to be left out.
import { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { lab, NOTHING, reportOf } from './fixtures/importing.ts';
import { category, item, wxr } from './fixtures/wordpress.ts';

test('posts and pages come with dates, authors, tags, standfirst and slug, and their old addresses lead to them', async (t) => {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { foreign } = await lab(t, databaseUrl);
  const file = wxr([
    {
      id: 7,
      title: 'Lamps &amp; <em>ladders</em>',
      excerpt: 'Two hundred steps &ndash; and back.',
      modified: '2019-06-01 12:00:00',
      more:
        category('category', 'ports', 'Ports') +
        category('post_tag', 'sea-marks', 'Sea marks') +
        category('category', 'uncategorized', 'Uncategorized') +
        '<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>lamps-only</wp:meta_value></wp:postmeta>',
    },
    { id: 8, type: 'page', title: 'About us', slug: 'about-us', link: 'https://old.example.org/about-us/' },
  ]);
  const done = await foreign(file);
  t.same(done.refusals, []);
  t.same(done.counts, { ...NOTHING, created: 2 });
  t.same(done.made, { locales: [], regions: [], tags: ['ports', 'sea-marks'], contributors: ['mara-quill'] });
  const { data } = (await request('GET', '/v1/articles/by-slug/en/lighthouse-7')).json();
  t.match(data, {
    title: 'Lamps & ladders',
    standfirst: 'Two hundred steps – and back.',
    kind: 'news',
    publishedAt: '2019-05-04T06:30:00.000Z',
    updatedAt: '2019-06-01T12:00:00.000Z',
    body: { text: 'The lamp was lit.' },
    byline: [{ key: 'mara-quill', name: 'Mara Quill', type: 'person' }],
  });
  t.same(
    data.tags.map(({ key, name }: { key: string; name: string }) => [key, name]),
    [
      ['ports', 'Ports'],
      ['sea-marks', 'Sea marks'],
    ],
  );
  const leads = async (path: string) =>
    (await request('GET', `/v1/resolve?path=${encodeURIComponent(path)}`)).json().data;
  for (const path of ['/2019/05/lighthouse-7/', '/2019/05/lighthouse-7', '/2019/05/lamps-only/'])
    t.match(await leads(path), { status: 301, article: { slug: 'lighthouse-7' } }, path);
  t.match(await leads('/about-us/'), { status: 301, article: { slug: 'about-us', kind: 'page' } });
  t.match(await leads('/2019/05/never/'), { status: 404 });
  t.same((await foreign(file)).counts, { ...NOTHING, unchanged: 2 }, 'a second time nothing changes');
});

test('what the site did not show to everybody is never public', async (t) => {
  const { foreign, column } = await lab(t);
  const done = await foreign(
    wxr([
      { id: 1, status: 'draft', date: '0000-00-00 00:00:00' },
      { id: 2, status: 'private' },
      { id: 3, password: 'enter' },
      { id: 4, status: 'future', date: '2099-01-01 00:00:00' },
      { id: 5, status: 'pending' },
      { id: 6, status: 'a-status-of-a-plugin' },
      { id: 7, status: 'trash' },
      { id: 8, status: 'auto-draft' },
      { id: 9, type: 'attachment', status: 'inherit' },
      { id: 10, type: 'nav_menu_item' },
      { id: 11 },
    ]),
  );
  t.same(done.counts, { ...NOTHING, created: 7 });
  t.same(await column('select slug from published_articles'), ['lighthouse-11']);
  t.same(await column("select count(*)::int from drafts where status = 'draft'"), [6]);
  t.same(await column('select path from path_redirects'), ['/2019/05/lighthouse-11']);
  const { leftOut, notes } = reportOf(done);
  t.same(leftOut, { 'post (trash)': 1, 'post (auto-draft)': 1, attachment: 1, nav_menu_item: 1 });
  t.same(notes, {
    'a private story became a draft': 1,
    'a story behind a password became a draft': 1,
    'a story that waited for its time became a draft': 1,
  });
});

async function bodyOf(t: Test, content: string) {
  const { foreign, column } = await lab(t);
  const done = await foreign(wxr([{ id: 1, content }]));
  t.same(done.refusals, []);
  const [body] = await column('select body from drafts');
  const blocks = body as ({ _type: string; style?: string; children?: { text: string }[] } & Record<string, unknown>)[];
  const shown = blocks.map(({ _type, style, children, src, caption, url }) =>
    _type === 'block'
      ? `${style}: ${children?.map(({ text }) => text).join('')}`
      : [_type, src ?? url, caption].filter((part) => part !== undefined).join(' '),
  );
  return { shown, notes: reportOf(done).notes, pictures: reportOf(done).pictures };
}

test('the older editor: blank lines part paragraphs, shortcodes become elements or go, pictures keep their addresses', async (t) => {
  const { shown, notes, pictures } = await bodyOf(
    t,
    `First line
second line with <strong>weight</strong> and [sic] brackets.

[caption id="a1" align="left" width="300"]<a href="https://old.example.org/big.jpg"><img src="https://media.example.org/lamp.jpg" alt="A lamp" /></a> The new lamp[/caption]
<h2>A heading</h2>
Before a list:
<ul>
 	<li>one</li>
 	<li>two</li>
</ul>
https://video.example.org/watch?v=1

[gallery ids="4,5"] [[gallery]] [box colour="red"]kept words[/box]

<pre>a

b</pre>`,
  );
  t.same(shown, [
    'normal: First line\nsecond line with weight and [sic] brackets.',
    'image https://media.example.org/lamp.jpg The new lamp',
    'h2: A heading',
    'normal: Before a list:',
    'normal: one',
    'normal: two',
    'embed https://video.example.org/watch?v=1',
    'normal: [gallery] kept words',
    'code',
  ]);
  t.match(notes, { 'the shortcode [gallery] was taken out': 1, 'the shortcode [box] was taken out': 1 });
  t.same(pictures, { 'media.example.org': 1 });
});

test('blocks: their comments go, embeds stay, and what WordPress fills itself is told', async (t) => {
  const { shown, notes } = await bodyOf(
    t,
    `<!-- wp:paragraph {"dropCap":true} -->
<p>Words <!-- an aside --> here.</p>
<!-- /wp:paragraph -->
<!-- wp:embed {"url":"https://video.example.org/2"} -->
<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">
https://video.example.org/2
</div></figure>
<!-- /wp:embed -->
<!-- wp:image {"id":9} -->
<figure class="wp-block-image"><img src="https://media.example.org/pier.jpg" alt=""/><figcaption>The pier</figcaption></figure>
<!-- /wp:image -->
<!-- wp:latest-posts {"postsToShow":3} /-->
<script>alert(1)</script><p onclick="x()">Last <a href="javascript:x()">words</a>.</p>`,
  );
  t.same(shown, [
    'normal: Words here.',
    'embed https://video.example.org/2',
    'image https://media.example.org/pier.jpg The pier',
    'normal: Last words.',
  ]);
  t.match(notes, { 'the block latest-posts, which WordPress fills itself, was taken out': 1 });
});

test('brackets and comments without an end are read in time that grows with their number', async (t) => {
  const started = performance.now();
  const { foreign } = await lab(t);
  const parts = ['[caption a="1"]', '<!-- wp:x ', '<pre', '[', '<!--', '[[x="1"]', '<div '];
  const done = await foreign(
    wxr(parts.map((part, id) => item({ id, content: part.repeat(Math.floor(400_000 / part.length)) }))),
  );
  t.equal(done.counts.created + done.counts.refused, parts.length);
  t.ok(performance.now() - started < 60_000, `${performance.now() - started} ms`);
});

test('languages and translations of Polylang, and a mapping of categories and authors', async (t) => {
  const { foreign, column } = await lab(t);
  const family = category('post_translations', 'pll_5f3c', 'pll_5f3c');
  const done = await foreign(
    wxr([
      {
        id: 1,
        more: family + category('language', 'en', 'English') + category('category', 'hill-country', 'Hill country'),
      },
      {
        id: 2,
        slug: '%d0%bc%d0%b0%d1%8f%d0%ba',
        title: 'Маяк',
        more:
          family +
          category('language', 'ru', 'Русский') +
          category('category', 'hill-country', 'Горы') +
          category('post_tag', '%d0%bc%d0%be%d1%80%d0%b5', 'Море'),
      },
      {
        id: 3,
        creator: 'ghost-writer',
        more: category('category', 'opinions', 'Opinions') + category('category', 'x', 'Drop me'),
      },
    ]),
    {
      region: 'coast',
      map: {
        categories: {
          'hill-country': { region: 'hills' },
          Opinions: { kind: 'opinion', tags: ['views'] },
          'drop me': null,
        },
        authors: { 'Ghost-Writer': 'desk' },
      },
    },
  );
  t.same(done.refusals, []);
  t.same(await column("select count(*)::int from articles where external_id = 'old.example.org:pll_5f3c'"), [1]);
  t.same(await column('select locale || slug from drafts order by 1'), ['enlighthouse-1', 'enlighthouse-3', 'ruмаяк']);
  t.same(done.made.tags, ['more', 'views']);
  t.same(done.made.contributors, ['mara-quill', 'desk']);
  t.same(await column('select r.key || a.kind from articles a join regions r on r.id = a.region_id order by 1'), [
    'coastopinion',
    'hillsnews',
  ]);
});

test('a slug that is taken gets a number, and an old address that leads elsewhere stays', async (t) => {
  const { foreign, column } = await lab(t);
  await foreign(wxr([{ id: 1, slug: 'twins' }]));
  const done = await foreign(
    wxr([
      { id: 2, slug: 'twins' },
      { id: 3, slug: 'Twins_and%20MORE', link: 'https://old.example.org/?p=3' },
    ]),
  );
  t.same(done.counts, { ...NOTHING, created: 2 });
  t.same(await column('select slug from drafts order by slug'), ['twins', 'twins-2', 'twins-and-more']);
  t.match(reportOf(done).notes, {
    'an old address leads elsewhere already': 1,
    'an old address that is all query, such as /?p=1, cannot be kept as a redirect': 1,
  });
  t.same(await column('select d.slug from path_redirects p join drafts d on d.article_id = p.article_id'), ['twins']);
  const changed = await foreign(wxr([{ id: 2, slug: 'twins', title: 'Changed' }]));
  t.same(changed.counts, { ...NOTHING, updated: 1 });
  t.same(await column("select slug from drafts where title = 'Changed'"), ['twins-2']);
});

test('signs for less and more in a title are no tags', async (t) => {
  const { foreign, column } = await lab(t);
  const titles = {
    'Ice < 5 cm, wind > 20 m/s': 'Ice < 5 cm, wind > 20 m/s',
    'Boats &lt; 3 m': 'Boats < 3 m',
    'A <em>low</em> <3': 'A low <3',
  };
  const items = Object.keys(titles).map((title, id) => ({ id, title, excerpt: title }));
  t.same((await foreign(wxr(items))).refusals, []);
  const said = Object.values(titles).sort();
  t.same(await column('select title from drafts order by title collate "C"'), said);
  t.same(await column('select standfirst from drafts order by title collate "C"'), said);
});
