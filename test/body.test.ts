// The body of a story: what comes in as HTML, Markdown, Portable Text or plain text, what is stored, and what goes out; no database.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { JSDOM } from 'jsdom';
import t, { type Test } from 'tap';
import { BodyProblem } from '../src/modules/body/problem.ts';
import { readBody } from '../src/modules/body/reading.ts';
import { toHtml, toText } from '../src/modules/body/rendering.ts';
import {
  type Block,
  BodyInput,
  BodyOutput,
  BodyWarning,
  PortableText,
  PortableTextInput,
  type TextBlock,
} from '../src/modules/body/schemas.ts';

const ajv = new Ajv2020({ strict: false });
for (const schema of [PortableText, PortableTextInput, BodyInput, BodyWarning, BodyOutput]) ajv.addSchema(schema);
const fits = (id: string, value: unknown): boolean => ajv.validate(id, value) === true;

type Style = TextBlock['style'];
type Rest = Partial<Pick<TextBlock, 'listItem' | 'level' | 'markDefs'>>;
const span = (text: string, ...marks: string[]) => ({ _type: 'span' as const, text, marks });
const block = (children: ReturnType<typeof span>[], style: Style = 'normal', rest: Rest = {}) => ({
  _type: 'block' as const,
  style,
  markDefs: [],
  children,
  ...rest,
});
const item = (text: string, listItem: 'bullet' | 'number', level: number, style: Style = 'normal') =>
  block([span(text)], style, { listItem, level });
const link = (href: string, title?: string) => ({
  _key: 'l0',
  _type: 'link' as const,
  href,
  ...(title === undefined ? {} : { title }),
});

/** Equal up to keys: links are named by their place, everything else loses its key. */
function unkeyed(body: PortableText): unknown {
  const bare = <T extends { _key: string }>({ _key, ...rest }: T) => rest;
  return body.map((one: Block) => {
    if (one._type === 'table') return { ...bare(one), rows: one.rows.map(bare) };
    if (one._type !== 'block') return bare(one);
    const names = new Map(one.markDefs.map((def, index) => [def._key, `link ${index}`]));
    const children = one.children.map((child) => ({
      ...bare(child),
      marks: child.marks.map((mark) => names.get(mark) ?? mark),
    }));
    return { ...bare(one), markDefs: one.markDefs.map(bare), children };
  });
}

