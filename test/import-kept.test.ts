// What files of other systems say in places where few look: who else wrote, footnotes, cards, small pictures, spaces and times. None of it is lost or misplaced.
import { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { type ForeignOptions, lab, reportOf } from './fixtures/importing.ts';
import { category, item, wxr } from './fixtures/wordpress.ts';

/** Imports a file, and has its stories as readers get them, in the order of their dates. */
async function imported(t: Test, file: string, options: ForeignOptions = {}) {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const done = await (await lab(t, databaseUrl)).foreign(file, options);
  t.same(done.refusals, []);
  const { data } = (await request('GET', '/v1/articles?sort=publishedAt&fields=title,image,byline,publishedAt')).json();
  const stories = [];
  for (const { id } of data) stories.push((await request('GET', `/v1/articles/${id}`)).json().data);
  return { stories, request, notes: reportOf(done).notes };
}

const rss = (items: string) => `<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Tides</title><link>https://tides.example.org/</link><description>x</description><language>en</language>${items}</channel></rss>`;
const entry = (n: number, more: string) =>
  `<item><title>Tide ${n}</title><guid>https://tides.example.org/2020/${n}</guid><pubDate>Tue, 0${n} Mar 2020 09:00:00 GMT</pubDate><description>Water.</description>${more}</item>`;
const embed = (url: string, title = url) => `<figure><p><a href="${url}" rel="noopener">${title}</a></p></figure>`;
const meta = (key: string, value: string) =>
  `<wp:postmeta><wp:meta_key>${key}</wp:meta_key><wp:meta_value><![CDATA[${value}]]></wp:meta_value></wp:postmeta>`;

// Seen to fail where feeds.ts took only what says its type or medium, and no thumbnail: image was null in all three.
test('a picture of a feed need not say that it is one, and a thumbnail is better than none', async (t) => {
  const at = 'https://media.tides.example.org';
  const { stories } = await imported(
    t,
    rss(
      entry(
        1,
        `<media:content width="140" url="${at}/1.jpg?width=140"/><media:content width="460" url="${at}/1.jpg?width=460"><media:credit>Ivo Marsh</media:credit></media:content>`,
      ) +
        entry(2, `<media:thumbnail width="240" height="135" url="${at}/2"/>`) +
        entry(
          3,
          `<media:group><media:content url="${at}/3" type="application/x-shockwave-flash"/><media:thumbnail url="${at}/3.jpg"/><media:description>Of the film</media:description></media:group>`,
        ) +
        entry(4, `<media:content url="${at}/4.mp4"/>`),
    ),
  );
  t.match(stories, [
    { image: { url: `${at}/1.jpg?width=460`, credit: 'Ivo Marsh' } },
    { image: { url: `${at}/2`, width: 240, height: 135 } },
    { image: { url: `${at}/3.jpg`, caption: null } },
    { image: null },
  ]);
});

// Seen to fail where an item without <link> had no address: the path was a 404.
test('the id of an item in RSS is its old address, unless it says that it is none', async (t) => {
  const { request } = await imported(
    t,
    rss(entry(1, '') + entry(2, '').replace('<guid>', '<guid isPermaLink="false">')),
  );
  const leads = async (path: string) => (await request('GET', `/v1/resolve?path=${path}`)).json().data.status;
  t.equal(await leads('/2020/1'), 301);
  t.equal(await leads('/2020/2'), 404);
});

// Seen to fail where plain.ts collapsed whatever JavaScript counts as white: "10 000 €" and "東京 大阪" came with plain spaces.
test('no-break and ideographic spaces of titles, summaries and names stay', async (t) => {
  const { stories } = await imported(
    t,
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'x',
      items: [
        {
          id: '1',
          title: '\u00a0Prix\u00a0: 10\u202f000\u00a0€ \n «\u00a0oui\u00a0» ',
          summary: '東京\u3000大阪',
          content_html: '<p>a</p>',
          authors: [{ name: 'J.\u00a0Roe' }],
        },
      ],
    }),
  );
  t.match(stories, [
    {
      title: 'Prix\u00a0: 10\u202f000\u00a0€ «\u00a0oui\u00a0»',
      standfirst: '東京\u3000大阪',
      byline: [{ name: 'J.\u00a0Roe' }],
    },
  ]);
});

// Seen to fail where dates without a zone were those of the machine: 09:00 was told as 00:00.
test('a time without a zone is the same on every machine', async (t) => {
  const zone = process.env.TZ;
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  process.env.TZ = 'Asia/Tokyo';
  const posts = ['2020-03-03 09:00:00', '2020-03-04T09:00:00', '2020-03-05T09:00:00+02:00', '2020-03-06'].map(
    (published_at, n) => ({
      ...{ id: `p${n}`, uuid: `u${n}`, title: `Barge ${n}`, slug: `barge-${n}`, html: '<p>a</p>', status: 'published' },
      published_at,
    }),
  );
  const { stories } = await imported(t, JSON.stringify({ db: [{ data: { posts } }] }));
  t.match(
    stories.map(({ publishedAt }) => publishedAt),
    ['2020-03-03T09:00:00.000Z', '2020-03-04T09:00:00.000Z', '2020-03-05T07:00:00.000Z', '2020-03-06T00:00:00.000Z'],
  );
});

