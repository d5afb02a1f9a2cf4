// RSS, Atom, JSON Feed and ninjs: each item becomes a story under its permanent id, with its own dates, names and rights.
import { test } from 'tap';
import { lab, NOTHING, reportOf } from './fixtures/importing.ts';
import { cpuOf } from './fixtures/timing.ts';

const rss = (items: string) => `<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Tides</title><link>https://tides.example.org/</link><description>x</description><language>en-GB</language>${items}</channel></rss>`;
const SPRING = `<item><title>Spring tide &amp;amp; neap</title><link>https://tides.example.org/2020/spring?utm=1</link><guid isPermaLink="false">tides-1</guid>
<pubDate>Tue, 03 Mar 2020 09:00:00 +0200</pubDate><dc:creator>Ivo Marsh</dc:creator><category>Moon &amp; sea</category>
<description>Short &lt;b&gt;words&lt;/b&gt;.</description><content:encoded><![CDATA[<p>Long words.</p><script>x()</script>]]></content:encoded>
<media:content url="https://media.tides.example.org/s.jpg" medium="image"/></item>`;

const stored = `select row_to_json(x) from (select a.external_id as id, d.locale, d.title, d.standfirst, d.slug, d.status,
  to_char(d.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') as at, to_char(p.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') as updated,
  (select string_agg(coalesce(b ->> 'src', (b -> 'children' -> 0 ->> 'text')), '|') from jsonb_array_elements(d.body) b) as body,
  (select m.url from media m where m.id = a.image_id) as picture,
  (select string_agg(c.key, ',') from article_contributors x join contributors c on c.id = x.term_id where x.article_id = a.id) as byline,
  (select string_agg(t.key, ',' order by t.key) from article_tags x join tags t on t.id = x.term_id where x.article_id = a.id) as tags
  from articles a join drafts d on d.article_id = a.id left join published_articles p on p.article_id = a.id and p.locale = d.locale order by 1) x`;

test('RSS: the full text, its standfirst, date, author, categories and picture, and the address it had', async (t) => {
  const { foreign, column } = await lab(t);
  const file = rss(
    `${SPRING}<item><description>Only a description.</description><guid>tides-2</guid><author>ann@example.org (Ann Reed)</author></item>`,
  );
  const done = await foreign(file, { pieces: 100 });
  t.same(done.refusals, []);
  t.match(await column(stored), [
    {
      id: 'tides-1',
      locale: 'en',
      title: 'Spring tide & neap',
      standfirst: 'Short words.',
      slug: 'spring-tide-neap',
      status: 'published',
      at: '2020-03-03T07:00',
      picture: 'https://media.tides.example.org/s.jpg',
      body: 'Long words.',
      byline: 'ivo-marsh',
      tags: 'moon-sea',
    },
    { id: 'tides-2', title: 'Only a description.', standfirst: null, body: 'Only a description.', byline: 'ann-reed' },
  ]);
  t.same(await column('select path from path_redirects'), ['/2020/spring']);
  t.same((await foreign(file)).counts, { ...NOTHING, unchanged: 2 });
});

test('names and titles that are all brackets cost no more than their length', async (t) => {
  // Seen to fail with expressions that try each of their letters for an end.
  const { foreign, column } = await lab(t);
  const odd = (text: string) => `<![CDATA[${text}]]>`;
  const file = rss(
    `<item><title>${odd(`Tide <${'a'.repeat(100_000)}`)}</title><guid>odd</guid><author>${odd('@('.repeat(3_000))}</author></item>`,
  );
  const [done, milliseconds] = await cpuOf(() => foreign(file));
  t.same(done.refusals, []);
  t.match(await column(stored), [{ title: /^Tide <aaa/ }]);
  t.ok(milliseconds < 5_000, `${milliseconds} ms`);
});

test('what a feed brings can wait as drafts, in a language and under a rubric of its own', async (t) => {
  const { foreign, column } = await lab(t);
  await foreign(rss(SPRING), { locale: 'fr', region: 'coast', asDrafts: true });
  t.match(await column(stored), [{ locale: 'fr', status: 'draft', at: null }]);
  t.same(await column('select count(*)::int from published_articles'), [0]);
  t.same(await column('select r.key from articles a join regions r on r.id = a.region_id'), ['coast']);
  t.same(await column('select count(*)::int from path_redirects'), [0]);
});

