// Stories as others republish them: the text with its credit, licence and counting picture; who is refused; and whose readers are counted.
import { JSDOM, VirtualConsole } from 'jsdom';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { withClient } from './fixtures/sql.ts';
import { makeContributor, makeLocale } from './fixtures/taxonomy.ts';

const { app, request, desk, as, baseUrl, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ar', { position: 1 });
await makeContributor(desk, { key: 'anna', name: 'Anna <b>' });
const licenceUrl = 'https://licence.example/by';
const rights = {
  usageTerms: { en: 'Only with a *link*.' },
  licenceUrl,
  holder: 'The Ferry',
  attributionUrl: 'https://ferry.example/',
};
const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

const hostile = '<script>alert(1)</script> [x](javascript:alert(2)) *a* `b`';
const story = await makePublished(desk, {
  rights,
  byline: ['anna'],
  locales: {
    en: {
      title: hostile,
      slug: 'hostile',
      standfirst: hostile,
      body: {
        portableText: [
          {
            _type: 'block',
            children: [
              { _type: 'span', text: `${hostile} ` },
              { _type: 'span', text: 'table', marks: ['l'] },
            ],
            markDefs: [{ _type: 'link', _key: 'l', href: '/table (1)?a=1&b=2' }],
          },
          { _type: 'image', src: '/quay (1).jpg', alt: hostile, caption: hostile },
          { _type: 'code', code: '```\n<script>alert(3)</script>' },
          { _type: 'embed', url: 'https://video.example/1', title: hostile },
          { _type: 'table', header: true, rows: [{ cells: ['a|b', hostile] }, { cells: ['1', '2'] }] },
          { _type: 'divider' },
        ],
      },
      corrections: [{ at: '2026-01-02T10:00:00Z', text: hostile }],
    },
    ar: { title: 'ميناء', slug: 'ميناء' },
  },
});
const republish = `/v1/articles/${story.id}/republish`;

/** With scripts on: what would run in a browser runs here. */
function open(html: string) {
  const ran: string[] = [];
  const { document } = new JSDOM(html, {
    runScripts: 'dangerously',
    virtualConsole: new VirtualConsole(),
    beforeParse: (window) => Object.assign(window, { alert: (text: string) => ran.push(text) }),
  }).window;
  return { document, ran };
}

test('as HTML it is a fragment with the text, the credit, the licence and the picture, in which nothing runs', async (t) => {
  const answer = expectStatus(await request('GET', republish), 200);
  t.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
  t.same(answer.headers.link, [
    '<https://www.example.org/en/hostile>; rel="canonical"',
    `<${licenceUrl}>; rel="license"`,
  ]);
  const { document, ran } = open(answer.body);
  t.same(ran, []);
  t.equal(document.querySelector('script, iframe, b, [onerror]'), null);
  t.equal(document.querySelector('h1')?.textContent, hostile);
  t.equal(document.querySelector('address')?.textContent, 'Anna <b>');
  const hrefs = [...document.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  t.ok(hrefs.includes('https://www.example.org/table%20(1)?a=1&b=2'), 'relative addresses are those of the newsroom');
  t.notOk(hrefs.some((href) => href?.startsWith('javascript')));
  const [credit, home, licence] = document.querySelectorAll('footer a');
  t.equal(credit?.getAttribute('href'), 'https://www.example.org/en/hostile');
  t.equal(home?.getAttribute('href'), 'https://ferry.example/');
  t.same([licence?.getAttribute('rel'), licence?.textContent], ['license', 'Only with a *link*.']);
  const picture = document.querySelector('footer img');
  t.equal(picture?.getAttribute('src'), `${baseUrl}/v1/articles/${story.id}/pixel.gif?locale=en`);
  t.same(
    ['width', 'height', 'alt', 'loading', 'referrerpolicy'].map((name) => picture?.getAttribute(name)),
    ['1', '1', '', 'eager', 'no-referrer-when-downgrade'],
  );
  const arabic = open((await request('GET', `${republish}?locale=ar`)).body).document.querySelector('article');
  t.same([arabic?.lang, arabic?.dir], ['ar', 'rtl']);
});

test('as Markdown it says the same, and no sign in its texts is taken for one of Markdown', async (t) => {
  const answer = expectStatus(await request('GET', `${republish}?format=markdown`), 200);
  t.equal(answer.headers['content-type'], 'text/markdown; charset=utf-8');
  const { markdownToPortableText } = await import('@portabletext/markdown');
  const blocks = markdownToPortableText(answer.body, { html: { inline: 'text' } }) as {
    _type: string;
    style?: string;
    src?: string;
    code?: string;
    children?: { text: string }[];
    markDefs?: { href: string }[];
  }[];
  const textOf = ({ children = [] }: (typeof blocks)[number]) => children.map(({ text }) => text).join('');
  t.equal(blocks[0]?.style, 'h1');
  t.equal(textOf(blocks[0] ?? { _type: '' }), hostile);
  t.equal(blocks.filter(({ _type }) => _type === 'html').length, 0);
  t.ok(blocks.some(({ code }) => code === '```\n<script>alert(3)</script>'));
  const links = blocks.flatMap(({ markDefs = [] }) => markDefs.map(({ href }) => href));
  t.ok(links.includes('https://www.example.org/table%20%281%29?a=1&b=2'));
  t.ok(links.includes('https://www.example.org/en/hostile'));
  t.ok(links.includes(licenceUrl));
  t.notOk(links.some((href) => href.startsWith('javascript')));
  const pictures = blocks.filter(({ _type }) => _type === 'image').map(({ src }) => src);
  t.same(pictures, [
    'https://www.example.org/quay%20%281%29.jpg',
    `${baseUrl}/v1/articles/${story.id}/pixel.gif?locale=en`,
  ]);
});

test('as JSON it has the parts one by one, and both texts', async (t) => {
  const { data } = expectStatus(await request('GET', `${republish}?format=json`), 200).json();
  t.equal(data.html, (await request('GET', republish)).body);
  t.equal(data.markdown, (await request('GET', `${republish}?format=markdown`)).body);
  t.match(data, { canonicalUrl: 'https://www.example.org/en/hostile', byline: ['Anna <b>'], rights: { licenceUrl } });
  t.equal(data.creditHtml, data.rights.attributionHtml);
  t.match(expectStatus(await request('GET', `${republish}?format=pdf`), 400).json(), {
    errors: [{ parameter: 'format' }],
  });
});

// Seen to fail with: the day of a correction cut out of its time in UTC.
test('a correction has the same time in each of the forms, that of the newsroom', async (t) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { timeZone: 'Asia/Tbilisi' } }), 200);
  const corrections = [{ at: '2026-03-31T22:30:00Z', text: 'It was the ferry.' }];
  const { id } = await makePublished(desk, { locales: { en: { corrections } } });
  for (const path of ['republish', 'republish?format=markdown', 'markdown', 'text', 'print']) {
    const { body } = expectStatus(await request('GET', `/v1/articles/${id}/${path}`), 200);
    t.match(body, /April 1, 2026 at 02:30 AM GMT\+4/, path);
    t.notMatch(body.replaceAll(/datetime="[^"]*"/g, ''), '2026-03-31', path);
  }
});