// Seen to fail where htmlText() left line ends to HTML, which shows them as spaces: "Low: 4 High: 9".
test('lines of plain text stay lines', async (t) => {
  const { stories } = await imported(
    t,
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'x',
      items: [{ id: '1', title: 'Tides', content_text: 'Low: 4\r\nHigh: 9\n\nEnd <b>' }],
    }),
  );
  t.match(stories, [{ body: { html: '<p>Low: 4<br>High: 9</p><p>End &lt;b&gt;</p>' } }]);
});

// Seen to fail without authorsOf(): the byline was Mara Quill, who had typed it in, and nobody else.
test('WordPress: co-authors and guests stand in the byline in place of who typed it in', async (t) => {
  const guest = {
    ...{ id: 90, type: 'guest-author', title: 'Ann', content: '' },
    more: meta('cap-display_name', 'Ann Reed') + meta('cap-user_login', 'ann'),
  };
  const { stories } = await imported(
    t,
    wxr([
      {
        id: 1,
        date: '2019-05-01 00:00:00',
        more:
          category('author', 'cap-ann', 'ann') +
          category('author', 'cap-mara', 'mara') +
          category('author', 'ivo-marsh', 'Ivo Marsh'),
      },
      { id: 2, date: '2019-05-02 00:00:00' },
      guest,
    ]),
    { map: { authors: { mara: 'desk' } } },
  );
  const bylines = stories.map(({ byline }) => byline.map(({ key }: { key: string }) => key));
  t.same(bylines, [['ann-reed', 'desk', 'ivo-marsh'], ['desk']]);
  t.match(stories[0].byline[0], { name: 'Ann Reed' });
});

const OLDER: Record<string, [string, string]> = {
  'paragraphs and lines in a quote': [
    '<blockquote>Roses are red\nViolets are blue\n\nAnd so on</blockquote>',
    '<blockquote>Roses are red<br>Violets are blue</blockquote><blockquote>And so on</blockquote>',
  ],
  'paragraphs in a box': ['<div class="box">\none\n\ntwo\n</div>\nthree', '<p>one</p><p>two</p><p>three</p>'],
  'paragraphs in a list item': ['<ul>\n<li>a\n\nb</li>\n<li>c</li>\n</ul>', '<ul><li>a<br>b</li><li>c</li></ul>'],
  'lines in a paragraph and a heading': [
    '<p>one\ntwo</p>\n<h2>A\nB</h2>',
    '<p>one<br>two</p><h2 id="s-a-b">A<br>B</h2>',
  ],
  'a tag on two lines': [
    'A <a href="https://x.org/"\n  target="_blank">link</a>.',
    '<p>A <a href="https://x.org/" rel="noopener">link</a>.</p>',
  ],
  'an address on a line of its own': [
    'Above\nhttps://video.example.org/1\nbelow\n\n<p>https://video.example.org/2</p>',
    `<p>Above</p>${embed('https://video.example.org/1')}<p>below</p>${embed('https://video.example.org/2')}`,
  ],
  'a poem': [
    '<!-- wp:verse --><pre class="wp-block-verse">Roses are <em>red</em>\nViolets are blue</pre><!-- /wp:verse -->',
    '<p>Roses are <em>red</em><br>Violets are blue</p>',
  ],
};

// Seen to fail without `lines`, and where only blank lines parted: empty paragraphs and items, lines in one, `target="_blank">` as text, poems as code.
test('WordPress: lines and paragraphs are those that it shows, also within other elements', async (t) => {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { foreign } = await lab(t, databaseUrl);
  const all = Object.entries(OLDER);
  await foreign(wxr(all.map(([, [content]], n) => ({ id: n + 1, content }))));
  for (const [n, [what, [, html]]] of all.entries())
    t.equal((await request('GET', `/v1/articles/by-slug/en/lighthouse-${n + 1}`)).json().data.body.html, html, what);
});

// Seen to fail without footnotesOf(): the block was taken out, and the number led to a place that was not there.
test('WordPress: footnotes are a list where their block stands', async (t) => {
  const content = `<!-- wp:paragraph --><p>Deep<sup data-fn="7f" class="fn"><a href="#7f" id="7f-link">1</a></sup> water.</p><!-- /wp:paragraph -->
<!-- wp:footnotes /--><!-- wp:latest-posts /-->`;
  const { stories, notes } = await imported(
    t,
    wxr([{ id: 1, content, more: meta('footnotes', '[{"content":"By <em>sonar</em>.","id":"7f"}]') }]),
  );
  t.equal(stories[0].body.html, '<p>Deep<sup>1</sup> water.</p><ol><li>By <em>sonar</em>.</li></ol>');
  t.same(notes, { 'the block latest-posts, which WordPress fills itself, was taken out': 1 });
});

