// Bodies that were written elsewhere, in HTML and Markdown: what is kept of them, and what is lost and named; no database.
import t from 'tap';
import { readBody } from '../src/modules/body/reading.ts';
import { toHtml } from '../src/modules/body/rendering.ts';
import { toMarkdown } from '../src/modules/body/writing.ts';
import { fits } from './fixtures/bodies.ts';

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
    '<p>loose</p><p>para</p><p>tail</p><h2 id="s-big">Big</h2><blockquote>one</blockquote><blockquote>two</blockquote>' +
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
    '<h2 id="s-title">Title</h2><p>A <strong>b</strong> <em>c</em> <s>d</s> <code>e</code> <a href="https://example.com" title="t" rel="noopener">l</a></p>' +
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

t.test('footnotes in Markdown stay as they were typed, and are told', async (t) => {
  const told = async (markdown: string) => (await readBody({ markdown })).warnings.map(({ code }) => code);
  const { body } = await readBody({ markdown: 'Wine[^1]\n\n[^1]: From the *hills*.' });
  t.equal(toHtml(body), '<p>Wine[^1]</p><p>[^1]: From the <em>hills</em>.</p>');
  for (const note of ['From the *hills*.', 'Hills', 'https://www.example.org/hills'])
    t.same(await told(`Wine[^note-1] of old\n\n[^note-1]: ${note}`), ['footnote_as_text'], note);
  for (const text of [
    'All but vowels: [^aeiou]',
    'Code `[^1]: x`',
    '[x^2](https://www.example.org/)',
    'See [^1]: later',
  ])
    t.same(await told(text), [], text);
});

t.test(
  'the description of a picture in Markdown says what was typed without its marks, and a cell as well',
  async (t) => {
    const told: [markdown: string, alt: string][] = [
      ['![A *green* `boat`](/a.png)', 'A green boat'],
      ['![a [harbour](/b)\nat **dawn**](/a.png)', 'a harbour at dawn'],
      ['![foo *bar*][a]\n\n[a]: /a.png', 'foo bar'],
      ['![2 \\* 3 ![4](/c)](/a.png)', '2 * 3 4'],
    ];
    for (const [markdown, alt] of told) {
      const { body } = await readBody({ markdown });
      t.match(body, [{ _type: 'image', src: '/a.png', alt }], markdown);
      t.equal(body.length, 1);
    }
    const { body } = await readBody({ markdown: '| a |\n| --- |\n| ![b *c*](/a.png) |' });
    t.match(body, [{ rows: [{ cells: ['a'] }, { cells: ['b c'] }] }]);
  },
);

// Seen to fail without listItem in writing.ts: the second line was a quote of its own, and ended the list.
t.test('a quote of several lines in a list item is written into the item', async (t) => {
  for (const source of ['- > a\\\n  > b\n- c', '1. > a\\\n   > b\n2. c', '- a\n  - > b\\\n    > c\n- d']) {
    const { body } = await readBody({ markdown: source });
    const markdown = toMarkdown(body);
    t.equal(toHtml((await readBody({ markdown })).body), toHtml(body), markdown);
  }
});

// Seen to fail with guarded() of one span: the backslash stood before the sign of the mark, and "[\\](…)" or "<u>" in the text.
t.test('a mark around "!" or a backslash alone stays a mark', async (t) => {
  const expected: [text: string, markdown: string][] = [
    ['<a href="https://x.org/a">\\</a> drive', '[\\\\](https://x.org/a) drive'],
    ['<u>!</u><a href="https://x.org/a">news</a>', '<u>\\!</u>[news](https://x.org/a)'],
    ['<b>\\</b> parts', '**\\\\** parts'],
  ];
  for (const [html, markdown] of expected) t.equal(toMarkdown((await readBody({ html })).body).trim(), markdown);
});