const constructs: Record<string, Parameters<typeof readBody>[0] & object> = Object.fromEntries(
  Object.entries({
    'a paragraph with every decorator': [
      block([
        span('plain '),
        ...['strong', 'em', 'underline', 'strike', 'code', 'sub', 'sup'].map((mark) => span(`${mark}.`, mark)),
        span(' and ', 'strong', 'em'),
        span('all', 'strong', 'em', 'underline', 'strike', 'code', 'sub', 'sup'),
      ]),
    ],
    'links with marks and titles': [
      block([span('see '), span('this', 'l0'), span(' page', 'strong', 'l0'), span('.')], 'normal', {
        markDefs: [link('https://example.com/?a=1&b="2"', 'A <title>')],
      }),
      block([span('write', 'l0')], 'normal', { markDefs: [link('mailto:desk@example.com')] }),
      block([span('relative', 'l0')], 'normal', { markDefs: [link('/about?x=javascript:1#y')] }),
    ],
    'headings and quotes': (['h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'] as const).map((style) =>
      block([span(`as ${style}`)], style),
    ),
    'nested lists': [
      item('one', 'bullet', 1),
      item('deeper', 'bullet', 2),
      item('numbered', 'number', 3),
      item('two', 'bullet', 1),
      block([span('between')]),
      item('first', 'number', 1),
      item('a heading in a list', 'number', 1, 'h3'),
      item('below it', 'bullet', 2),
      item('a quote in a list', 'number', 1, 'blockquote'),
    ],
    'line breaks': [block([span('one\ntwo\n\nthree '), span('bold\nbreak', 'strong')])],
    'an empty paragraph': [block([span('')]), block([span('after')])],
    'images with all, some and no captions': [
      {
        _type: 'image',
        src: 'https://example.com/a.jpg?w=1&h=2',
        alt: '"A" & <b>',
        caption: 'Seen\nhere',
        credit: 'Agency',
      },
      { _type: 'image', src: '/media/b.jpg', alt: '', credit: 'Staff' },
      { _type: 'image', src: '/media/c.jpg', alt: 'c', caption: 'Only a caption' },
      { _type: 'image', src: '/media/d.jpg', alt: 'd' },
    ],
    'embeds with and without a title': [
      { _type: 'embed', url: 'https://video.example.com/?v=1&t=2', title: 'A video' },
      { _type: 'embed', url: 'https://video.example.com/2' },
    ],
    'tables with and without a header': [
      { _type: 'table', header: true, rows: [{ cells: ['Year', ''] }, { cells: ['2026', 'a\nb & <c>'] }] },
      { _type: 'table', header: false, rows: [{ cells: ['x'] }, { cells: ['y', 'z'] }] },
    ],
    'code, to the last space': [
      { _type: 'code', language: 'html', code: '\n<p>\n  </pre></code>\n\n' },
      { _type: 'code', code: 'a  &amp; b\t"' },
    ],
    'a divider between two texts': [block([span('a')]), { _type: 'divider' }, block([span('b')])],
    'scripts of the world': [
      block([span('می‌خواهم &amp; ]]> <b>'), span('Ավագ', 'em'), span(' \u202Eabc\u202C \u{1F469}‍\u{1F4BB} é é')]),
      block([span('\u00A0\u3000edges\u3000\u00A0'), span('\u00A0', 'strong'), span('—\u00A0 x')]),
      block([span('\u200C\u200C\u200C\u200C\u200D\uFEFF\u2028\uFDD00\uFDD1')]),
    ],
  }).map(([title, portableText]) => [title, { portableText } as Parameters<typeof readBody>[0]]),
);

for (const [title, input] of Object.entries(constructs)) {
  t.test(`${title}: HTML holds it, and reading that HTML gives the same body`, async (t) => {
    t.ok(fits('BodyInput', input), 'the sample is what the API accepts');
    const { body, warnings } = await readBody(input);
    t.same(warnings, []);
    t.ok(fits('PortableText', body), 'the stored form fits its schema');
    const html = toHtml(body);
    const again = await readBody({ html });
    t.same(unkeyed(again.body), unkeyed(body));
    t.same(again.warnings, []);
    t.equal(toHtml(again.body), html);
    t.ok(fits('PortableText', again.body));
  });
}

t.test('the stored form is the same for the same input, and does not change when it is sent again', async (t) => {
  const first = await readBody({
    portableText: [
      { _type: 'block', style: 'h1', children: [{ _type: 'span', text: 'A' }] },
      { _type: 'divider', _key: 'k1' },
    ],
  });
  t.same(first.body, [
    {
      _type: 'block',
      style: 'h2',
      markDefs: [],
      children: [{ _type: 'span', _key: 'k2', text: 'A', marks: [] }],
      _key: 'k0',
    },
    { _type: 'divider', _key: 'k1' },
  ]);
  t.same(
    first.warnings.map(({ code, path }) => [code, path]),
    [['heading_lowered', '/portableText/0']],
  );
  t.same(await readBody({ portableText: first.body }), { body: first.body, warnings: [] });
  const html = '<h2>x</h2><p>a <a href="https://example.com">b</a></p>';
  t.same(await readBody({ html }), await readBody({ html }));
});

