// What a card shows beside the headline: the picture, the terms and the credit; and that none of it is more than words or a link.
import { JSDOM } from 'jsdom';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makeMedia } from './fixtures/media.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const SITE = 'https://www.example.org';
const ask = (url: string, more = '') => request('GET', `/v1/oembed?url=${encodeURIComponent(url)}${more}`);

// Seen to fail without each condition of thumbnailOf() in oembed/card.ts.
test('a picture comes with both of its sides, or not at all where it is too large for the card or of a size that nobody knows', async (t) => {
  const { url, id: image } = await makeMedia(desk, { width: 800, height: 400 });
  const { id: unknown } = await makeMedia(desk);
  // As an import leaves one that nobody measured.
  await app.db.pool.query('update media set width = null, height = null where id = $1', [unknown]);
  await makePublished(desk, { image, locales: { en: { slug: 'with-picture' } } });
  await makePublished(desk, { image: unknown, locales: { en: { slug: 'with-unknown' } } });
  const whole = { thumbnail_url: url, thumbnail_width: 800, thumbnail_height: 400 };
  for (const [slug, limits, expected] of [
    ['with-picture', '', whole],
    ['with-picture', '&maxwidth=800&maxheight=400', whole],
    ['with-picture', '&maxwidth=799', {}],
    ['with-picture', '&maxheight=399', {}],
    ['with-unknown', '', {}],
  ] as const) {
    const card: object = expectStatus(await ask(`${SITE}/en/${slug}`, limits), 200).json();
    const told = Object.entries(card).filter(([name]) => name.startsWith('thumbnail'));
    t.same(Object.fromEntries(told), expected, `${slug} ${limits}`);
  }
});

// Seen to fail with terms as they are where they lead nowhere: the picture was there. And without attributionUrl in oembed/card.ts.
test('terms that stand nowhere are words in the card, and the credit leads where it is wanted', async (t) => {
  const usageTerms = '<img src=x onerror=alert(1)> & so on';
  const own = { usageTerms: { en: usageTerms }, attributionUrl: 'https://ferry.example/' };
  await makePublished(desk, { rights: own, locales: { en: { slug: 'with-terms' } } });
  const { html } = expectStatus(await ask(`${SITE}/en/with-terms`), 200).json();
  const { document } = new JSDOM(html).window;
  t.equal(document.querySelector('footer small')?.textContent, usageTerms);
  t.equal(document.querySelector('img, small a'), null);
  t.equal(document.querySelector('footer a')?.getAttribute('href'), 'https://ferry.example/');
});
