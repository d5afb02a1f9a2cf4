// Stories in forms that others have set: what stands in each, that text stays text, and that what is not public is told as ever.
import { markdownToPortableText } from '@portabletext/markdown';
import markdownIt from 'markdown-it';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { cpuOf } from './fixtures/timing.ts';

const { app, request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { position: 1 });
await makeRegion(desk, { key: 'coast', name: 'Coast' });
await makeTag(desk, { key: 'ferries', name: 'Ferries' });
await makeContributor(desk, { key: 'anna', name: 'Anna Ferrol' });
const { version } = (await desk('GET', '/v1/desk/site')).json().data;
const rights = {
  usageTerms: { en: 'Only with a link.', ru: 'Только со ссылкой.' },
  holder: 'The Ferry',
  attributionUrl: 'https://www.example.org/',
  licenceUrl: 'https://licence.example/by',
};
expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { timeZone: 'Asia/Tbilisi', rights } }), 200);

const FORMS = ['jsonld', 'text', 'markdown'];
const read = async (id: string, form: string, locale = 'en') =>
  expectStatus(await request('GET', `/v1/articles/${id}/${form}?locale=${locale}`), 200);

const markdown = `## Arrivals

It *sails*, see [the table](/table) at 10~~ten~~.

![Quay](/quay.jpg)

| port | hour |
| --- | --- |
| a\\|b | 2 * 3 |

---

- one
- two`;
const story = await makePublished(
  desk,
  {
    region: 'coast',
    tags: ['ferries'],
    byline: ['anna'],
    locales: {
      en: {
        title: 'Ferry sails',
        slug: 'ferry-sails',
        standfirst: 'At last.',
        body: { markdown },
        corrections: [{ at: '2026-01-02T10:00:00Z', text: 'It was two.' }],
      },
      ru: { title: 'Паром вышел', slug: 'паром-вышел' },
    },
  },
  { publishedAt: '2026-01-01T20:30:00Z' },
);
const EN = 'https://www.example.org/en/ferry-sails';
const DATE = /^January 2, 2026 at 12:30\sAM GMT\+4/;

test('each form has its media type, language, canonical address and licence', async (t) => {
  const types = ['application/ld+json; charset=utf-8', 'text/plain; charset=utf-8'];
  types.push('text/markdown; charset=utf-8; variant=CommonMark');
  for (const [n, form] of FORMS.entries()) {
    const { headers } = await read(story.id, form);
    t.equal(headers['content-type'], types[n]);
    t.equal(headers['content-language'], 'en');
    t.same(headers.link, [`<${EN}>; rel="canonical"`, '<https://licence.example/by>; rel="license"'], form);
    const russian = await read(story.id, form, 'ru');
    t.equal(russian.headers['content-language'], 'ru');
    t.match(russian.headers.link?.[0], /^<https:\/\/www\.example\.org\/ru\/%D0%BF/, 'in ASCII');
    t.match(russian.body, /Паром вышел/);
  }
});

test('JSON-LD is what the block for search engines has, but for the views', async (t) => {
  const { body } = await read(story.id, 'jsonld');
  const block = await request('GET', `/v1/articles/${story.id}?include=seo`);
  const { interactionStatistic: _, ...rest } = JSON.parse(block.json().included.seo.jsonLd);
  t.same(JSON.parse(body), rest);
  t.match(rest, {
    '@type': 'NewsArticle',
    identifier: /^tag:www\.example\.org,.*:article\//,
    license: rights.licenceUrl,
  });
});

test('plain text has all that is said, in the order in which it is read', async (t) => {
  const parts = (await read(story.id, 'text')).body.split('\n\n');
  t.same([parts[0], parts[1]], ['Ferry sails', 'At last.']);
  t.match(parts[2], /^Anna Ferrol\nJanuary 2, 2026 at 12:30\sAM GMT\+4/);
  t.equal(parts[3], 'Arrivals');
  t.match(parts.at(-2), /^January 2, 2026.*: It was two\.$/);
  t.equal(
    parts.at(-1),
    `Only with a link.\n© The Ferry\n${rights.licenceUrl}\n${rights.attributionUrl}\n${EN}\n`,
    'the licence line, and where it stands',
  );
});

test('Markdown has the same, with links and pictures made whole', async (t) => {
  const { body } = await read(story.id, 'markdown');
  const parts = body.split('\n\n');
  t.same([parts[0], parts[1], parts[2]], ['# Ferry sails', '**At last.**', 'Anna Ferrol']);
  t.match(parts[3], DATE);
  t.equal(parts[4], '## Arrivals');
  t.match(body, '![Quay](https://www.example.org/quay.jpg)');
  t.match(body, '| port | hour |\n| --- | --- |\n| a\\|b | 2 * 3 |');
  t.match(body, '~~ten~~');
  t.match(body, `\n---\n\nJanuary 2, 2026`);
  t.match(body, `\n\nOnly with a link.\n\n© The Ferry\n\n[${rights.licenceUrl}](${rights.licenceUrl})`);
  t.ok(body.endsWith(`\n\n[${EN}](${EN})\n`));
});