t.test(
  'marks without a definition, a second link, a taken key and a false scheme are dropped and reported, the text stays',
  async (t) => {
    const { body, warnings } = await readBody({
      portableText: [
        {
          _type: 'block',
          _key: 'a',
          markDefs: [
            { _type: 'link', _key: 'x', href: 'https://example.com' },
            { _type: 'link', _key: 'y', href: 'tel:+37410000000' },
            { _type: 'link', _key: 'bad', href: 'data:text/html,x' },
            { _type: 'link', _key: 'strong', href: 'https://example.com/2' },
          ],
          children: [
            { _type: 'span', _key: 's', text: 'one ', marks: ['x', 'y', 'nowhere'] },
            { _type: 'span', _key: 's', text: 'two', marks: ['bad', 'strike-through', 'strike'] },
          ],
        },
        { _type: 'divider', _key: 'a' },
      ],
    });
    t.equal(toHtml(body), '<p><a href="https://example.com" rel="noopener">one </a><s>two</s></p><hr>');
    t.same(warnings.map(({ code, path }) => `${code} ${path}`).sort(), [
      'key_replaced /portableText/0/children/1',
      'key_replaced /portableText/0/markDefs/3',
      'key_replaced /portableText/1',
      'link_dropped /portableText/0/markDefs/2',
      'mark_dropped /portableText/0/children/0',
      'mark_dropped /portableText/0/children/0',
    ]);
    t.ok(warnings.every((warning) => fits('BodyWarning', warning)));
  },
);

t.test('NUL and lone surrogates are refused with their place, in every form', async (t) => {
  const refused = async (input: Parameters<typeof readBody>[0], path: string) => {
    const problem = await readBody(input).then(
      () => undefined,
      (error: unknown) => error,
    );
    t.type(problem, BodyProblem);
    t.match(problem, { code: 'ill_formed_text', path });
  };
  await refused({ text: ['fine', 'a\0b'] }, '/text/1');
  await refused({ html: '<p>\uD800</p>' }, '/html');
  await refused({ markdown: '\uDC00' }, '/markdown');
  await refused(
    { portableText: [{ _type: 'block', children: [{ _type: 'span', text: '\uD83D' }] }] },
    '/portableText/0/children/0/text',
  );
  const { body } = await readBody({ html: '<p>&#0;&#xD800;</p>' });
  t.equal(toText(body), '\uFFFD\uFFFD', 'references to them become the replacement character, as HTML says');
});

t.test('plain text is stored byte for byte', async (t) => {
  const paragraphs = ['  é é  two  spaces\ttab ', 'می‌خواهم &amp; ]]>', '\u3000全角', 'line\r\nbreak', ''];
  const { body, warnings } = await readBody({ text: paragraphs });
  t.equal(toText(body), paragraphs.join('\n\n'));
  t.same(warnings, []);
  const split = await readBody({ text: '\n\none\nstill one\r\n \r\n\n\u3000two\n\n' });
  t.same(
    split.body.map((one) => toText([one])),
    ['one\nstill one', '\u3000two'],
  );
});

t.test('HTML of the wild becomes flat blocks, and what is lost is named', async (t) => {
  const { body, warnings } = await readBody({
    html: `<style>p{}</style><div class="x">loose <p onclick="go()">para</p> tail</div><h1>Big</h1>
      <blockquote><p>one</p><p>two</p></blockquote><ul><li>a</li><ul><li>b</li></ul><li><p>c</p><p>d</p></li></ul>
      <p>text <img src="https://example.com/i.jpg" alt="i"> more</p><a href="https://example.com"><div>in</div><div>link</div></a>
      <figure><a href="/full"><img src="/i.jpg" alt=""></a><figcaption>Cap <cite>Who</cite></figcaption></figure>
      <iframe src="https://example.com/v" title="V"></iframe><iframe srcdoc="<script>1</script>"></iframe>
      <table><caption>T</caption><tr><th>h</th></tr><tr><td><b>x</b></td></tr></table>
      <form><input value="v">kept</form><x-card>custom</x-card><svg onload="x()"><text>gone</text></svg>`,
  });
  t.equal(
    toHtml(body),
    '<p>loose</p><p>para</p><p>tail</p><h2>Big</h2><blockquote>one</blockquote><blockquote>two</blockquote>' +
      '<ul><li>a<ul><li>b</li></ul></li><li>c<br>d</li></ul>' +
      '<p>text</p><figure><img src="https://example.com/i.jpg" alt="i"></figure><p>more</p>' +
      '<p><a href="https://example.com" rel="noopener">in</a></p><p><a href="https://example.com" rel="noopener">link</a></p>' +
      '<figure><img src="/i.jpg" alt=""><figcaption>Cap <cite>Who</cite></figcaption></figure>' +
      '<figure><p><a href="https://example.com/v" rel="noopener">V</a></p></figure>' +
      '<p>T</p><table><thead><tr><th>h</th></tr></thead><tbody><tr><td>x</td></tr></tbody></table>' +
      '<p>kept</p><p>custom</p>',
  );
  const told = warnings.map(({ message }) => message).join('\n');
  for (const lost of [
    '<style>',
    'onclick',
    'class of <div>',
    'h1',
    '/full',
    'srcdoc',
    'caption',
    'plain text',
    '<form>',
    '<input>',
    '<x-card>',
    '<svg>',
  ]) {
    t.match(told, lost);
  }
  t.ok(warnings.every(({ path }) => path === '/html'));
});