test('RSS 1.0 and Atom, with text, HTML and XHTML told apart', async (t) => {
  const { foreign, column } = await lab(t);
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://x.example.org/"><title>x</title></channel>
<item rdf:about="https://x.example.org/1"><title>From RDF</title><link>https://x.example.org/1</link><description>Text</description><dc:date>2001-05-06T07:08:00Z</dc:date></item></rdf:RDF>`;
  t.same((await foreign(rdf)).refusals, []);
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru"><title>x</title><author><name>Ева Бор</name></author>
<entry><id>tag:x.example.org,2020:2</id><title>1 &lt; 2 &lt;b&gt;bold&lt;/b&gt;</title><published>2020-01-01T00:00:00Z</published><updated>2020-02-02T00:00:00Z</updated>
<link rel="self" href="https://x.example.org/self"/><link href="https://x.example.org/two"/><category term="ships" label="Ships"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>An <em>XHTML</em> text<br/>with &lt;b&gt;</p><img src="https://x.example.org/p.png" alt="P"/></div></content></entry>
<entry xml:lang="en"><id>tag:x.example.org,2020:3</id><title type="html">A &amp;lt;i&amp;gt; title</title><updated>2020-02-02T00:00:00Z</updated><author><name>Ann Reed</name></author>
<content type="html">&lt;p&gt;Words&lt;/p&gt;</content></entry></feed>`;
  t.same((await foreign(atom)).refusals, []);
  t.match(await column(stored), [
    { id: 'https://x.example.org/1', title: 'From RDF', at: '2001-05-06T07:08' },
    {
      id: 'tag:x.example.org,2020:2',
      locale: 'ru',
      title: '1 < 2 <b>bold</b>',
      at: '2020-01-01T00:00',
      updated: '2020-02-02T00:00',
      body: /^An .*https:\/\/x\.example\.org\/p\.png$/s,
      byline: 'eva-bor',
      tags: 'ships',
    },
    { id: 'tag:x.example.org,2020:3', locale: 'en', title: 'A <i> title', body: 'Words', byline: 'ann-reed' },
  ]);
  t.ok((await column('select path from path_redirects')).includes('/two'));
});

test('JSON Feed, whose language may stand behind its items', async (t) => {
  const { foreign, column } = await lab(t);
  const done = await foreign(
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'x',
      items: [
        {
          id: 'j-1',
          url: 'https://j.example.org/one',
          title: 'A <dash> & more',
          content_text: 'First.\n\nSecond.',
          summary: 'In short',
          image: 'https://j.example.org/i.jpg',
          date_published: '2022-03-04T05:06:07+01:00',
          tags: ['Море', ''],
          authors: [{ name: 'Ann Reed' }, { url: 'https://j.example.org/nobody' }],
        },
        { id: 'j-2', content_html: '<p>No title at all</p>' },
        { id: 'j-3', title: 'No body', language: 'en' },
        'no item',
      ],
      language: 'ka',
      authors: [{ name: 'Desk' }],
    }),
    { pieces: 10 },
  );
  t.equal(done.counts.created, 3);
  t.match(done.refusals, [/^4: it has neither an id nor a url/]);
  t.match(await column(stored), [
    {
      id: 'j-1',
      locale: 'ka',
      title: 'A <dash> & more',
      standfirst: 'In short',
      at: '2022-03-04T04:06',
      picture: 'https://j.example.org/i.jpg',
      body: 'First.|Second.',
      byline: 'ann-reed',
      tags: 'more',
    },
    { id: 'j-2', title: 'No title at all', byline: 'desk' },
    { id: 'j-3', locale: 'en', title: 'No body' },
  ]);
});

const NINJS = {
  uri: 'urn:newsml:agency.example.org:20240101:1',
  type: 'text',
  pubStatus: 'usable',
  language: 'en',
  firstCreated: '2024-01-01T10:00:00Z',
  versionCreated: '2024-01-02T10:00:00Z',
  headlines: [{ role: 'main', value: 'Ice & <salt>' }],
  descriptions: [{ role: 'summary', value: 'Roads are white.' }],
  bodies: [
    { contentType: 'text/plain', value: 'plain' },
    { contentType: 'text/html', value: '<p>Salt on the roads.</p>' },
  ],
  by: 'By Ann Reed',
  subjects: [{ name: 'Winter', uri: 'https://agency.example.org/s/1' }],
  usageTerms: 'With a link only',
  copyrightHolder: 'Four Winds',
  associations: [
    {
      name: 'main',
      type: 'picture',
      renditions: [
        { href: 'https://m.example.org/small.jpg', width: 100 },
        { href: 'https://m.example.org/large.jpg', width: 900 },
      ],
    },
  ],
};

test('ninjs 3 and 1, a list or an object a line; what is withheld or embargoed waits, what is canceled stays out', async (t) => {
  const { foreign, column } = await lab(t);
  const list = [
    NINJS,
    { ...NINJS, uri: 'urn:2', pubStatus: 'withheld' },
    { ...NINJS, uri: 'urn:3', embargoedUntil: '2099-01-01T00:00:00Z' },
    { ...NINJS, uri: 'urn:4', pubStatus: 'canceled' },
    { ...NINJS, uri: 'urn:5', type: 'picture' },
  ];
  const done = await foreign(JSON.stringify(list, null, 1), { pieces: 50 });
  t.same(done.refusals, []);
  t.same(reportOf(done).leftOut, { 'text (canceled)': 1, picture: 1 });
  const old = {
    uri: 'http://agency.example.org/old/9',
    headline: 'From version one',
    body_text: 'Plain.\n\nText.',
    versioncreated: '2014-01-01T00:00:00Z',
    byline: 'Ivo Marsh',
    language: 'en',
  };
  const lines = await foreign(`${JSON.stringify(old)}\n{"uri": \n${JSON.stringify({ ...old, uri: 'urn:10' })}\n`);
  t.match(lines.refusals, [/^2: the line is not valid JSON/]);
  t.match(await column(stored), [
    { id: 'http://agency.example.org/old/9', title: 'From version one', body: 'Plain.|Text.', byline: 'ivo-marsh' },
    { id: 'urn:10' },
    { id: 'urn:2', status: 'draft' },
    { id: 'urn:3', status: 'draft' },
    {
      id: NINJS.uri,
      title: 'Ice & <salt>',
      standfirst: 'Roads are white.',
      status: 'published',
      at: '2024-01-01T10:00',
      updated: '2024-01-02T10:00',
      picture: 'https://m.example.org/large.jpg',
      body: 'Salt on the roads.',
      byline: 'ann-reed',
      tags: 'winter',
    },
  ]);
  t.match(await column("select rights from articles where external_id like 'urn:newsml%'"), [
    { usageTerms: { en: 'With a link only' }, holder: 'Four Winds' },
  ]);
});

test('JSON that is cut off, too deep, too large or no JSON is refused as a whole', async (t) => {
  const { foreign } = await lab(t);
  const feed = (items: string) => `{"version":"https://jsonfeed.org/version/1.1","items":[${items}`;
  await t.rejects(foreign(feed('{"id":"1"}')), /ends before its end/);
  await t.rejects(foreign(feed('{"id":1,}]}')), /not valid JSON/);
  await t.rejects(foreign(feed(`{"id":${'['.repeat(200)}`)), /nested more than 100 deep/);
  await t.rejects(foreign(feed(`{"id":"${'a'.repeat(6_000_000)}`)), /more than 5000000 bytes/);
  await t.rejects(foreign(feed(`{"tags":[${'1,'.repeat(600_000)}`)), /500000 parts/);
  await t.rejects(foreign(Buffer.from(feed('{"id":"é"}]}'), 'latin1')), /not valid UTF-8/);
  await t.rejects(foreign('["nothing known"]'), /none of the formats/);
});

test('ids that are no URIs are those of one feed: two feeds that count from one bring stories of their own', async (t) => {
  const { foreign, column } = await lab(t);
  const json = (title: string, more: object = {}) =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title,
      ...more,
      items: [{ id: '1', title: `One of ${title}`, content_text: 'Text.' }],
    });
  const item = '<item><title>Seven</title><guid isPermaLink="false">7</guid><description>Text.</description></item>';
  const files = [
    json('Quays', { home_page_url: 'https://quays.example.org/' }),
    json('Locks', { feed_url: 'https://locks.example.org/feed.json' }),
    json('Weirs'),
    json('Dams'),
    rss(item),
    rss(item).replace('https://tides.example.org/', 'https://ebbs.example.org/'),
  ];
  for (const file of files) t.same((await foreign(file)).counts, { ...NOTHING, created: 1 });
  for (const file of files) t.same((await foreign(file)).counts, { ...NOTHING, unchanged: 1 }, 'each knows its own');
  // A feed that has moved to https, or is named with another slash, is the same one.
  const moved = json('Quays', { home_page_url: 'http://quays.example.org' });
  t.same((await foreign(moved)).counts, { ...NOTHING, unchanged: 1 });
  t.same(await column('select count(distinct external_id)::int from articles'), [files.length]);
});

test('ids that begin alike are told apart, however long they are', async (t) => {
  const { foreign, column } = await lab(t);
  const long = `https://tides.example.org/${'a/'.repeat(150)}`;
  const items = ['1', '2'].map((end) => `<item><title>Part ${end}</title><guid>${long}${end}</guid></item>`).join('');
  t.same((await foreign(rss(items))).counts, { ...NOTHING, created: 2 });
  t.same((await foreign(rss(items))).counts, { ...NOTHING, unchanged: 2 });
  t.same(await column('select title from drafts order by title'), ['Part 1', 'Part 2']);
});

test('signs for less and more in a title are no tags', async (t) => {
  const { foreign, column } = await lab(t);
  const titles = [
    'Ice < 5 cm, wind > 20 m/s',
    'Boats <3 m & >12 m',
    '1 <-> 2 <> 3',
    'Tide <b>low</b><!-- not said --><br>again',
  ];
  const items = titles.map((title, n) => {
    const text = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return `<item><title>${text}</title><guid>https://tides.example.org/${n}</guid><description>${text}</description></item>`;
  });
  t.same((await foreign(rss(items.join('')))).refusals, []);
  const expected = [...titles.slice(0, 3), 'Tide low again'];
  t.same(
    await column('select d.title from drafts d join articles a on a.id = d.article_id order by a.external_id'),
    expected,
  );
});
