// Feeds of any list of stories: filters and pages as in lists, answers that caches may keep, and who is in no feed of any filter.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { ageChanges, FORMATS, feedsThrough, readElements, readEntries, TYPES } from './fixtures/feeds.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk } = await buildTestApp(t);
const read = feedsThrough(request);
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'coast' });
await makeTag(desk, { key: 'ferries' });
await makeContributor(desk, { key: 'anna' });
const story = await makePublished(
  desk,
  { region: 'coast', tags: ['ferries'], byline: ['anna'] },
  { publishedAt: '2026-01-01T20:30:00Z' },
);
const uri = (await request('GET', `/v1/articles/${story.id}`)).json().data.uri as string;

test('any filter of lists is one of feeds, names the feed, and pages lead on', async (t) => {
  await makeTag(desk, { key: 'paged', name: 'Paged & more' });
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift((await makePublished(desk, { tags: ['paged'] })).id);
  for (const format of FORMATS) {
    const seen: string[] = [];
    let next: string | undefined = '/v1/feeds/FORMAT?content=summary&limit=2&tag=paged'.replace('FORMAT', format);
    for (let page = 0; next; page += 1) {
      const answer = expectStatus(await request('GET', next), 200);
      seen.push(...readEntries(format, answer.body).map(({ id }) => String(id).split('/')[1] ?? ''));
      const links: Record<string, string> =
        format === 'json'
          ? { next: answer.json().next_url, self: answer.json().feed_url }
          : Object.fromEntries(
              readElements(answer.body)
                .filter(
                  ({ name, attributes }) =>
                    /^(atom:)?link$/.test(name) && attributes.type === TYPES[format].split(';')[0],
                )
                .map(({ attributes: { rel = '', href = '' } }) => [rel, href]),
            );
      t.equal(links.self, `https://api.example.org${next}`, 'it names itself by its canonical address');
      if (format !== 'json') {
        t.equal(links.first, `https://api.example.org/v1/feeds/${format}?content=summary&limit=2&tag=paged`);
        t.equal('previous' in links, page > 0);
        t.match(answer.body, 'Paged &#x26; more');
      }
      next = links.next?.replace('https://api.example.org', '');
    }
    t.same(seen, ids, format);
  }
  for (const filter of ['region=coast', 'tagAll=ferries', 'contributor=anna', 'kind=news', `ids=${story.id}`]) {
    const { entries } = await read('json', `?${filter}&publishedBefore=2026-02-01T00:00:00Z`);
    t.same(
      entries.map(({ id }) => id),
      [uri],
      filter,
    );
  }
  t.same((await read('atom', '?region=coast&publishedAfter=2026-02-01T00:00:00Z')).entries, []);
});

test('what is not known is refused: parameters, values, terms, languages, limits, foreign cursors', async (t) => {
  const cases = [
    ['fields=title', 400, 'fields'],
    ['include=views', 400, 'include'],
    ['count=exact', 400, 'count'],
    ['sort=publishedAt', 400, 'sort'],
    ['content=half', 400, 'content'],
    ['region=nowhere', 400, 'region'],
    ['locale=xx', 400, 'locale'],
    ['limit=101', 400, 'limit'],
    ['cursor=AAAA', 400, 'cursor'],
    ['content=full&content=summary', 400, 'content'],
  ] as const;
  for (const format of FORMATS) {
    for (const [query, status, parameter] of cases) {
      const answer = await request('GET', `/v1/feeds/${format}?${query}`);
      t.equal(answer.statusCode, status, query);
      t.equal(answer.json().errors[0].parameter, parameter, query);
    }
  }
  t.equal((await request('GET', '/v1/feeds/rdf')).statusCode, 404);
  t.equal((await request('POST', '/v1/feeds/rss')).statusCode >= 400, true);
});

test('it is found unchanged by ETag and by time, kept, coded, and dropped by the next story', async (t) => {
  for (const format of FORMATS) {
    const path = `/v1/feeds/${format}?region=coast`;
    await ageChanges(app, 120_000);
    const first = expectStatus(await request('GET', path), 200);
    const { etag, 'last-modified': time } = first.headers;
    t.equal((await request('GET', path, { headers: { 'if-none-match': String(etag) } })).statusCode, 304);
    t.equal((await request('GET', path, { headers: { 'if-modified-since': String(time) } })).statusCode, 304);
    t.match(first.headers['cache-groups'], /"articles\/en\/region\/.*", "regions", "site"/);
    t.match(expectStatus(await request('HEAD', path), 200), { body: '', headers: { etag } });
    const coded = await app.inject({ url: path, headers: { 'accept-encoding': 'br' } });
    t.match(coded.headers, { 'content-encoding': 'br', 'content-type': TYPES[format] });
    await makePublished(desk, { region: 'coast', locales: { en: { title: `Next in ${format}` } } });
    const later = expectStatus(await request('GET', path, { headers: { 'if-none-match': String(etag) } }), 200);
    t.equal(readEntries(format, later.body)[0]?.title, `Next in ${format}`);
  }
});

test('drafts, scheduled, unpublished and withdrawn stories are in no feed of any filter (G11)', async (t) => {
  await makeTag(desk, { key: 'hidden' });
  const make = (state: string) =>
    makeArticle(desk, {
      region: 'coast',
      tags: ['hidden'],
      byline: ['anna'],
      locales: { en: { title: `CANARY ${state}`, slug: `canary-${state}`, body: { text: `CANARY ${state}` } } },
    });
  await make('draft');
  const scheduled = await make('scheduled');
  const payload = { at: '2029-01-01T00:00:00Z' };
  expectStatus(
    await desk('POST', `/v1/desk/articles/${scheduled.id}/locales/en/schedule`, { version: 1, payload }),
    201,
  );
  for (const [state, move] of [
    ['unpublished', 'unpublish'],
    ['withdrawn', 'withdraw'],
  ] as const) {
    const { id } = await publishArticle(desk, await make(state));
    t.match((await read('rss', '?tag=hidden')).answer.body, `CANARY ${state}`);
    expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/${move}`, { version: 1, payload: {} }), 200);
  }
  for (const format of FORMATS) {
    for (const query of [
      '',
      '?tag=hidden',
      '?region=coast',
      '?contributor=anna',
      '?kind=news',
      '?sort=-updatedAt',
      '?locale=ru&fallback=site',
    ]) {
      t.notMatch((await read(format, query)).answer.body, /canary/i, `${format}${query}`);
    }
  }
});