t.test('pieces pasted from Google Docs and Word keep their marks and lists', async (t) => {
  const docs = await readBody({
    html: `<b style="font-weight:normal;" id="docs-internal-guid-1"><p><span style="font-weight:400">Plain </span><span style="font-weight:700">bold</span></p>
      <ul><li><p><span>one </span><span style="font-style:italic">two</span></p></li><ul><li><p><span>deep</span></p></li></ul></ul></b>`,
  });
  t.equal(
    toHtml(docs.body),
    '<p>Plain <strong>bold</strong></p><ul><li>one <em>two</em><ul><li>deep</li></ul></li></ul>',
  );
  const word = await readBody({
    html: `<p class="MsoNormal">Word <b>bold</b><o:p></o:p></p>
      <p class="MsoListParagraphCxSpFirst" style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">· </span>item</p>`,
  });
  t.equal(toHtml(word.body), '<p>Word <strong>bold</strong></p><ul><li>item</li></ul>');
});

t.test(
  'a body that is wrong in a thousand places gets a short list of warnings that says how many are missing',
  async (t) => {
    const { warnings } = await readBody({
      portableText: Array.from({ length: 1000 }, () => ({
        _type: 'block' as const,
        children: [{ _type: 'span' as const, text: 'x', marks: ['nowhere'] }],
      })),
    });
    t.equal(warnings.length, 201);
    t.match(warnings.at(-1), { code: 'more_warnings', message: '800 more warnings are not listed' });
    const again = await readBody({ html: '<p>a<wbr>b</p><x-y>1</x-y>'.repeat(3) });
    t.match(again.warnings, [
      { code: 'element_unwrapped', message: '<x-y> cannot be represented: its text was kept (3 times)' },
    ]);
  },
);

t.test('Markdown is read; raw HTML in it becomes text or goes, and is reported', async (t) => {
  const { body, warnings } = await readBody({
    markdown:
      '# Title\n\nA **b** _c_ ~~d~~ `e` [l](https://example.com "t")<br>\n\n- one\n  1. two\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n' +
      '```js\nlet a\n```\n\n---\n\n![alt](/i.jpg "cap")\n\n<script>alert(1)</script>\n\n[x](data:text/html,1)\n',
  });
  t.equal(
    toHtml(body),
    '<h2>Title</h2><p>A <strong>b</strong> <em>c</em> <s>d</s> <code>e</code> <a href="https://example.com" title="t" rel="noopener">l</a></p>' +
      '<ul><li>one<ol><li>two</li></ol></li></ul><blockquote>quote</blockquote>' +
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>' +
      '<pre><code class="language-js">let a</code></pre><hr><figure><img src="/i.jpg" alt="alt"><figcaption>cap</figcaption></figure>' +
      '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>[x](data:text/html,1)</p>',
  );
  t.same(warnings.map(({ code }) => code).sort(), [
    'heading_lowered',
    'html_as_text',
    'html_dropped',
    'table_simplified',
  ]);
  t.ok(fits('PortableText', body));
});

