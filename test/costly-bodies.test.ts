// Bodies whose shape costs far more than their size: they are saved, published and read in every form at the cost of any other.
import { test } from 'tap';
import type { PortableTextInput } from '../src/modules/body/schemas.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { cpuOf } from './fixtures/timing.ts';

const span = (text: string, marks: string[] = []) => ({ _type: 'span' as const, text, marks });
type Block = Extract<PortableTextInput[number], { _type: 'block' }>;
const block = (children: Block['children'], more: Partial<Block> = {}): Block => ({
  _type: 'block',
  children,
  ...more,
});
const many = <T>(n: number, of: (n: number) => T): T[] => Array.from({ length: n }, (_, at) => of(at));
const ALL = ['em', 'code', 'sub', 'sup', 'underline', 'strike'];

/** What is written of each in Markdown. */
const SHAPES: [what: string, body: PortableTextInput, inMarkdown: RegExp][] = [
  // Seen to fail with a lookbehind over marks in foldSlug: 2 s for each 10,000 dots, each time.
  ['dots above a letter', [block([span(`i${'\u0307'.repeat(20_000)}`)], { style: 'h2' })], /\n## i\u0307{20000}\n/],
  // Seen to fail without MOST_READ and MOST_UNITS: Unicode's order of marks.
  ['marks out of order', [block([span(`a${'\u0301\u0316'.repeat(60_000)}`)], { style: 'h2' })], /## a/],
  // Seen to fail without piecesOf().
  ['marks that go on', [block(many(5_000, (n) => span('x ', n % 2 ? ALL : [...ALL, 'strong'])))], /x/],
  ['lines of one text', [block([span(`x${'\n'.repeat(200_000)}x`)])], /x\s+x/],
  // Seen to fail with 500: their number was one of arguments.
  ['runs of backticks', [{ _type: 'code', code: '` '.repeat(200_000) }], /\n``` *\n(?:` ){200000}\n```/],
  ['signs of Markdown', [block([span('*_[]<>'.repeat(150_000))])], /\\\*/],
  // Seen to fail with 500: each row as wide as the widest.
  [
    'a wide row',
    [
      {
        _type: 'table',
        header: true,
        rows: [{ cells: many(60_000, () => 'x') }, ...many(5_000, () => ({ cells: [] }))],
      },
    ],
    /x x x/,
  ],
];

for (const [what, portableText, inMarkdown] of SHAPES) {
  test(`${what}: published and read for no more CPU than its size is worth`, async (t) => {
    const { desk, request } = await buildTestApp(t);
    const read = async (id: string, form = '') =>
      expectStatus(await request('GET', `/v1/articles/${id}${form}`), 200).body;
    const [bodies, milliseconds] = await cpuOf(async () => {
      const { id } = await makePublished(desk, { locales: { en: { title: 'Costly', body: { portableText } } } });
      return [await read(id), await read(id, '/markdown'), await read(id, '/ninjs')];
    });
    t.ok(milliseconds < 15_000, `${milliseconds} ms`);
    const { body } = JSON.parse(bodies[0] ?? '').data;
    t.same(body.portableText.length, portableText.length);
    t.match(bodies[1], inMarkdown);
  });
}

test('a long paragraph is shown as a short one is: no word, mark or line of it is lost', async (t) => {
  const { desk, request } = await buildTestApp(t);
  const children = many(450, (n) => span(n % 3 ? `w${n}` : `w${n}\n`, n % 2 ? ['em'] : ['code']));
  const body = { portableText: [block(children, { style: 'h3' })] };
  const { id } = await makePublished(desk, { locales: { en: { title: 'Long', body } } });
  const { data } = expectStatus(await request('GET', `/v1/articles/${id}`), 200).json();
  const shown = children.map(({ text, marks: [mark] }) => `<${mark}>${text.replace('\n', '<br>')}</${mark}>`).join('');
  t.match(data.body.html, /^<h3 id="[^"]+">/);
  t.equal(data.body.html.replace(/^<h3 id="[^"]+">|<\/h3>$/g, ''), shown);
  const { body: markdown } = expectStatus(await request('GET', `/v1/articles/${id}/markdown`), 200);
  t.equal(markdown.split('\n### ')[1]?.match(/<(em|code)>w\d+ *<\/\1>/g)?.length, 450);
});
