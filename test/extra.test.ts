// Values of custom fields on the desk: what is taken where, what is refused with which pointer, and what publishing asks for.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

const built = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, desk } = built;
await makeLocale(desk, 'ru');
const tag = await makeTag(desk, { key: 'otters' });
const target = await makeArticle(desk);
const SEASONS = ['spring', 'autumn'];
await makeField(desk, { key: 'season', type: 'choice', choices: SEASONS });
await makeField(desk, { key: 'depth', type: 'number', kinds: ['news', 'analysis'] });
await makeField(desk, { key: 'paid', type: 'boolean' });
await makeField(desk, { key: 'day', type: 'date' });
await makeField(desk, { key: 'source', type: 'text', public: false });
await makeField(desk, { key: 'related', type: 'article' });
await makeField(desk, { key: 'animal', type: 'tag' });
await makeField(desk, { key: 'kicker', type: 'text', localised: true });
await makeField(desk, { key: 'rank', type: 'number', localised: true, kinds: ['gallery'] });

const NEUTRAL = {
  season: 'spring',
  depth: 1.5,
  paid: false,
  day: '2026-02-28',
  source: 'Zqsourceqz',
  related: target.id,
  animal: tag.id,
};
const articleAt = (id: string) => `/v1/desk/articles/${id}`;
const patch = (id: string, version: number, payload: object) => desk('PATCH', articleAt(id), { version, payload });

test('a story and its drafts hold values of every type, internal ones included', async (t) => {
  const given = { ...NEUTRAL, related: target.id.toUpperCase(), animal: 'otters' };
  const { id, extra } = await makeArticle(desk, {
    extra: given,
    locales: { en: { extra: { kicker: 'In the delta' } }, ru: { extra: { kicker: 'В дельте' } } },
  });
  t.same(extra, NEUTRAL, 'links are stored as ids');
  t.same((await getDeskArticle(desk, id)).extra, NEUTRAL);
  const draft = async (locale: string) => (await desk('GET', `${articleAt(id)}/locales/${locale}`)).json().data.extra;
  t.same([await draft('en'), await draft('ru')], [{ kicker: 'In the delta' }, { kicker: 'В дельте' }]);
  const list = expectStatus(await desk('GET', '/v1/desk/articles'), 200).json().data;
  t.same(list.find((story: { id: string }) => story.id === id).extra, NEUTRAL);
});

test('a change is merged: what is absent stays, null takes away, and a stale one is told what differs', async (t) => {
  const { id } = await makeArticle(desk, { extra: { season: 'spring', depth: 2 } });
  const answer = expectStatus(await patch(id, 1, { extra: { season: null, paid: true } }), 200);
  t.same(answer.json().data.extra, { depth: 2, paid: true });
  const stale = await patch(id, 1, { extra: { depth: 3 } });
  t.equal(stale.statusCode, 412);
  t.match(stale.json().changedFields, [{ field: 'extra.depth', yours: 3, current: 2 }]);

  const url = `${articleAt(id)}/locales/en`;
  const changed = await desk('PATCH', url, { version: 1, payload: { extra: { kicker: 'First' } } });
  t.same(expectStatus(changed, 200).json().data.extra, { kicker: 'First' });
  const cleared = await desk('PATCH', url, { version: 2, payload: { title: 'Other', extra: { kicker: null } } });
  t.match(expectStatus(cleared, 200).json().data, { title: 'Other', version: 3 });
  t.same(cleared.json().data.extra, {});
  const added = { locale: 'ru', title: 'Второй', extra: { kicker: 'Второй' } };
  t.same(expectStatus(await desk('POST', `${articleAt(id)}/locales`, { payload: added }), 201).json().data.extra, {
    kicker: 'Второй',
  });
});