const hostile: Record<string, string> = {
  'javascript: in every case': '<a href="JaVaScRiPt:alert(1)">x</a><a href=" \u0001javascript:alert(1)">x</a>',
  'javascript: by entities and tabs':
    '<a href="&#106;ava&#x0A;script&colon;alert(1)">x</a><a href="java\tscript:alert(1)">x</a>',
  'vbscript:, data: and blob:':
    '<a href="vbscript:x">x</a><a href="data:text/html,<script>1</script>">x</a><a href="blob:https://e.com/x">x</a>',
  'data: and javascript: pictures':
    '<img src="data:image/svg+xml,<svg onload=1>" onerror="1"><img src=x:x onerror=alert(1)><img src="javascript:1">',
  frames:
    '<iframe srcdoc="<script>alert(1)</script>"></iframe><iframe src="javascript:alert(1)"></iframe><frameset><frame src=x></frameset>',
  'raw text elements':
    '<xmp><script>alert(1)</script></xmp><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript><textarea></textarea><script>1</script><plaintext><img onerror=1>',
  'svg and math':
    '<svg onload=alert(1)><a xlink:href="javascript:1"><text>x</text></a></svg><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  'base, meta and link':
    '<base href="javascript:/a/"><meta http-equiv=refresh content="0;url=javascript:1"><link rel=import href=x><p>y</p>',
  mutations:
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>"><form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  forms:
    '<form action="javascript:1"><button formaction="javascript:1">b</button><input onfocus=1 autofocus></form><isindex action="javascript:1">',
  'text that looks like markup':
    '<p>&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; &amp;lt;b&gt;</p><pre>&lt;/pre&gt;&lt;img onerror=1&gt;</pre>',
  'hostile attributes of what is kept':
    '<pre><code class="language-&quot;&gt;&lt;img/onerror=1&gt;">x</code></pre><img src="https://e.com/&quot;onerror=1" alt="&quot;&gt;&lt;script&gt;"><a title="&quot; onclick=1" href="https://e.com/&quot;">x</a>',
  'template and custom elements':
    '<template><img src=x onerror=1></template><x-y onclick=1><slot>z</slot></x-y><object data="javascript:1"></object><embed src="javascript:1">',
};

function assertHarmless(t: Test, html: string): void {
  const { document } = new JSDOM(html).window;
  const allowed = new Set(
    'p h2 h3 h4 h5 h6 blockquote ul ol li figure figcaption cite img table thead tbody tr th td pre code hr br a strong em u s sub sup'.split(
      ' ',
    ),
  );
  for (const element of document.body.querySelectorAll('*')) {
    t.ok(allowed.has(element.localName), `<${element.localName}> may go out`);
    for (const { name, value } of element.attributes) {
      t.ok(['href', 'title', 'rel', 'src', 'alt', 'class'].includes(name), `${name} may go out`);
      if (name === 'href' || name === 'src')
        t.match(new URL(value, 'https://site.example').protocol, /^(?:https?|mailto|tel):$/);
    }
  }
  t.equal(document.head.childElementCount, 0);
}

for (const [title, html] of Object.entries(hostile)) {
  t.test(`${title}: nothing that runs goes out, and sanitising twice is sanitising once`, async (t) => {
    const { body } = await readBody({ html });
    t.ok(fits('PortableText', body));
    const once = toHtml(body);
    assertHarmless(t, once);
    const again = await readBody({ html: once });
    t.same(unkeyed(again.body), unkeyed(body));
    t.same(again.warnings, []);
    // The same string as a text, in Markdown and as every field of Portable Text.
    assertHarmless(t, toHtml((await readBody({ text: html })).body));
    assertHarmless(t, toHtml((await readBody({ markdown: html })).body));
    const fields = await readBody({
      portableText: [
        {
          _type: 'block',
          markDefs: [{ _type: 'link', _key: 'x', href: html, title: html }],
          children: [{ _type: 'span', text: html, marks: ['x'] }],
        },
        { _type: 'image', src: `/${html}`, alt: html, caption: html, credit: html },
        { _type: 'embed', url: `https://example.com/${html}`, title: html },
        { _type: 'table', header: true, rows: [{ cells: [html] }] },
        { _type: 'code', language: html, code: html },
      ],
    });
    assertHarmless(t, toHtml(fields.body));
  });
}

