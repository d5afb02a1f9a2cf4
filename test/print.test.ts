// The print version: what stands on it, in which language and direction, and that nothing in it runs, whatever a story is called.
import { hash } from 'node:crypto';
import { JSDOM, VirtualConsole } from 'jsdom';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { makeMedia } from './fixtures/media.ts';
import { makeContributor, makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ar', { position: 1 });
await makeLocale(desk, 'ru', { position: 2 });
await makeRegion(desk, { key: 'coast', name: 'Coast' });
await makeContributor(desk, { key: 'anna', name: 'Anna' });
const changeSite = async (payload: object) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload }), 200);
};
await changeSite({ timeZone: 'Asia/Tbilisi', rights: { usageTerms: { en: 'Only with a link.', ar: 'بشرط الرابط.' } } });

async function print(id: string, locale = 'en') {
  const answer = expectStatus(await request('GET', `/v1/articles/${id}/print?locale=${locale}`), 200);
  // With scripts on: what would run in a browser that does not heed the policy runs here.
  const ran: string[] = [];
  const dom = new JSDOM(answer.body, {
    runScripts: 'dangerously',
    virtualConsole: new VirtualConsole(),
    beforeParse: (window) => Object.assign(window, { alert: (text: string) => ran.push(text) }),
  });
  return {
    answer,
    ran,
    document: dom.window.document,
    text: (selector: string) => dom.window.document.querySelector(selector)?.textContent,
  };
}

test('a story is printed with its text, byline, dates, corrections, licence line and address', async (t) => {
  const { id } = await makePublished(
    desk,
    {
      region: 'coast',
      byline: ['anna'],
      locales: {
        en: {
          title: 'Ferry sails',
          slug: 'ferry-prints',
          standfirst: 'At last.',
          body: {
            markdown:
              '## Arrivals\n\nIt *sails*, see [the table](/table) and [above](#s-arrivals).\n\n![Quay](/quay.jpg)',
          },
          corrections: [{ at: '2026-01-02T10:00:00Z', text: 'It was two.' }],
        },
      },
    },
    { publishedAt: '2026-01-01T20:30:00Z' },
  );
  const { answer, document, text } = await print(id);
  t.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
  t.equal(answer.headers['content-language'], 'en');
  t.same([document.documentElement.lang, document.documentElement.dir], ['en', 'ltr']);
  t.equal(text('h1'), 'Ferry sails');
  t.equal(text('title'), 'Ferry sails · Newsroom');
  t.equal(text('header strong'), 'At last.');
  t.equal(text('address'), 'Anna');
  t.match(text('header time'), /^January 2, 2026 at 12:30\sAM GMT\+4$/, 'in the time zone of the newsroom');
  t.equal(document.querySelector('header time')?.getAttribute('datetime'), '2026-01-01T20:30:00.000Z');
  t.match(text('aside'), /January 2, 2026.*: It was two\./);
  t.match(text('footer'), /Only with a link\./);
  const address = 'https://www.example.org/en/ferry-prints';
  t.equal(document.querySelector('link[rel=canonical]')?.getAttribute('href'), address);
  t.equal(text('footer a'), address);
  t.equal(text('#s-arrivals'), 'Arrivals');
  // As they are written: with a <base>, a fragment would lead to the site, too.
  const written = (selector: string, name: string) =>
    Array.from(document.querySelectorAll(selector), (element) => element.getAttribute(name));
  t.same(
    [...written('article > p a', 'href'), ...written('img', 'src')],
    ['https://www.example.org/table', '#s-arrivals', 'https://www.example.org/quay.jpg'],
    'relative addresses are those of the site, and what stands on this page is found on it',
  );
  t.equal(document.querySelector('base'), null);
});

test('it is in the language of the story, from right to left where that is written so', async (t) => {
  const { id } = await makePublished(
    desk,
    { locales: { ar: { title: 'أبحرت العبارة', slug: 'أبحرت' }, ru: { title: 'Паром', slug: 'паром' } } },
    { publishedAt: '2026-01-01T20:30:00Z' },
  );
  const arabic = await print(id, 'ar');
  t.same([arabic.document.documentElement.lang, arabic.document.documentElement.dir], ['ar', 'rtl']);
  t.match(arabic.text('header time'), /يناير/);
  t.match(arabic.text('footer'), /بشرط الرابط/);
  t.equal(arabic.document.querySelector('footer a')?.getAttribute('dir'), 'ltr');
  t.equal(arabic.text('footer a'), 'https://www.example.org/ar/أبحرت');
  t.match((await print(id, 'ru')).text('header time'), /2 января 2026/);
});