test('what is not public, may not be republished, or not yet, is refused', async (t) => {
  const draft = await makeArticle(desk, { locales: { en: { title: 'zqdraftqz' } } });
  t.notMatch(expectStatus(await request('GET', `/v1/articles/${draft.id}/republish`), 404).body, 'zqdraftqz');
  const closed = await makePublished(desk, {
    rights: { syndicatable: false },
    locales: { en: { title: 'zqclosedqz' } },
  });
  const waiting = await makePublished(desk, { rights: { partnerEmbargoMinutes: 60 } });
  const over = await makePublished(
    desk,
    { rights: { partnerEmbargoMinutes: 60 } },
    { publishedAt: '2026-01-01T00:00:00Z' },
  );
  const { key: early } = await makePartner(desk, { embargoed: true });
  const { key: usual } = await makePartner(desk);
  for (const send of [request, as(usual), as(early)]) {
    const answer = expectStatus(await send('GET', `/v1/articles/${closed.id}/republish`), 403);
    t.equal(answer.json().code, 'not_syndicatable');
    t.notMatch(answer.body, 'zqclosedqz');
    expectStatus(await send('GET', `/v1/articles/${over.id}/republish`), 200);
  }
  for (const send of [request, as(usual)]) {
    const answer = expectStatus(await send('GET', `/v1/articles/${waiting.id}/republish`), 403);
    t.match(answer.json(), { code: 'not_syndicatable', syndicatableFrom: /^20/ });
  }
  expectStatus(await as(early)('GET', `/v1/articles/${waiting.id}/republish`), 200);
  await withClient(databaseUrl, (client) =>
    client.query(
      `update published_articles set document = replace(document, rights ->> 'syndicatableFrom', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
       from (select document::json -> 'rights' as rights from published_articles where article_id = $1) x where article_id = $1`,
      [waiting.id],
    ),
  );
  await app.forgetChanged();
  expectStatus(await request('GET', `/v1/articles/${waiting.id}/republish`), 200);
});