test('whatever a story is called and says, Markdown reads it back as text', async (t) => {
  // Seen to fail with the title written as it is.
  const hostile = [
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '![x](https://evil.example/x.png)',
    '# one\n# two',
    '1. one\n- two\n> three',
    '`code` ~~struck~~ **bold** __bold__ | pipe',
    '&lt;b&gt; \\* <https://evil.example>',
    '```\nfence\n```',
    '---',
  ];
  for (const text of hostile) {
    const { id } = await makePublished(desk, { locales: { en: { title: text, standfirst: text, body: { text } } } });
    const { body } = await read(id, 'markdown');
    const blocks = markdownToPortableText(body);
    const texts = blocks.map((block) =>
      'children' in block && Array.isArray(block.children)
        ? block.children.map((span) => span.text).join('')
        : block._type,
    );
    t.same([texts[0], texts[1]], [text.replaceAll(/\s+/g, ' '), text], text);
    t.equal(texts[3 + 1], text, 'the body after byline and time');
    t.notOk(blocks.some(({ _type }) => ['image', 'table', 'code', 'html'].includes(_type)));
    t.notMatch(JSON.stringify(blocks), '"href":"javascript');
    t.match((await read(id, 'text')).body, text, 'and in plain text it is as it is');
  }
});

test('an address with brackets, and code with a fence in it, are not cut short', async (t) => {
  const href = 'https://wiki.example/Ferry_(boat)';
  const portableText = [
    {
      _type: 'block' as const,
      markDefs: [{ _type: 'link' as const, _key: 'l', href, title: 'A "boat"' }],
      children: [
        { _type: 'span' as const, text: 'boat', marks: ['l'] },
        { _type: 'span' as const, text: '2', marks: ['sup'] },
      ],
    },
    { _type: 'code' as const, language: 'md', code: 'a\n```\nb' },
    { _type: 'image' as const, src: 'https://cdn.example/a(1).jpg', alt: 'A', caption: 'A *boat*', credit: 'B' },
    { _type: 'embed' as const, url: 'https://video.example/7' },
  ];
  const { id } = await makePublished(desk, { locales: { en: { body: { portableText } } } });
  const { body } = await read(id, 'markdown');
  t.match(body, '[boat](https://wiki.example/Ferry_%28boat%29 "A \\"boat\\"")<sup>2</sup>');
  t.match(body, '````md\na\n```\nb\n````');
  t.match(body, '![A](https://cdn.example/a%281%29.jpg)\n\n*A \\*boat\\*  \nB*');
  t.match(body, '[https://video.example/7](https://video.example/7)');
});

/** As a reader that keeps to CommonMark shows it, raw HTML allowed. */
const shown = (body: string) =>
  markdownIt({ html: true })
    .render(body)
    .replaceAll(/<br>\n/g, '<br>');

/** HTML of a body, and what becomes of it. */
const MARKED: Record<string, [html: string, shown: string]> = {
  'blanks at the edges of a mark': [
    '<p>The <b>mayor </b>said<i> no </i>and<s> left</s></p>',
    '<p>The <strong>mayor</strong> said <em>no</em> and <s>left</s></p>',
  ],
  'blanks alone': ['<p>one<b> </b>two</p>', '<p>one two</p>'],
  'marks within a word': [
    '<p><i>no</i>body <i>any</i>where, un<b>der</b>way</p>',
    '<p><em>no</em>body <em>any</em>where, un<strong>der</strong>way</p>',
  ],
  'quotation marks and brackets inside': [
    '<p>body <b>“yes”</b>he, a<i>(b)</i>c, <i>«Да»</i>-<s>"d"</s>e</p>',
    '<p>body <strong>“yes”</strong>he, a<em>(b)</em>c, <em>«Да»</em>-<s>&quot;d&quot;</s>e</p>',
  ],
  'marks that touch': ['<p>a<b>b</b><i>c<b>d</b></i>e</p>', '<p>a<strong>b</strong><em>c<strong>d</strong></em>e</p>'],
  'a mark around code, a link and another mark': [
    '<p>x<b><code>a</code></b>y <i><a href="https://x.org/">b</a></i>s <s><b>c</b></s>d</p>',
    '<p>x<strong><code>a</code></strong>y <em><a href="https://x.org/">b</a></em>s <s><strong>c</strong></s>d</p>',
  ],
  'a heading with line breaks': [
    '<h2>Two<br>lines<b><br>and three</b></h2><p>Text</p>',
    '<h2>Two lines <strong>and three</strong></h2>\n<p>Text</p>',
  ],
  'signs that are text': [
    '<p>2 * 3 * 4 <b>*</b> _a_ <i>~b~</i></p>',
    '<p>2 * 3 * 4 <strong>*</strong> _a_ <em>~b~</em></p>',
  ],
};