t.test('a body that was stored by other means still goes out without a false scheme', (t) => {
  const link = { _key: 'x', _type: 'link' as const, href: 'javascript:alert(1)' };
  const body: PortableText = [
    {
      _type: 'block',
      _key: 'a',
      style: 'normal',
      markDefs: [link],
      children: [{ _type: 'span', _key: 'b', text: 'x', marks: ['x'] }],
    },
    { _type: 'image', _key: 'c', src: 'data:text/html,x', alt: '' },
    { _type: 'embed', _key: 'd', url: 'javascript:1' },
  ];
  t.equal(toHtml(body), '<p>x</p>');
  t.end();
});

t.test('documents made to exhaust the reader are refused, and the next one is read', async (t) => {
  const refused = async (html: string, code: string) =>
    t.rejects(readBody({ html }), { name: 'BodyProblem', code, path: '/html' });
  await refused('<div>'.repeat(5000), 'too_deep');
  await refused('<b>'.repeat(349_000), 'too_deep');
  await refused('<p>x'.repeat(5001), 'too_many_blocks');
  await refused('<ul><li>'.repeat(2000), 'too_deep');
  await refused('x'.repeat(1_048_577), 'too_large');
  await refused('<a b c '.repeat(149_000), 'too_deep');
  await refused('\u0561'.repeat(524_289), 'too_large');
  const { body } = await readBody({ html: `${'<div>'.repeat(500)}deep` });
  t.equal(toText(body), 'deep');
});

t.test('more documents than may wait are refused as busy, the others are read in order', async (t) => {
  const results = await Promise.allSettled(
    Array.from({ length: 110 }, (_, index) => readBody({ markdown: `n${index}` })),
  );
  const read = results.filter((result) => result.status === 'fulfilled');
  const refused = results.filter((result) => result.status === 'rejected');
  t.ok(read.length >= 100);
  t.ok(refused.length > 0);
  t.ok(refused.every(({ reason }) => reason instanceof BodyProblem && reason.code === 'busy'));
  t.equal(toText(read.at(-1)?.value.body ?? []), `n${read.length - 1}`);
});

t.test('a body is exactly one of the four forms, and closed', (t) => {
  for (const input of [{ text: 'a' }, { text: ['a'] }, { html: '' }, { markdown: '' }, { portableText: [] }]) {
    t.ok(fits('BodyInput', input), JSON.stringify(input));
  }
  for (const input of [
    {},
    { text: 'a', html: 'b' },
    { html: 1 },
    { portableText: [{ _type: 'html', html: '<b>' }] },
    { text: 'a', extra: 1 },
  ]) {
    t.notOk(fits('BodyInput', input), JSON.stringify(input));
  }
  t.end();
});

t.test('plain text parts blocks by blank lines, cells by tabs, and names pictures', async (t) => {
  const { body } = await readBody({
    portableText: [
      block([span('a'), span('b', 'strong')]),
      { _type: 'image', src: '/i.jpg', alt: 'alt', credit: 'Who' },
      { _type: 'image', src: '/i.jpg', alt: '' },
      { _type: 'table', header: false, rows: [{ cells: ['1', '2'] }, { cells: ['3'] }] },
      { _type: 'divider' },
      { _type: 'embed', url: 'https://example.com/v', title: 'V' },
      { _type: 'code', code: 'x' },
    ],
  });
  t.equal(toText(body), 'ab\n\nalt\nWho\n\n1\t2\n3\n\nV\nhttps://example.com/v\n\nx');
});
