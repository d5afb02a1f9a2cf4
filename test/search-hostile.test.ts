// Questions that nobody means well: each is answered or refused at once, and none is a fault of ours.
import fc from 'fast-check';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { makePublished } from './fixtures/factories.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t, { cacheMb: 0 });
for (const tag of ['ru', 'tr', 'he']) await makeLocale(desk, tag);
for (const locale of ['en', 'ru', 'tr', 'he'])
  for (let n = 0; n < 5; n += 1)
    await makePublished(desk, {
      locales: {
        [locale]: {
          title: `' or 1=1; <b>"x"</b> \\ % _ ${n}`,
          slug: `x-${n}`,
          body: { markdown: 'It -- was: (a) & b | c !d *e' },
        },
      },
    });

/** Beside the time that the test's own machine takes: nothing takes anywhere near the 200 ms of which the slowest has them all. */
const MOST_MS = 200;
const OPERATORS = [
  '"',
  "'",
  '\\',
  '%',
  '_',
  '&',
  '|',
  '!',
  '(',
  ')',
  ':',
  '*',
  '<->',
  '<2>',
  '-',
  '--',
  '+',
  '~',
  '@',
  '#',
  ',',
  ';',
  '/*',
  '*/',
  '\u0000',
  '\n',
  '\t',
];
const NAUGHTY = [
  ...OPERATORS,
  `'"\\%_&|!():*`,
  'a:*',
  'a:ABCD',
  '!!a',
  '((((a',
  'a & ',
  'a <-> ',
  "''",
  "';select pg_sleep(9)--",
  "') or true",
  '$' + '{1}',
  '$1',
  '{{a}}',
  '%s %n',
  '%1$s',
  '\\x00',
  '\\u0000',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e309',
  '0x1F',
  'the',
  'the and of or',
  'или',
  'OR',
  'OR OR OR',
  'a OR',
  'OR a',
  '-a',
  '-"a b"',
  '"',
  '""',
  '"""',
  '"a',
  'a"b"c',
  '-"',
  '- a',
  '«»',
  '“a',
  ' '.repeat(200),
  'a'.repeat(200),
  'ﷺ'.repeat(50),
  'İ'.repeat(100),
  'ß'.repeat(100),
  '𝕒'.repeat(60),
  '👩‍👩‍👧‍👦'.repeat(8),
  'e\u0301'.repeat(90),
  '\u0301'.repeat(100),
  'Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324'.repeat(10),
  '\u200b\u200c\u200d\ufeff\u00ad',
  '\u202e\u2066abc\u2069',
  '\ufff0\uffff',
  '\ud7ff\ue000',
  '٢٠٢٦',
  '१२३',
  '½⅓Ⅷ①',
  'ﬁﬂ',
  'ǅ',
  'ΌΣΟΣ',
  'ı İ i I',
  'צה"ל',
  '"ש"',
  'ё Ё й',
  'ქართული',
  '漢字仮名',
  'ไทย',
  'ᚠᛇᚻ',
  '\u{1f1e6}\u{1f1f2}',
  '\u{e0001}',
  '\u{10ffff}',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '../../../etc/passwd',
  'http://example.org/?q=a&b=c',
  'a@example.org',
  'C:\\windows',
  '3.14',
  '-5',
  '1,000',
  'U.S.',
  "O'Brien",
  'COVID-19',
  'a/b/c',
  '#tag',
  'a_b',
  'a*b',
  Array.from({ length: 24 }, () => 'ab').join(' '),
  Array.from({ length: 60 }, () => 'ab').join(' '),
  Array.from({ length: 60 }, () => '-a').join(' '),
  '"a b" '.repeat(12),
  'a OR '.repeat(20),
  '~a',
  '#a',
  '<a',
  ' len',
  "' len'",
  'len',
];

async function take(path: string): Promise<{ status: number; ms: number }> {
  let best = Number.POSITIVE_INFINITY;
  let status = 0;
  // The machine may do other things as well; a question that is slow by itself is slow each time.
  for (let tries = 0; tries < 4 && best > MOST_MS; tries += 1) {
    const started = performance.now();
    status = (await request('GET', path)).statusCode;
    best = Math.min(best, performance.now() - started);
  }
  return { status, ms: best };
}

test('every naughty string is answered or refused, soon', async (t) => {
  const wrong: string[] = [];
  for (const text of NAUGHTY) {
    for (const locale of ['en', 'tr', 'he']) {
      for (const path of ['search', 'search/suggest']) {
        const { status, ms } = await take(`/v1/${path}?q=${encodeURIComponent(text.toWellFormed())}&locale=${locale}`);
        if (![200, 400].includes(status) || ms > MOST_MS)
          wrong.push(`${path} ${JSON.stringify(text)} in ${locale}: ${status}, ${Math.round(ms)} ms`);
      }
    }
  }
  t.same(wrong, [], `${NAUGHTY.length} strings`);
});

test('10,000 characters, many words, none, twice, and what is no text are each a 400 that names q', async (t) => {
  const cases = [
    `q=${'a'.repeat(10_000)}`,
    `q=${'%D1%8F'.repeat(10_000)}`,
    `q=${'a+'.repeat(60)}`,
    'q=',
    '',
    'q=a&q=b',
    'q=a%00b',
    'q[]=a',
  ];
  for (const query of cases) {
    const answer = await request('GET', `/v1/search?${query}`);
    t.equal(answer.statusCode, 400, query.slice(0, 30));
    if (query !== 'q[]=a') t.match(JSON.stringify(answer.json().errors), '"q"', query.slice(0, 30));
  }
  for (const query of ['q=%', 'q=%zz', 'q=%c3%28', 'q=%ed%a0%80'])
    t.ok([200, 400].includes((await request('GET', `/v1/search?${query}`)).statusCode), query);
  for (const query of [
    'sort=title',
    'facets=author',
    'facets=region,region2',
    'count=exact',
    'limit=101',
    'limit=0',
    'cursor=abc',
    'cursor=%00',
    'locale=xx',
    'region=none',
    'window=1h',
  ])
    t.equal((await request('GET', `/v1/search?q=a&${query}`)).statusCode, 400, query);
});

test('any string at all is answered or refused', async (t) => {
  const piece = fc.oneof(
    fc.constantFrom(...OPERATORS, 'OR', ' ', 'harbour', 'it'),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  );
  const answered = fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 20 }),
      fc.constantFrom('en', 'ru', 'tr', 'he'),
      fc.constantFrom('relevance', '-publishedAt'),
      async (pieces, locale, sort) => {
        const q = encodeURIComponent(pieces.join('').toWellFormed());
        const { statusCode, body } = await request(
          'GET',
          `/v1/search?q=${q}&locale=${locale}&sort=${sort}&facets=kind`,
        );
        if (![200, 400].includes(statusCode)) throw new Error(`${statusCode}: ${body}`);
        const { statusCode: other } = await request('GET', `/v1/search/suggest?q=${q}&locale=${locale}`);
        return [200, 400].includes(other);
      },
    ),
    { numRuns: 150 },
  );
  await t.resolves(answered);
});
