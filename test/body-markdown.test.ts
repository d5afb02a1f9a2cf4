// Markdown and HTML that bring what a body has no form for: objects in JSON, paragraphs in lists, links in code. All stays text, and is told.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { fits } from './fixtures/bodies.ts';
import { expectStatus } from './fixtures/factories.ts';

const { request, desk } = await buildTestApp(t);
let made = 0;
/** As the public has it, and what the desk was told. */
async function published(body: object) {
  made += 1;
  const payload = { kind: 'news', locales: { en: { title: `Told as text ${made}`, body } } };
  const { data, meta } = expectStatus(await desk('POST', '/v1/desk/articles', { payload }), 201).json();
  const warnings = (meta?.warnings ?? []) as { code: string; message: string }[];
  const state = `/v1/desk/articles/${data.id}/locales/en`;
  expectStatus(await desk('GET', state), 200);
  expectStatus(await desk('POST', `${state}/publish`, { version: 1, payload: {} }), 200);
  const story = expectStatus(await request('GET', `/v1/articles/${data.id}?fields=body`), 200).json().data;
  for (const form of ['markdown', 'ninjs', 'republish?format=markdown'])
    expectStatus(await request('GET', `/v1/articles/${data.id}/${form}`), 200);
  return { ...(story.body as { html: string; text: string; portableText: object[] }), warnings };
}
const fence = (json: string) => `\`\`\`json:object\n${json}\n\`\`\``;
const inline = (json: string) => `json:object\`${json}\``;
const indented = (text: string, by: string) => text.replaceAll('\n', `\n${by}`);
const TOLD = { code: 'html_as_text', message: /^an object in JSON was kept as text/ };

const OBJECTS = [
  '{"_type":"html","html":"<script>alert(1)</script>"}',
  '{"_type":"cta","href":"javascript:alert(1)"}',
  '{"_type":"table","rows":5}',
  '{"_type":"image","src":"https://x.org/a.png","alt":"\\ud800"}',
  '{"_type":"code","code":{"x":1}}',
  '{"_type":"block","children":[null],"_key":{"toString":1}}',
  '{"_type":"x","text":"a\\u0000b"}',
];