const trashed = await makeArticle(desk);
expectStatus(await desk('DELETE', articleAt(trashed.id), { version: 1 }), 204);
const ABSENT = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const refused: [extra: object, member: string, code: string, message?: RegExp][] = [
  [{ saeson: 'spring' }, 'saeson', 'unknown', /nearest one here is season/],
  [{ constructor: 'x' }, 'constructor', 'unknown'],
  [{ 'a/b~c': 'x' }, 'a~1b~0c', 'unknown'],
  [{ nothing: null }, 'nothing', 'unknown'],
  [{ kicker: 'x' }, 'kicker', 'misplaced', /for each language/],
  [{ season: 'winter' }, 'season', 'choice', /spring, autumn/],
  [{ season: 7 }, 'season', 'type'],
  [{ season: '' }, 'season', 'minLength'],
  [{ season: ['spring'] }, 'season', 'type'],
  [{ depth: '1' }, 'depth', 'type'],
  [{ paid: 'true' }, 'paid', 'type'],
  [{ day: '2026-02-29' }, 'day', 'type'],
  [{ day: '2026-2-1' }, 'day', 'type'],
  [{ day: '2026-02-01T00:00:00Z' }, 'day', 'type'],
  [{ day: '0000-01-01' }, 'day', 'type'],
  [{ source: 1 }, 'source', 'type'],
  [{ source: 'a\u0000b' }, 'source', 'ill_formed'],
  [{ source: 'a\ud800b' }, 'source', 'ill_formed'],
  [{ source: 'x'.repeat(2001) }, 'source', 'maxLength'],
  [{ related: 'otters' }, 'related', 'type'],
  [{ related: ABSENT }, 'related', 'unknown'],
  [{ related: trashed.id }, 'related', 'unknown'],
  [{ animal: 'constructor' }, 'animal', 'unknown'],
  [{ animal: true }, 'animal', 'type'],
];

test('what does not fit a definition is refused with a pointer to it, and nothing is stored', async (t) => {
  const { id } = await makeArticle(desk, { extra: { season: 'spring' } });
  const rows = async () =>
    (await app.db.pool.query('select version, extra from articles union all select version, extra from drafts')).rows;
  const before = await rows();
  for (const [extra, member, code, message] of refused) {
    const answer = await patch(id, 1, { extra });
    t.equal(answer.statusCode, 400, JSON.stringify(extra).slice(0, 60));
    t.match(answer.json().errors, [{ pointer: `/extra/${member}`, code, ...(message && { message }) }]);
  }
  const two = (await patch(id, 1, { extra: { depth: 'x', day: 'y', season: 'spring' } })).json().errors;
  t.same(
    two.map(({ pointer }: { pointer: string }) => pointer),
    ['/extra/depth', '/extra/day'],
    'all of them are told',
  );
  const huge = await app.inject({
    method: 'PATCH',
    url: articleAt(id),
    headers: { authorization: `Bearer ${built.keys.admin}`, 'if-match': '"1"', 'content-type': 'application/json' },
    payload: '{"extra": {"depth": 1e999}}',
  });
  t.match(huge.json().errors, [{ pointer: '/extra/depth', code: 'type' }]);
  t.same(await rows(), before);
});

test('pointers lead into the draft that is meant, and fields belong where their definition says', async (t) => {
  const locales = { en: { title: 'A', extra: { kicker: 'fine' } }, ru: { title: 'Б', extra: { kicker: 5 } } };
  const answer = await desk('POST', '/v1/desk/articles', { payload: { locales } });
  t.match(answer.json().errors, [{ pointer: '/locales/ru/extra/kicker', code: 'type' }]);
  const { id } = await makeArticle(desk);
  const payload = { extra: { season: 'spring', rank: 1 } };
  const draft = await desk('PATCH', `${articleAt(id)}/locales/en`, { version: 1, payload });
  t.match(draft.json().errors, [
    { pointer: '/extra/season', code: 'misplaced' },
    { pointer: '/extra/rank', code: 'kind', message: /gallery, not news/ },
  ]);
});

test('the kind of a story does not change behind the back of what it holds', async (t) => {
  const { id } = await makeArticle(desk, { kind: 'gallery', locales: { en: { extra: { rank: 1 } } } });
  t.match((await patch(id, 1, { kind: 'news' })).json().errors, [{ pointer: '/kind', code: 'kind', message: /rank/ }]);
  const url = `${articleAt(id)}/locales/en`;
  expectStatus(await desk('PATCH', url, { version: 1, payload: { extra: { rank: null } } }), 200);
  expectStatus(await patch(id, 1, { kind: 'news', extra: { depth: 4 } }), 200);
  t.match((await patch(id, 2, { kind: 'page' })).json().errors, [{ pointer: '/kind', code: 'kind', message: /depth/ }]);
  expectStatus(await patch(id, 2, { kind: 'page', extra: { depth: null } }), 200);
});

