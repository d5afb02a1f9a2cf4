// How many SQL statements a partner's request takes: those of the public, one for its key, one for its quota, and none for what it takes.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { recordStatements } from './fixtures/sent.ts';
import { makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false }, cacheMb: 0 });
await makeRegion(desk, { key: 'gulf' });
await makeTag(desk, { key: 'oil' });
const mine = { region: 'gulf', tags: ['oil'] };
for (let n = 0; n < 20; n += 1) await makePublished(desk, mine);
const { id } = await makePublished(desk, { ...mine, locales: { en: { slug: 'counted' } } });
const { key } = await makePartner(desk, { regions: ['gulf'], tags: ['oil'], locales: ['en'], perMinute: 10_000 });
const send = as(key);
const sent = recordStatements(t);
/** Those that are prepared by name; how often a stream looks for the end of the log is up to whoever else writes. */
const named = () => sent.filter((name) => !name.includes(' ') && !['note_takings', 'changes_head'].includes(name));

/** More than the public, whose story is told by one statement: whether it is the partner's is a second. */
const PATHS: [path: string, more: number][] = [
  ['/v1/articles', 0],
  ['/v1/articles?limit=1&fields=title,body', 0],
  [`/v1/articles/${id}`, 1],
  ['/v1/articles/by-slug/en/counted', 1],
  ['/v1/feeds/rss', 0],
  ['/v1/feeds/atom?region=gulf', 0],
  ['/v1/feeds/json?limit=1', 0],
  ['/v1/ninjs', 0],
  [`/v1/articles/${id}/ninjs`, 1],
  [`/v1/articles/${id}/jsonld`, 1],
  [`/v1/articles/${id}/text`, 1],
  [`/v1/articles/${id}/markdown`, 1],
  [`/v1/articles/${id}/republish`, 1],
  ['/v1/search?q=harbour', 0],
  ['/v1/search?q=harbour&facets=region,tag', 0],

  ['/v1/search/suggest?q=har', 0],
  ['/v1/changes', 0],
  ['/v1/changes?include=item&regions=gulf&limit=1', 0],
  ['/v1/changes/stream?seconds=0', 0],
];

test("a partner's request takes what that of the public takes, its key and its quota, however much it is told", async (t) => {
  for (const by of [request, send]) expectStatus(await by('GET', '/v1/articles'), 200); // what is asked once for each process
  for (const [path, more] of PATHS) {
    sent.length = 0;
    expectStatus(await request('GET', path), 200);
    const open = named().length;
    sent.length = 0;
    expectStatus(await send('GET', path), 200);
    const own = named();
    const others = sent.filter((name) => name.includes(' '));
    t.equal(own.filter((name) => name === 'count_quotas').length, 1, path);
    t.equal(own.length - 1, open + more, `${path}: ${own.join(', ')}`);
    t.equal(others.filter((name) => name.includes('api_keys')).length, others.length, others.join('; '));
    t.ok(others.length <= 2, 'its key, and at most once a minute that it was used');
  }
});

test('what many requests take is written together', async (t) => {
  await app.takings.flush();
  sent.length = 0;
  await Promise.all(Array.from({ length: 40 }, () => send('GET', '/v1/feeds/rss')));
  await app.takings.flush();
  const times = (name: string) => sent.filter((one) => one === name).length;
  t.ok(times('note_takings') <= 5, `${times('note_takings')} for 40 feeds of 21 stories`);
  t.ok(times('count_quotas') <= 40);
});