// Seen to fail with `>=` for `>` in print/page.ts.
test('of a story that was not changed since it was published, one time is told, else both', async (t) => {
  const { id } = await makePublished(desk);
  t.notMatch((await print(id)).text('header div.about'), '↻');
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload: { title: 'Changed' } }),
    200,
  );
  await publishArticle(desk, { id });
  t.match((await print(id)).text('header div.about'), '↻');
});

test('its policy lets nothing in but its own style and pictures', async (t) => {
  const { id } = await makePublished(desk);
  const { answer, document } = await print(id);
  const policy = String(answer.headers['content-security-policy']);
  const [style, ...others] = document.querySelectorAll('style');
  t.equal(others.length, 0);
  t.ok(policy.includes(`style-src 'sha256-${hash('sha256', style?.textContent ?? '', 'base64')}'`));
  t.match(policy, /^default-src 'none'; .*base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
  t.notMatch(policy, /script-src|unsafe|connect-src/);
  t.equal(answer.headers['x-content-type-options'], 'nosniff');
  t.equal(document.querySelectorAll('[style], script, iframe, object, embed, form').length, 0);
});

test('whatever a story, its author and its licence are called, nothing of it runs', async (t) => {
  // Seen to fail with the title written as it is, and what a picture shows and is called.
  const hostile = [
    '</title><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '</style><svg onload=alert(1)>',
    '<base href="https://evil.example/">',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '\u202Eidib\u2066',
  ];
  for (const [n, text] of hostile.entries()) {
    const key = `hostile-${n}`;
    await makeContributor(desk, { key, name: text });
    await makeRegion(desk, { key, name: text });
    const { id: image } = await makeMedia(desk, { texts: { en: { alt: text, caption: text, credit: text } } });
    const { id } = await makePublished(desk, {
      image,
      region: key,
      byline: [key],
      rights: { usageTerms: { en: text }, holder: text },
      locales: {
        en: {
          title: text,
          slug: key,
          standfirst: text,
          body: { text },
          corrections: [{ at: '2026-01-02T10:00:00Z', text }],
        },
      },
    });
    const { ran, document, text: at } = await print(id);
    t.same(ran, [], text);
    t.equal(document.querySelectorAll('script, svg, base, [onload], [onerror]').length, 0, text);
    const pictures = Array.from(document.images, ({ alt }) => alt);
    t.same([pictures, at('figcaption')], [[text], `${text} · ${text}`]);
    t.same(
      [at('h1'), at('header strong'), at('address'), at('footer p'), at('aside bdi'), at('article > p')],
      [text, text, text, text, text, text],
      'and all of it is there to be read',
    );
  }
});

test('what is not public is not printed, and is told as the story itself is', async (t) => {
  const draft = await makeArticle(desk, { locales: { en: { title: 'CANARY' } } });
  const told = async (path: string) => {
    const answer = await request('GET', path);
    return { status: answer.statusCode, ...answer.json(), traceId: '' };
  };
  const nobody = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
  t.same(await told(`/v1/articles/${draft.id}/print`), await told(`/v1/articles/${nobody}/print`));
  const story = await makePublished(desk, { locales: { en: {}, ru: {} } });
  t.match(await told(`/v1/articles/${story.id}/print?locale=ar`), { status: 404, translations: [{}, {}] });
  const target = await makePublished(desk);
  const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
  const payload = { type: 'redirect', redirectTo: target.id };
  expectStatus(await desk('POST', `/v1/desk/articles/${story.id}/locales/en/withdraw`, { version, payload }), 200);
  const moved = expectStatus(await request('GET', `/v1/articles/${story.id}/print?locale=en`), 301);
  t.equal(moved.headers.location, `https://api.example.org/v1/articles/${target.id}/print?locale=en`);
  t.match(await told(`/v1/articles/${target.id}/print?locale=xx`), { status: 400, code: 'unknown_locale' });
  t.match(await told(`/v1/articles/${target.id}/print?size=a4`), { status: 400, errors: [{ parameter: 'size' }] });
});

test('it is found unchanged, kept, coded, and dropped by a change of the story or the site', async (t) => {
  const { id } = await makePublished(desk, {
    locales: { en: { title: 'Before', body: { text: 'Long. '.repeat(400) } } },
  });
  const path = `/v1/articles/${id}/print`;
  const first = await request('GET', path);
  const unchanged = { headers: { 'if-none-match': String(first.headers.etag) } };
  t.equal(expectStatus(await request('GET', path, unchanged), 304).body, '');
  t.match(first.headers['cache-groups'], new RegExp(`"article/${id}"`));
  const coded = await request('GET', path, { headers: { 'accept-encoding': 'br' } });
  t.equal(coded.headers['content-encoding'], 'br');
  t.equal(coded.headers['content-security-policy'], first.headers['content-security-policy']);
  await changeSite({ timeZone: 'UTC' });
  const later = expectStatus(await request('GET', path, unchanged), 200);
  t.ok(later.body.includes('UTC'));
});
