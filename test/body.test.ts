// The text of a story comes in as HTML, Markdown, Portable Text or plain text, and goes out as HTML, text and Portable Text: nothing is lost in silence.
import t from 'tap';
import { BodyProblem } from '../src/modules/body/problem.ts';
import { readBody } from '../src/modules/body/reading.ts';
import { toHtml, toText } from '../src/modules/body/rendering.ts';
import type { TextBlock } from '../src/modules/body/schemas.ts';
import { fits, unkeyed } from './fixtures/bodies.ts';

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
      block([span('paid', 'l0')], 'normal', {
        markDefs: [{ ...link('https://sponsor.example/'), rel: ['nofollow' as const, 'sponsored' as const] }],
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
