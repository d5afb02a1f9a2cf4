// Files that are made to harm: nothing in them is expanded, fetched or held in memory, and what can be read of them still is.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'tap';
import { readElements } from '../src/modules/sources/xml.ts';
import { lab, NOTHING, reportOf } from './fixtures/importing.ts';
import { item, wxr } from './fixtures/wordpress.ts';

const withDoctype = (doctype: string) => wxr([{ id: 1 }]).replace('<rss', `${doctype}\n<rss`);

test('a document type is refused, whatever is in it, and nothing is fetched', async (t) => {
  let hits = 0;
  const server = createServer((_, reply) => {
    hits += 1;
    reply.end('x');
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((done) => server.once('listening', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { foreign, column } = await lab(t);
  for (const doctype of [
    '<!DOCTYPE rss>',
    `<!DOCTYPE rss SYSTEM "${url}evil.dtd">`,
    `<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>`,
    `<!DOCTYPE rss [<!ENTITY % x SYSTEM "${url}"> %x;]>`,
    `<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">${'bcdefghij'
      .split('')
      .map((name, n) => `<!ENTITY ${name} "${`&${'abcdefghi'[n]};`.repeat(10)}">`)
      .join('')}]>`,
  ])
    await t.rejects(foreign(withDoctype(doctype)), /document type \(DOCTYPE\)/, doctype.slice(0, 40));
  t.same(await column('select count(*)::int from articles'), [0]);
  t.equal(hits, 0);
});

test('only the entities of XML itself are known; numeric ones are letters and nothing more', async (t) => {
  const { foreign, column } = await lab(t);
  await t.rejects(
    foreign(wxr([item({ id: 1 }).replace('<title>', '<title>&nbsp;')])),
    /not well-formed XML: line \d+, column \d+/,
  );
  await t.rejects(foreign(wxr([item({ id: 1 }).replace('<title>', '<title>&#0;')])), /not well-formed/);
  const flood = item({ id: 2 }).replace('</title>', `</title><description>${'&#65;'.repeat(1_000_000)}</description>`);
  const done = await foreign(wxr([flood, { id: 3 }]));
  t.same(done.counts, { ...NOTHING, created: 2 });
  const named = item({ id: 4 }).replace(/<title>.*<\/title>/, '<title>A &lt; &#x41; &amp;amp; &quot;B&quot;</title>');
  await foreign(wxr([named]));
  t.ok((await column('select title from drafts')).includes('A < A & "B"'));
});

test('what is not well-formed, not UTF-8 or nested without end is refused, behind the stories that stand before it', async (t) => {
  const { foreign, column } = await lab(t);
  const cut = wxr([{ id: 1 }, { id: 2 }]);
  await t.rejects(foreign(cut.slice(0, cut.lastIndexOf('<item>') + 200)), /not well-formed/);
  await t.rejects(foreign(wxr(['<item><title>x</item>'])), /not well-formed/);
  await t.rejects(foreign(Buffer.from(wxr([{ id: 1, title: 'é' }]), 'latin1')), /not valid UTF-8/);
  await t.rejects(foreign(wxr([]).replace('UTF-8', 'ISO-8859-1')), /ISO-8859-1: only UTF-8/);
  await t.rejects(foreign(wxr([`<item>${'<a>'.repeat(100_000)}`])), /nested more than 100 deep/);
  t.same(await column('select slug from drafts'), ['lighthouse-1']);
  await t.rejects(foreign('<html><body>no feed</body></html>'), /none of the formats/);
});

test('an item that is too large is refused, and its neighbours go in', async (t) => {
  const { foreign } = await lab(t);
  const done = await foreign(
    wxr([
      { id: 1 },
      { id: 2, content: 'word '.repeat(1_100_000) },
      `<item>${'<a/>'.repeat(100_001)}</item>`,
      { id: 4 },
    ]),
  );
  t.same(done.counts, { ...NOTHING, created: 2, refused: 2 });
  t.same(done.refusals, ['2: it has more than 5000000 characters', '3: it has more than 100000 elements']);
});

test('control characters are taken out and told, wherever the file is cut while it is read', async (t) => {
  for (const pieces of [1, 7, 100_000]) {
    const { foreign, column } = await lab(t);
    const done = await foreign(wxr([{ id: 1, title: 'A\u0000 lamp\u0008 \u{1F6A2} é' }]), { pieces });
    t.same(done.counts, { ...NOTHING, created: 1 });
    t.same(await column('select title from drafts'), ['A lamp \u{1F6A2} é']);
    t.equal(reportOf(done).notes['a control character was taken out'], 2);
  }
});

test('300 MB in one text, one comment or one attribute never stand in memory', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const million = Buffer.alloc(1_000_000, 'a');
  for (const [start, expected] of [
    ['<rss><channel><item><title>', /no tag ends/],
    ['<rss><channel><!--', /no tag ends/],
    ['<rss><channel><item x="', /no tag ends/],
    ['<rss><channel><![CDATA[', /no tag ends/],
    ['<?', /no tag ends/],
  ] as const) {
    collect();
    const before = process.memoryUsage().heapUsed;
    let peak = 0;
    const source = (async function* () {
      yield Buffer.from(start);
      for (let n = 0; n < 300; n += 1) {
        peak = Math.max(peak, process.memoryUsage().heapUsed);
        yield million;
      }
    })();
    await t.rejects(async () => {
      for await (const piece of readElements(source)) t.ok(piece);
    }, expected);
    t.ok(peak - before < 100_000_000, `${start}: ${peak - before} bytes more at the peak`);
  }
});