test('nothing is published or scheduled without what is required; drafts can wait', async (t) => {
  const { id } = await makeArticle(desk, { kind: 'opinion', locales: { en: {}, ru: {} } });
  const only = { kinds: ['opinion' as const], required: true };
  await makeField(desk, { key: 'author', type: 'text', public: false, ...only });
  await makeField(desk, { key: 'stance', type: 'boolean', localised: true, ...only });
  const url = `${articleAt(id)}/locales/en`;
  const missing = [
    { pointer: '/extra/author', code: 'required' },
    { pointer: '/extra/stance', code: 'required' },
  ];
  const publish = (version: number) => desk('POST', `${url}/publish`, { version, payload: {} });
  t.equal((await publish(1)).statusCode, 400);
  t.match((await publish(1)).json().errors, missing);
  const at = '2029-01-01T00:00:00Z';
  const scheduled = await desk('POST', `${url}/schedule`, { version: 1, payload: { at } });
  t.match(scheduled.json().errors, missing);
  const payload = { locales: { en: { version: 1 }, ru: { version: 1 } } };
  const joint = (await desk('POST', `${articleAt(id)}/publish`, { payload })).json().errors;
  t.match(joint, [
    { pointer: '/locales/en/extra/author' },
    { pointer: '/locales/en/extra/stance' },
    { pointer: '/locales/ru/extra/author' },
    { pointer: '/locales/ru/extra/stance' },
  ]);
  const actions = (await desk('GET', `${url}/transitions`)).json().data.actions;
  const stopped = actions.filter((one: { reasons: { code: string }[] }) =>
    one.reasons.some(({ code }) => code === 'incomplete'),
  );
  t.match(stopped, [
    { action: 'publish', allowed: false, reasons: [{ message: /^author has/ }, { message: /^stance has/ }] },
    { action: 'schedule', allowed: false },
  ]);
  t.equal((await built.request('GET', `/v1/articles/${id}`)).statusCode, 404);
  expectStatus(await patch(id, 1, { extra: { author: 'Zqauthorqz' } }), 200);
  expectStatus(await desk('PATCH', url, { version: 1, payload: { extra: { stance: false } } }), 200);
  expectStatus(await publish(2), 200);
  t.equal((await makePublished(desk)).locales[0]?.status, 'published', 'other kinds are not asked');
});

test('values need the right to write the story, and the audit log holds them but for texts', async (t) => {
  const { id } = await makeArticle(desk);
  const { send: stranger } = await makePerson(built, { role: 'author' });
  const payload = { extra: { season: 'autumn', source: 'Zqsecretsourceqz' } };
  t.equal((await stranger('PATCH', articleAt(id), { version: 1, payload })).statusCode, 403);
  t.same((await getDeskArticle(desk, id)).extra, {});
  expectStatus(await patch(id, 1, payload), 200);
  const kicker = { extra: { kicker: 'Zqkickerqz' } };
  expectStatus(await desk('PATCH', `${articleAt(id)}/locales/en`, { version: 1, payload: kicker }), 200);
  const log = expectStatus(await desk('GET', `/v1/desk/audit?entity=article&entityId=${id}`), 200);
  t.match(log.json().data[0].changes, [
    { field: 'fields.season', before: null, after: 'autumn' },
    { field: 'fields.source', before: null, after: '…' },
  ]);
  t.notMatch((await desk('GET', '/v1/desk/audit?limit=100')).body, /Zq\w+qz/);
  const { rows } = await app.db.pool.query('select content from revisions where article_id = $1 order by id', [id]);
  t.match(rows.at(-2)?.content.extra, payload.extra);
  t.same(rows.at(-1)?.content.extra, kicker.extra);
});

test('an older save brings back the values it had and no others, or tells which are not taken any more', async (t) => {
  await makeField(desk, { key: 'mood', type: 'choice', choices: ['calm', 'rough'] });
  const locales = { en: { extra: { kicker: 'First' } } };
  const { id } = await makeArticle(desk, { extra: { season: 'spring', mood: 'calm' }, locales });
  const text = `${articleAt(id)}/locales/en`;
  expectStatus(await patch(id, 1, { extra: { mood: null, depth: 2, season: 'autumn' } }), 200);
  expectStatus(await desk('PATCH', text, { version: 1, payload: { extra: { kicker: null } } }), 200);
  const back = (url: string, from: number, version: number) =>
    desk('POST', `${url}/revisions/${from}/restore`, { version, payload: {} });
  expectStatus(await back(articleAt(id), 1, 2), 200);
  t.same((await getDeskArticle(desk, id)).extra, { season: 'spring', mood: 'calm' });
  expectStatus(await back(text, 1, 2), 200);
  t.same((await desk('GET', text)).json().data.extra, { kicker: 'First' });

  expectStatus(await back(articleAt(id), 2, 3), 200);
  expectStatus(await desk('DELETE', '/v1/desk/fields/mood', { version: 1 }), 204);
  const refused = expectStatus(await back(articleAt(id), 1, 4), 409).json();
  t.match(refused, { code: 'conflict', detail: /mood/ });
  t.same((await getDeskArticle(desk, id)).extra, { season: 'autumn', depth: 2 }, 'nothing changed');
});
