// Pictures of other systems' files: which one stands for a story, what is known of it, and that none is lost without a word.
import { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { type ForeignOptions, lab, NOTHING, reportOf } from './fixtures/importing.ts';
import { type WordPressItem, wxr } from './fixtures/wordpress.ts';

const meta = (key: string, value: string) =>
  `<wp:postmeta><wp:meta_key>${key}</wp:meta_key><wp:meta_value><![CDATA[${value}]]></wp:meta_value></wp:postmeta>`;
const attachment = (id: number, more = '', rest: Partial<WordPressItem> = {}): WordPressItem => ({
  id,
  type: 'attachment',
  status: 'inherit',
  content: '',
  ...rest,
  more: `<wp:attachment_url>https://old.example.org/files/pier-${id}.jpg</wp:attachment_url>${more}`,
});
const facts = (credit: string) =>
  `a:4:{s:5:"width";i:1024;s:6:"height";i:768;s:8:"filesize";i:5120;s:5:"sizes";a:1:{s:9:"thumbnail";a:2:{s:5:"width";i:150;s:6:"height";i:150;}}` +
  `s:10:"image_meta";a:1:{s:6:"credit";s:${Buffer.byteLength(credit)}:"${credit}";}}`;

/** Imports a file twice: the second time has to change nothing. */
async function imported(t: Test, file: string, options: ForeignOptions = {}) {
  const { foreign, column } = await lab(t);
  const done = await foreign(file, options);
  t.same(done.refusals, []);
  const { created } = done.counts;
  t.same((await foreign(file, options)).counts, { ...NOTHING, unchanged: created }, 'a second time nothing changes');
  t.same(await column('select version from media where version > 1'), []);
  const bodies = await column('select body from drafts order by slug');
  const figures = bodies.map((body) =>
    (body as { _type: string; src?: string }[]).flatMap(({ _type, src }) => (_type === 'image' ? [src] : [])),
  );
  const shown =
    await column(`select row_to_json(x) from (select d.slug, m.url, m.mime_type, m.width, m.height, m.bytes, m.texts
    from drafts d join articles a on a.id = d.article_id left join media m on m.id = a.image_id order by d.slug) x`);
  return { shown, figures, ...reportOf(done) };
}

test('WordPress: the featured picture comes from the library, with what it says of it, wherever in the file it stands', async (t) => {
  const credit = 'Գոռ Տեր-Պետրոսյան';
  const { shown, notes, pictures } = await imported(
    t,
    wxr([
      { id: 1, slug: 'a', more: meta('_thumbnail_id', '21') },
      attachment(21, meta('_wp_attachment_image_alt', 'A pier') + meta('_wp_attachment_metadata', facts(credit)), {
        excerpt: 'The <em>old</em> pier',
      }),
      attachment(22),
      { id: 2, slug: 'b', more: meta('_thumbnail_id', '22') },
      { id: 3, slug: 'c', more: meta('_thumbnail_id', '404') },
      { id: 4, slug: 'd' },
    ]),
  );
  t.match(shown, [
    {
      url: 'https://old.example.org/files/pier-21.jpg',
      mime_type: null,
      width: 1024,
      height: 768,
      bytes: 5120,
      texts: { en: { alt: 'A pier', caption: 'The old pier', credit } },
    },
    { url: 'https://old.example.org/files/pier-22.jpg', width: null, height: null, texts: { en: { alt: '' } } },
    { url: null },
    { url: null },
  ]);
  t.same(notes, {
    'a picture came without a description (alt)': 1,
    'a featured picture that is not in the file was left out': 1,
  });
  t.same(pictures, { 'old.example.org': 2 });
});

test('WordPress: galleries become pictures in the text, and what is missing of them is told', async (t) => {
  const parent = (id: number, order: number) =>
    `<wp:post_parent>${id}</wp:post_parent><wp:menu_order>${order}</wp:menu_order>`;
  const { figures, notes } = await imported(
    t,
    wxr([
      { id: 1, slug: 'a', content: 'Before\n\n[gallery ids="32,31, 99" columns="2"]\n\nbehind' },
      { id: 2, slug: 'b', content: '[gallery]' },
      { id: 3, slug: 'c', content: 'None [gallery]' },
      attachment(31, parent(2, 2), { excerpt: 'Thirty-one' }),
      attachment(32, parent(2, 1)),
      {
        ...attachment(33),
        more: `<wp:attachment_url>https://old.example.org/a.mp3</wp:attachment_url>${parent(2, 0)}`,
      },
    ]),
  );
  const file = (id: number) => `https://old.example.org/files/pier-${id}.jpg`;
  t.same(figures, [[file(32), file(31)], [file(32), file(31)], []]);
  t.same(notes, {
    'a picture of a gallery that is not in the file was left out': 1,
    'the shortcode [gallery] was taken out': 1,
  });
});

test('Ghost: the feature picture with its alt text and caption, which its later versions keep in a table of their own', async (t) => {
  const post = (n: number, rest: object) => ({
    ...{
      id: `p${n}`,
      uuid: `u${n}`,
      title: `Barge ${n}`,
      slug: `barge-${n}`,
      html: '<p>Coal.</p>',
      status: 'published',
      published_at: '2019-05-04T06:30:00.000Z',
    },
    ...rest,
  });
  const file = JSON.stringify({
    db: [
      {
        data: {
          posts: [
            post(1, { feature_image: '__GHOST_URL__/content/b.jpg' }),
            post(2, { feature_image: 'https://other.example.org/c.jpg', feature_image_alt: 'Own' }),
            post(3, { feature_image: 'no address' }),
          ],
          posts_meta: [
            {
              post_id: 'p1',
              feature_image_alt: 'A barge',
              feature_image_caption: '<span>Photo by <a href="#">Lena</a></span>',
            },
          ],
        },
      },
    ],
  });
  const { shown, notes, figures } = await imported(t, file, { site: 'https://old.example.org' });
  t.match(shown, [
    { url: 'https://old.example.org/content/b.jpg', texts: { en: { alt: 'A barge', caption: 'Photo by Lena' } } },
    { url: 'https://other.example.org/c.jpg', texts: { en: { alt: 'Own', caption: null } } },
    { url: 'https://old.example.org/no%20address' },
  ]);
  t.same(figures, [[], [], []]);
  t.same(notes, { 'a picture came without a description (alt)': 1 });
});

test('feeds: what is enclosed or in Media RSS, the widest size of it, and never what is no picture', async (t) => {
  const item = (slug: string, inner: string) =>
    `<item><guid>urn:${slug}</guid><title>${slug}</title><link>https://tides.example.org/${slug}</link><description>Words</description>${inner}</item>`;
  const rss = `<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>x</title><language>en</language>
${item(
  'a',
  `<media:group><media:content url="https://m.example.org/s.jpg" type="image/jpeg" width="200" height="100"/>
<media:content url="https://m.example.org/l.jpg" type="image/JPEG" width="1200" height="600" fileSize="99">
<media:description type="plain">A buoy &amp; a boat</media:description><media:credit>Anna Ferrol</media:credit></media:content></media:group>`,
)}
${item('b', '<enclosure url="/pictures/b.png" type="image/png" length="77"/><media:content url="https://m.example.org/v.mp4" medium="video"/>')}
${item('c', '<enclosure url="https://m.example.org/sound.mp3" type="audio/mpeg" length="9"/>')}
${item('d', '<enclosure url="javascript:alert(1)" type="image/png" length="0"/>')}
</channel></rss>`;
  const { shown, notes } = await imported(t, rss);
  t.match(shown, [
    {
      url: 'https://m.example.org/l.jpg',
      mime_type: 'image/jpeg',
      width: 1200,
      height: 600,
      bytes: 99,
      texts: { en: { caption: 'A buoy & a boat', credit: 'Anna Ferrol' } },
    },
    { url: 'https://tides.example.org/pictures/b.png', mime_type: 'image/png', width: null, bytes: 77 },
    { url: null },
    { url: null },
  ]);
  t.equal(notes['a picture whose address cannot be used was left out'], 1);
});

test('ninjs: the first picture that does not stand in the text, with its widest rendition', async (t) => {
  const picture = (name: string, href: string, rest: object = {}) => ({
    ...{ name, uri: `urn:${name}`, type: 'picture' },
    renditions: [
      { name: 'small', href: `${href}?s`, width: 100, height: 50 },
      { name: 'original', href, width: 900, height: 450, contentType: 'image/webp', sizeInBytes: 31 },
    ],
    ...rest,
  });
  const line = JSON.stringify({
    uri: 'urn:1',
    type: 'text',
    pubStatus: 'usable',
    language: 'en',
    headlines: [{ value: 'Snow' }],
    bodies: [{ contentType: 'text/html', value: '<p>Snow.</p><img src="https://m.example.org/in.webp" alt="">' }],
    associations: [
      picture('in', 'https://m.example.org/in.webp'),
      picture('main', 'https://m.example.org/main.webp', {
        by: 'Levon Araks',
        descriptions: [
          { role: 'alt', value: 'Snow on a road' },
          { role: 'caption', value: 'On Monday' },
        ],
      }),
      picture('more', 'https://m.example.org/more.webp'),
    ],
  });
  const { shown, figures } = await imported(t, line);
  t.match(shown, [
    {
      ...{ url: 'https://m.example.org/main.webp', mime_type: 'image/webp', width: 900, height: 450, bytes: 31 },
      texts: { en: { alt: 'Snow on a road', caption: 'On Monday', credit: 'Levon Araks' } },
    },
  ]);
  t.same(figures, [['https://m.example.org/more.webp', 'https://m.example.org/in.webp']]);
});

test('what a story gave out as ninjs, an RSS item and a JSON Feed comes in again with its picture', async (t) => {
  const { request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { run } = await lab(t, databaseUrl);
  const image = {
    ...{ url: 'https://media.example.org/ferry.jpg', mimeType: 'image/jpeg', width: 1200, height: 800, bytes: 4567 },
    ...{ alt: 'A ferry', caption: 'At last', credit: 'Anna Ferrol' },
  };
  const line = { externalId: 'x:1', locale: 'en', title: 'Ferry', body: ['It sails.'], image };
  t.same((await run(JSON.stringify(line))).refusals, []);
  for (const path of ['ninjs', 'feeds/rss', 'feeds/json', 'feeds/atom']) {
    const { body } = await request('GET', `/v1/${path}`);
    const file = path === 'ninjs' ? JSON.stringify(JSON.parse(body).data) : body;
    const { shown } = await imported(t, file);
    t.match(shown, [{ url: image.url, mime_type: 'image/jpeg', bytes: 4567 }], path);
  }
});

test('a line of our own may say no more of a picture than where it is, and either both sides or none', async (t) => {
  const { run, column } = await lab(t);
  const line = (n: number, image: object) =>
    JSON.stringify({ externalId: `x:${n}`, locale: 'en', title: `Ferry ${n}`, body: ['Words'], image });
  const url = 'https://media.example.org/ferry.jpg';
  const { counts, refusals } = await run([line(1, { url, alt: 'A' }), line(2, { url, alt: 'A', width: 5 })].join('\n'));
  t.same(counts, { ...NOTHING, created: 1, refused: 1 });
  t.same(refusals, ['2: /image/height is required where the other side is given']);
  await run(line(3, { url, alt: 'A', width: 5, height: 6, mimeType: 'image/png' }));
  t.same(await column('select row_to_json(x) from (select width, height, mime_type, version from media) x'), [
    { width: 5, height: 6, mime_type: 'image/png', version: 2 },
  ]);
});