// Seen to fail where galleryOf() read no id and no exclude: all showed the pictures of their own posts.
test('WordPress: a gallery can be that of another post, and leave pictures out', async (t) => {
  const picture = (id: number, parent: number) => ({
    ...{ id, type: 'attachment', status: 'inherit', content: '' },
    more: `<wp:attachment_url>https://old.example.org/${id}.jpg</wp:attachment_url><wp:post_parent>${parent}</wp:post_parent>`,
  });
  const { stories } = await imported(
    t,
    wxr([
      { id: 1, content: '[gallery id="2"]', date: '2019-05-01 00:00:00' },
      { id: 2, content: '[gallery exclude="22, 23"]', date: '2019-05-02 00:00:00' },
      ...[picture(11, 1), picture(21, 2), picture(22, 2), picture(23, 2)],
    ]),
  );
  const shown = stories.map(({ body }) =>
    [...body.html.matchAll(/old\.example\.org\/(\d+)\.jpg/g)].map(([, id]) => Number(id)),
  );
  t.same(shown, [[21, 22, 23], [21]]);
});

// Seen to fail without withWhole(): pictures were looked for on the site of the newsroom, and nothing told so.
test('pictures whose address is relative stay where they were; links lead to the stories as they did', async (t) => {
  const content =
    '<p><a href="/2019/05/lighthouse-2/">next</a></p><p><img alt="A" src="/files/a.jpg?x=1&amp;y=2"><img src="//cdn.example.org/b.jpg" alt="B"></p>';
  const wordpress = await imported(t, wxr([item({ id: 1, content })]));
  const html = (picture: string) =>
    `<p><a href="/2019/05/lighthouse-2/">next</a></p><figure><img src="${picture}" alt="A"></figure><figure><img src="https://cdn.example.org/b.jpg" alt="B"></figure>`;
  t.equal(wordpress.stories[0].body.html, html('https://old.example.org/files/a.jpg?x=1&amp;y=2'));
  const feed = await imported(t, rss(entry(1, `<content:encoded><![CDATA[${content}]]></content:encoded>`)));
  t.equal(feed.stories[0].body.html, html('https://tides.example.org/files/a.jpg?x=1&amp;y=2'));
});

// Seen to fail without withoutCards(): "0:00" and "/1:23" stood in the story, and the icon of another site was a picture of it.
test('Ghost: a bookmark is an embed, and of a player nothing but what it plays is kept', async (t) => {
  const html = `<p>a</p><figure class="kg-card kg-bookmark-card kg-card-hascaption"><a class="kg-bookmark-container" href="https://x.example.org/?a=1&amp;b=2"><div class="kg-bookmark-content"><div class="kg-bookmark-title">Locks &amp; keys</div><div class="kg-bookmark-description">All of them.</div><div class="kg-bookmark-metadata"><img class="kg-bookmark-icon" src="https://x.example.org/icon.svg" alt=""><span class="kg-bookmark-publisher">X</span></div></div><div class="kg-bookmark-thumbnail"><img src="https://x.example.org/t.jpg" alt=""></div></a><figcaption><p>Read it</p></figcaption></figure>
<figure class="kg-card kg-video-card"><div class="kg-video-container"><video src="https://g.example.org/v.mp4" poster="https://g.example.org/p.jpg"></video><div class="kg-video-overlay"><button class="kg-video-large-play-icon"><svg><path d="M1"></path></svg></button></div><div class="kg-video-player-container"><div class="kg-video-player"><button>x</button><span class="kg-video-current-time">0:00</span><div class="kg-video-time">/<span class="kg-video-duration">1:23</span></div><input type="range"></div></div></div></figure>
<div class="kg-card kg-audio-card"><img src="" alt="audio-thumbnail" class="kg-audio-thumbnail kg-audio-hide"><div class="kg-audio-thumbnail placeholder"><svg></svg></div><div class="kg-audio-player-container"><audio src="https://g.example.org/a.mp3"></audio><div class="kg-audio-title">The sound of it</div><div class="kg-audio-player"><span class="kg-audio-current-time">0:00</span><div class="kg-audio-time">/<span class="kg-audio-duration">144</span></div></div></div></div><p>b</p><figure class="kg-card kg-bookmark-card">`;
  const post = { id: 'p', uuid: 'u', title: 'Barge', slug: 'barge', html, status: 'published' };
  const { stories, notes } = await imported(t, JSON.stringify({ db: [{ data: { posts: [post] } }] }));
  t.equal(
    stories[0].body.html,
    `<p>a</p>${embed('https://x.example.org/?a=1&amp;b=2', 'Locks &amp; keys')}<p>Read it</p>${embed('https://g.example.org/v.mp4')}` +
      `${embed('https://g.example.org/a.mp3')}<p>The sound of it</p><p>b</p>`,
  );
  t.match(notes, { 'the description and the pictures of a bookmark were left out': 1 });
  t.notOk(Object.keys(notes).some((what) => what.includes('image')));
});