test('an object in JSON is shown as the code that it is, wherever a text has it', async (t) => {
  // Seen to fail where whatever has a key counts as made by the library.
  for (const json of OBJECTS) {
    const places = {
      block: fence(json),
      quote: indented(`> ${fence(json)}`, '> '),
      callout: indented(`> [!NOTE]\n${fence(json)}`, '> '),
      item: `- a\n\n  ${indented(fence(json), '  ')}`,
      paragraph: `see ${inline(json)} there`,
      // By references, which no look at the source would find.
      spelt: `see json&#58;objec&#116;\`${json}\` there`,
      heading: `## ${inline(json)}`,
      link: `[${inline(json)}](https://x.org "title")`,
      list: `- ${inline(json)}\n\n  ${inline(json)}`,
      cell: `| a | b |\n|---|---|\n| ${inline(json)} | x ${inline(json)} y |`,
      header: `| ${inline(json)} | b |\n|---|---|\n| 1 | 2 |`,
    };
    for (const [place, markdown] of Object.entries(places)) {
      const { portableText, text, html, warnings } = await published({ markdown });
      t.ok(fits('PortableText', portableText), `${place}: ${json}`);
      t.ok(text.includes(json), `${place}: ${text}`);
      t.notMatch(html, /<script|javascript:alert\(1\)"|<img/, `${place}: ${json}`);
      t.ok(
        warnings.some(({ code, message }) => code === TOLD.code && TOLD.message.test(message)),
        `${place} is told`,
      );
    }
  }
});

test('what is around an object stays, and so does JSON that is none', async (t) => {
  const around = await published({ markdown: `see ${inline('{"_type":"ref"}')} **there**\n\n${fence('{"a": 1}')}` });
  t.equal(
    around.html,
    '<p>see json:object<code>{&quot;_type&quot;:&quot;ref&quot;}</code> <strong>there</strong></p>' +
      '<pre><code class="language-json:object">{&quot;a&quot;: 1}</code></pre>',
  );
  t.match(around.warnings, [TOLD]);
});

test('an object that is nested deeply is refused or kept, and never grows', async (t) => {
  const nested = (depth: number) =>
    `{"_type":"x","a":${'['.repeat(depth)}${Array(20_000).fill(1)}${']'.repeat(depth)}}`;
  const { text } = await published({ markdown: fence(nested(1000)) });
  t.equal(text, nested(1000));
  const locales = { en: { title: 'Deep', body: { markdown: fence(nested(200_000)) } } };
  const deep = await desk('POST', '/v1/desk/articles', { payload: { kind: 'news', locales } });
  t.match(deep.json(), { status: 400, errors: [{ code: 'too_deep' }] });
});

const APART = { code: 'list_simplified', message: /^the paragraphs of a list item became its lines/ };
const LISTS: Record<string, [markdown: string, html: string]> = {
  bullets: ['- one\n\n  two\n\n  three\n- four', '<ul><li>one<br>two<br>three</li><li>four</li></ul>'],
  numbers: ['1. one\n\n   two\n\n2. three\n\n   four', '<ol><li>one<br>two</li><li>three<br>four</li></ol>'],
  tabs: ['-\tone\n\n\ttwo\n\n\tthree', '<ul><li>one<br>two<br>three</li></ul>'],
  'CRLF line ends': ['- one\r\n\r\n  two\r\n- three\r\n', '<ul><li>one<br>two</li><li>three</li></ul>'],
  'CR line ends': ['Once:\r\r- one\r\r  two\r', '<p>Once:</p><ul><li>one<br>two</li></ul>'],
  'lists in lists': [
    '- a\n\n  b\n  1. c\n\n     d\n\n     - e\n\n       f',
    '<ul><li>a<br>b<ol><li>c<br>d<ul><li>e<br>f</li></ul></li></ol></li></ul>',
  ],
  'behind a list in the item': [
    '- a\n\n  b\n  - c\n\n  d\n\n  e',
    '<ul><li>a<br>b<ul><li>c</li></ul></li></ul><p>d</p><p>e</p>',
  ],
  'a list in a quote': [
    '> - a\n>\n>   b\n>\n> c',
    '<ul><li><blockquote>a<br>b</blockquote></li></ul><blockquote>c</blockquote>',
  ],
  'a quote in a list': ['- > a\n  >\n  > b\n- c', '<ul><li><blockquote>a<br>b</blockquote></li><li>c</li></ul>'],
  'code between': [
    '- one\n\n      code\n\n  two\n\n  three',
    '<ul><li>one</li></ul><pre><code>code</code></pre><ul><li>two<br>three</li></ul>',
  ],
  'a picture between': [
    '- one\n\n  ![Pier](/p.jpg)\n\n  two\n\n  three',
    '<ul><li>one</li></ul><figure><img src="/p.jpg" alt="Pier"></figure><ul><li>two<br>three</li></ul>',
  ],
  'a picture that begins a paragraph': [
    '- one\n\n  ![Pier](/p.jpg) two\n\n  three',
    '<ul><li>one</li></ul><figure><img src="/p.jpg" alt="Pier"></figure><ul><li>two<br>three</li></ul>',
  ],
  'a picture that ends a paragraph': [
    '- one ![Pier](/p.jpg)\n\n  two\n\n  three',
    '<ul><li>one</li></ul><figure><img src="/p.jpg" alt="Pier"></figure><ul><li>two<br>three</li></ul>',
  ],
  'what only looks like a picture': ['- one\n\n  ![two]', '<ul><li>one<br>![two]</li></ul>'],
  'a table between': [
    '- one\n\n  | a |\n  |---|\n  | 1 |\n\n  two\n\n  three',
    '<ul><li>one</li></ul><table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table><ul><li>two<br>three</li></ul>',
  ],
  'signs at their starts': [
    '- **one**\n\n  **two** *more*\n\n  https://x.org/a',
    '<ul><li><strong>one</strong><br><strong>two</strong> <em>more</em><br><a href="https://x.org/a" rel="noopener">https://x.org/a</a></li></ul>',
  ],
  'an ideographic space at the start': ['- 一\n\n  \u3000二', '<ul><li>一<br>\u3000二</li></ul>'],
};

test('paragraphs of a list item stay apart, and it is told that they are lines now', async (t) => {
  for (const [what, [markdown, html]] of Object.entries(LISTS)) {
    const body = await published({ markdown });
    t.equal(body.html, html, what);
    t.match(body.warnings, [APART], what);
  }
});

test('where nothing was joined nothing is told: items of one paragraph, raw HTML, and the sign that is used within', async (t) => {
  const plain = await published({ markdown: '- one\n- two\n  three\n\ntext \uFDD2and more\n\nlast' });
  t.equal(plain.html, '<ul><li>one</li><li>two three</li></ul><p>text and more</p><p>last</p>');
  t.same(plain.warnings, []);
  const raw = await published({ markdown: '<div>\n- one\n</div>\n\n- a\n\n  <div>b</div>' });
  t.notMatch(raw.html + raw.text, '\uFDD2');
  t.notMatch(raw.warnings, [APART]);
});

test('links, pictures and marks in preformatted text are told of, which holds none', async (t) => {
  const html =
    '<pre>See <a href="https://x.org/report">the report</a> <img src="https://x.org/map.png" alt="Map"></pre>';
  const lost = await published({ html });
  t.match(lost.text, 'See the report');
  t.match(lost.warnings, [
    { code: 'mark_dropped', message: 'code holds plain text: formatting, links and images in it were dropped' },
  ]);
  const coloured = '<pre><code class="language-js"><span class="k">let</span> a</code></pre>';
  t.notMatch((await published({ html: coloured })).warnings, [{ code: 'mark_dropped' }], 'colours are no marks');
});

const X = 'href="https://x.org/a" rel="noopener"';
const LINKS: Record<string, [string, string]> = {
  'in bold text': ['a **b [c](https://x.org/a) d** e', `<p>a <strong>b <a ${X}>c</a> d</strong> e</p>`],
  'around bold text': ['a [b **c** d](https://x.org/a) e', `<p>a <a ${X}>b <strong>c</strong> d</a> e</p>`],
  'bare, in italics': ['a *b https://x.org/a* c', `<p>a <em>b <a ${X}>https://x.org/a</a></em> c</p>`],
  'in the paragraph before': [
    '**[a](https://x.org/a)** ~~[b](/b) c~~ d\n\ne [f](/f) g\n\n- h [i](/i) j',
    `<p><a ${X}><strong>a</strong></a> <s><a href="/b">b</a> c</s> d</p><p>e <a href="/f">f</a> g</p><ul><li>h <a href="/i">i</a> j</li></ul>`,
  ],
  'around a picture': [
    'a [b ![Pier](/p.jpg) c](https://x.org/a) d\n\ne [f](/f) g',
    `<p>a <a ${X}>b</a></p><figure><img src="/p.jpg" alt="Pier"></figure><p><a ${X}>c</a> d</p><p>e <a href="/f">f</a> g</p>`,
  ],
};

// Seen to fail where the library reads decorators and links at once: " d e" was linked in the first, and all behind the first link after it.
test('a link of Markdown ends where it ends, and so does what is bold around it', async (t) => {
  for (const [what, [markdown, html]] of Object.entries(LINKS))
    t.equal((await published({ markdown })).html, html, what);
});

// Seen to fail without guessedLinks(): "ended.In" led to http://ended.In, and the name of a shop to the shop.
test('a bare link of Markdown says its scheme or begins with www.: what only ends like a host is text', async (t) => {
  const { html, warnings } = await published({
    markdown:
      'The war ended.In spring shop.com and Договор.рф sold readme.md; see www.x.org, http://x.org/a and a@x.org, [x.net](http://x.net).',
  });
  const link = (href: string, text: string, rel = ' rel="noopener"') => `<a href="${href}"${rel}>${text}</a>`;
  t.equal(
    html,
    `<p>The war ended.In spring shop.com and Договор.рф sold readme.md; see ${link('http://www.x.org', 'www.x.org')}, ` +
      `${link('http://x.org/a', 'http://x.org/a')} and ${link('mailto:a@x.org', 'a@x.org', '')}, ${link('http://x.net', 'x.net')}.</p>`,
  );
  t.same(warnings, []);
});

// Seen to fail where the library parts a text around its pictures: " Title" was a paragraph, and "said" was no quote.
test('what stands beside a picture in Markdown stays a heading, an item or a quote', async (t) => {
  const { html } = await published({ markdown: '## ![A](/a.png) Title\n\n> ![B](/b.png) said\n\n- ![C](/c.png) item' });
  const picture = (name: string) => `<figure><img src="/${name}.png" alt="${name.toUpperCase()}"></figure>`;
  t.equal(
    html,
    `${picture('a')}<h2 id="s-title">Title</h2>${picture('b')}<blockquote>said</blockquote>${picture('c')}<ul><li>item</li></ul>`,
  );
});

// Seen to fail without `blockquote` in markdown.ts: "Mine again" was a paragraph of the newsroom.
test('a quote goes on behind a quote within it', async (t) => {
  const nested = await published({ markdown: '> Mine\n>\n> > Theirs\n>\n> Mine again\n\nOurs' });
  t.equal(
    nested.html,
    '<blockquote>Mine</blockquote><blockquote>Theirs</blockquote><blockquote>Mine again</blockquote><p>Ours</p>',
  );
  t.match(nested.warnings, [{ code: 'quote_simplified', message: 'a quote inside a quote stands beside it' }]);
});

const ITEM = 'headings, quotes and objects inside a list item stand outside of it';
const QUOTE = 'headings, lists and objects inside a quote stand outside of it';
const beyond = (text: string) => `what a row of a table has beyond its header was dropped: "${text}"`;
const LOST: [object, string[]][] = [
  [{ markdown: '[![A](/a.png)](https://x.org)' }, ['the link of an image to "https://x.org" was dropped']],
  [{ markdown: 'b ![A](/a.png "Caption")' }, ['the title of an image within a text was dropped']],
  [{ markdown: 'b [](https://x.org)' }, ['a link to "https://x.org" was dropped: it has no text']],
  [{ markdown: 'b [text]()' }, ['a link without an address was dropped, its text was kept']],
  [{ markdown: '5. five\n6. six' }, ['a list that began with 5 begins with 1']],
  [{ markdown: '> ## Heading\n>\n> - item' }, [`${QUOTE} (2 times)`]],
  [{ markdown: '- a\n\n  ```\n  code\n  ```\n- ## Heading' }, [`${ITEM} (2 times)`]],
  [{ markdown: '- a\n\n  > b' }, [ITEM]],
  [{ markdown: '- a\n  - b\n\n  c' }, ['what follows a list inside a list item stands outside of it']],
  [{ markdown: '1. one\n2. two\n   - a\n\n> quoted\n\n- > quoted\n\n![A](/a.png "Caption")' }, []],
  [{ markdown: '> a|b\n> -|-\n> 1|2|3|4|\n> 1|`x|y`|\n> |1\\|2|3|\n> 1|2| |' }, [beyond('3|4'), beyond('y`'), QUOTE]],
  [{ html: '<ol><li>a<pre>b</pre></li><li>c</li></ol>' }, ['objects inside a list item stand outside of it']],
  [
    { html: '<ul><li>a<ul><li>b</li></ul>c</li></ul>' },
    ['what follows a list inside a list item became an item of its own'],
  ],
  [{ html: '<ul><li>a<ul><li>b</li></ul> </li><li>c</li></ul>' }, []],
  [{ html: '<blockquote>a<blockquote>b</blockquote></blockquote>' }, ['a quote inside a quote stands beside it']],
  [
    { html: '<blockquote><a href="https://x.org/status/1"></a></blockquote>' },
    ['a link to "https://x.org/status/1" was dropped: it has no text'],
  ],
  [{ html: '<p><a href="#top"></a>a <a href="https://x.org">b</a></p>' }, []],
  [
    { html: '<table><tr><td><video src="https://x.org/v.mp4"></video></td></tr></table>' },
    ['cells of a table hold plain text: formatting, links and images were dropped'],
  ],
  [{ html: '<head><title>a</title></head><p>b</p>' }, ['<title> was dropped with what it holds']],
];

// Seen to fail without markdown-losses.ts and the warnings of lists.ts, blocks.ts, objects.ts and elements.ts: each of these was lost in silence.
test('what a list, a quote, a link or a cell cannot hold is told, and nothing is told of what stayed', async (t) => {
  for (const [body, messages] of LOST) {
    const { warnings } = await published(body);
    t.same(
      warnings.map(({ message }) => message),
      messages,
      JSON.stringify(body),
    );
  }
});

// Seen to fail without the scheme in objects.ts: both were dropped as what cannot be embedded.
test('an embed whose address says no scheme, or has blanks around, is kept', async (t) => {
  const { portableText, warnings } = await published({
    html: '<iframe src="//video.example.org/1"></iframe><iframe src=" https://video.example.org/2\n"></iframe>',
  });
  t.match(portableText, [{ url: 'https://video.example.org/1' }, { url: 'https://video.example.org/2' }]);
  t.same(warnings, []);
});

// Seen to fail without guarded() in writing.ts: "![the list]" was a picture, and the asterisks around the folder stood in the text.
test('a text that ends with "!" or a backslash binds to no sign behind it', async (t) => {
  const span = (text: string, ...marks: string[]) => ({ _type: 'span', text, marks });
  const children = [
    span('Now!'),
    span('the list', 'l'),
    span(' '),
    span('C:\\files\\', 'em'),
    span(' yes! '),
    span('C:\\', 'l'),
  ];
  const markDefs = [{ _type: 'link', _key: 'l', href: 'https://x.org/a' }];
  const payload = {
    kind: 'news',
    locales: { en: { title: 'Signs', body: { portableText: [{ _type: 'block', markDefs, children }] } } },
  };
  const { id } = expectStatus(await desk('POST', '/v1/desk/articles', { payload }), 201).json().data;
  const state = `/v1/desk/articles/${id}/locales/en`;
  expectStatus(await desk('GET', state), 200);
  expectStatus(await desk('POST', `${state}/publish`, { version: 1, payload: {} }), 200);
  const page = expectStatus(await request('GET', `/v1/articles/${id}/markdown`), 200).body;
  const markdown = page.split('\n').find((line: string) => line.startsWith('Now')) ?? '';
  const { html } = await published({ markdown });
  t.equal(html, `<p>Now!<a ${X}>the list</a> <em>C:\\files\\</em> yes! <a ${X}>C:\\</a></p>`, markdown);
});