test('what is bold, italic or a heading is read as that, and nothing of its signs as text', async (t) => {
  for (const [what, [html, expected]] of Object.entries(MARKED)) {
    const { id } = await makePublished(desk, { locales: { en: { title: 'Marked', body: { html } } } });
    const plain = (markup: string) => markup.replaceAll(/<\/?(strong|em|s)>/g, '');
    for (const form of ['markdown', 'republish?format=markdown']) {
      const { body } = expectStatus(await request('GET', `/v1/articles/${id}/${form}`), 200);
      t.ok(plain(shown(body)).includes(plain(expected)), `${what}: ${body}`);
      // Signs that would be read as text are written as tags; that one mark stands in another is the same either way.
      t.ok(
        ['strong', 'em', 's'].every((tag) => countOf(shown(body), `<${tag}>`) === countOf(expected, `<${tag}>`)),
        `${what}, with its marks: ${shown(body)}`,
      );
    }
  }
});
const countOf = (text: string, part: string) => text.split(part).length - 1;

test('a text of blanks takes no longer than any other', async (t) => {
  // Seen to fail with expressions that look for the end of the blanks from each of them.
  const text = `x${' '.repeat(150_000)}x`;
  const spans = [{ _type: 'span' as const, text, marks: ['strong' as const] }];
  const portableText = (['normal', 'h2'] as const).map((style) => ({
    _type: 'block' as const,
    style,
    children: spans,
  }));
  const { id } = await makePublished(desk, { locales: { en: { title: 'Blanks', body: { portableText } } } });
  const [{ body }, milliseconds] = await cpuOf(() => read(id, 'markdown'));
  t.ok(body.includes(text));
  t.ok(milliseconds < 20_000, `${milliseconds} ms`);
});

test('what is not public has no other form, and is told as the story itself is', async (t) => {
  const draft = await makeArticle(desk, { locales: { en: { title: 'CANARY' } } });
  const gone = await makePublished(desk, { locales: { en: {}, ru: {} } });
  const target = await makePublished(desk);
  const { version } = stateIn(await getDeskArticle(desk, gone.id), 'en');
  const payload = { type: 'redirect', redirectTo: target.id };
  for (const form of FORMS) await read(gone.id, form);
  expectStatus(await desk('POST', `/v1/desk/articles/${gone.id}/locales/en/withdraw`, { version, payload }), 200);
  const withdrawn = await makePublished(desk);
  const about = { version: 1, payload: { notice: 'We were wrong.' } };
  expectStatus(await desk('POST', `/v1/desk/articles/${withdrawn.id}/locales/en/withdraw`, about), 200);
  const told = async (path: string) => {
    const answer = await request('GET', path);
    return { status: answer.statusCode, ...answer.json(), traceId: '' };
  };
  for (const form of FORMS) {
    for (const id of [draft.id, withdrawn.id, '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10'])
      t.same(await told(`/v1/articles/${id}/${form}`), await told(`/v1/articles/${id}`));
    const moved = expectStatus(await request('GET', `/v1/articles/${gone.id}/${form}?locale=en`), 301);
    t.equal(moved.headers.location, `https://api.example.org/v1/articles/${target.id}/${form}?locale=en`);
    t.match(await told(`/v1/articles/${target.id}/${form}?locale=ru`), { status: 404, translations: [{}] });
    t.match(await told(`/v1/articles/${target.id}/${form}?locale=xx`), { status: 400, code: 'unknown_locale' });
    t.match(await told(`/v1/articles/${target.id}/${form}?format=x`), {
      status: 400,
      errors: [{ parameter: 'format' }],
    });
  }
});

test('each form is kept, found unchanged, and dropped with the story, in whatever letter case its id was asked for', async (t) => {
  // Seen to fail with the group named by the id that was asked for.
  const { id } = await makePublished(desk, { locales: { en: { title: 'Before' } } });
  const paths = [...FORMS, 'print'].map((form) => `/v1/articles/${id.toUpperCase()}/${form}`);
  const before = await Promise.all(paths.map((path) => request('GET', path)));
  for (const [n, path] of paths.entries()) {
    const headers = { 'if-none-match': String(before[n]?.headers.etag) };
    expectStatus(await request('GET', path, { headers }), 304);
    t.match(before[n]?.headers['cache-groups'], `"article/${id}", "site"`);
    t.notOk(before[n]?.headers['last-modified'], 'the site that stands in it changes without the story');
  }
  const state = `/v1/desk/articles/${id}/locales/en`;
  expectStatus(await desk('PATCH', state, { version: 1, payload: { title: 'After' } }), 200);
  expectStatus(await desk('POST', `${state}/publish`, { version: 2, payload: { updateType: 'minor' } }), 200);
  await app.forgetChanged();
  for (const path of paths) t.match((await request('GET', path)).body, 'After', path);
});