// Seen to fail without the parameters in the address that it leads to: as HTML in any language, for who asked for Markdown in one.
test('a story that another one stands for leads to that, asked for in the same way', async (t) => {
  const [old, other] = [await makePublished(desk), await makePublished(desk)];
  const payload = { type: 'redirect', redirectTo: other.id };
  expectStatus(await desk('POST', `/v1/desk/articles/${old.id}/locales/en/withdraw`, { version: 1, payload }), 200);
  for (const search of ['', '?format=markdown&locale=en']) {
    const { headers } = expectStatus(await request('GET', `/v1/articles/${old.id}/republish${search}`), 301);
    t.equal(headers.location, `${baseUrl}/v1/articles/${other.id}/republish${search}`);
  }
});

const sourcesOf = async (id: string) =>
  withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ source: string; views: number }>(
      'select source, sum(views)::int as views from view_counts where article_id = $1 group by 1 order by 1',
      [id],
    );
    return Object.fromEntries(rows.map(({ source, views }) => [source, views]));
  });

test('the picture counts readers, told apart by partner for the desk and as one for the public', async (t) => {
  const { partner, key } = await makePartner(desk);
  const taken = await makePublished(desk);
  const { data } = expectStatus(await as(key)('GET', `/v1/articles/${taken.id}/republish?format=json`), 200).json();
  const { pathname, search, searchParams } = new URL(data.pixelUrl);
  t.equal(searchParams.get('partner'), partner.code);
  t.notMatch(data.pixelUrl, key.slice(3));
  const load = async (path: string, remoteAddress: string, headers: Record<string, string> = FIREFOX) => {
    const answer = expectStatus(await request('GET', path, { remoteAddress, headers }), 200);
    t.same([answer.headers['content-type'], answer.headers['cache-control']], ['image/gif', 'no-store']);
    t.equal(answer.rawPayload.length, 43);
    t.equal(answer.rawPayload.subarray(0, 6).toString('latin1'), 'GIF89a');
    return answer.rawPayload.toString('base64');
  };
  const dots = new Set([
    await load(pathname + search, '192.0.2.1'),
    await load(pathname + search, '192.0.2.1'),
    await load(pathname + search, '192.0.2.2'),
    await load(`${pathname}?locale=en`, '192.0.2.3'),
    await load(`${pathname}?locale=en&partner=0000000000`, '192.0.2.4'),
    await load(`${pathname}?locale=ar&partner=${partner.code}`, '192.0.2.6'),
    await load(pathname + search, '192.0.2.7', { 'user-agent': 'Googlebot/2.1' }),
    await load(pathname + search, '192.0.2.8', { ...FIREFOX, 'sec-purpose': 'prefetch' }),
    await load(`/v1/articles/01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10/pixel.gif?partner=${partner.code}`, '192.0.2.9'),
  ]);
  t.equal(dots.size, 1, 'it looks the same whatever it did');
  expectStatus(await request('HEAD', pathname + search, { remoteAddress: '192.0.2.10', headers: FIREFOX }), 200);
  t.same(await sourcesOf(taken.id), { republished: 1, [`republished:${partner.code}`]: 2 });
  const { data: views } = (await request('GET', `/v1/articles/${taken.id}/views`)).json();
  t.match(views, { total: 3, sources: { republished: 3 } });
  t.notMatch(JSON.stringify(views), partner.code);
  const { data: buckets } = (await desk('GET', `/v1/desk/articles/${taken.id}/views`)).json();
  t.equal(buckets.total, 3);
  for (const wrong of ['partner=x', 'partner=abcdefghi!', 'locale=xx', 'x=1'])
    expectStatus(await request('GET', `${pathname}?${wrong}`), 400);
});
