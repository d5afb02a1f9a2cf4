// Keys, versions, cursors and media types of every operation under attack (generated from the OpenAPI document): refused, nothing written.
import tap, { type Test, test } from 'tap';
import type { Answer, RequestOptions } from './fixtures/app.ts';
import { buildNewsroom, type Target } from './fixtures/attacks.ts';
import { makePublished } from './fixtures/factories.ts';
import { problemOf, wrongRefusal } from './fixtures/refusals.ts';

const newsroom = await buildNewsroom(tap);
const { request, desk, as, keyWith, keys, targets, digest } = newsroom;

/** As it would be taken: valid but for what an attack changes. */
const soundOf = ({ version, body }: Target): RequestOptions => ({
  ...(version !== undefined && { version }),
  ...(body && { payload: body }),
});

/** Sends each attack on each target and tells all that was not refused as it should be. */
async function attackAll(
  t: Test,
  attacks: (target: Target) => [what: string, answer: () => Promise<Answer>, status: number, parameter?: string][],
): Promise<void> {
  const before = await digest();
  for (const target of targets) {
    const wrong: string[] = [];
    for (const [what, send, status, parameter] of attacks(target)) {
      const answer = await send();
      const found = wrongRefusal(answer, [status]);
      if (parameter && problemOf(answer.body).errors?.[0]?.parameter !== parameter)
        found.push(`does not name ${parameter}`);
      wrong.push(...found.map((text) => `${what} ${text}`));
    }
    t.same(wrong, [], target.name);
  }
  t.equal(await digest(), before, 'nothing was written');
}

// Seen to fail with: `if (needed === 'public') done();` in plugins/access.ts.
test('a wrong key is refused by every operation, public ones included, before the body is read (G20, G24)', async (t) => {
  const expired = await keyWith(['site:write'], { expiresAt: new Date(Date.now() - 1_000) });
  const forged = `${keys.admin.slice(0, -1)}${keys.admin.endsWith('0') ? '1' : '0'}`;
  const wrong = [
    'Bearer',
    'Bearer ',
    `Bearer ${forged}`,
    `Bearer ${'x'.repeat(40)}`,
    `Bearer ${expired}`,
    `Basic ${keys.admin}`,
    keys.admin,
    'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.',
  ];
  await attackAll(t, (target) => [
    ...wrong.map((authorization) => {
      const send = () => request(target.method, target.path, { ...soundOf(target), headers: { authorization } });
      return [`Authorization: ${authorization.slice(0, 30)}`, send, 401] as [string, typeof send, number];
    }),
    ...(target.isKeyed
      ? ([['no key', () => request(target.method, target.path, { payload: '{' }), 401]] as [
          string,
          () => Promise<Answer>,
          number,
        ][])
      : []),
  ]);
});

test('a key without the scope is refused by every operation that needs one, before anything is done (G24)', async (t) => {
  const none = as(await keyWith([]));
  await attackAll(t, (target) =>
    target.scope ? [['no scope', () => none(target.method, target.path, soundOf(target)), 403]] : [],
  );
});

// Seen to fail with: `if (given === undefined) return 1;` in preconditions.ts.
test('a change that names no version, an old one or nonsense is refused', async (t) => {
  await attackAll(t, (target) => {
    if (target.version === undefined) return [];
    const payload = target.body && { payload: target.body };
    const nonsense = [
      '*',
      '1',
      'W/"1"',
      '"0"',
      '"-1"',
      '"1", "2"',
      '""',
      '"01"',
      '"1e0"',
      `"${'9'.repeat(30)}"`,
      '"999999999999"',
    ];
    return [
      ['no If-Match', () => desk(target.method, target.path, { ...payload }), 428],
      ['a stale If-Match', () => desk(target.method, target.path, { ...payload, version: 99_999_999 }), 412],
      ...nonsense.map((value): [string, () => Promise<Answer>, number, string] => [
        `If-Match: ${value}`,
        () => desk(target.method, target.path, { ...payload, headers: { 'if-match': value } }),
        400,
        'if-match',
      ]),
    ];
  });
});

const FORM = 'application/x-www-form-urlencoded';
// Seen to fail with: `app.addContentTypeParser('text/plain', ...)` as JSON in plugins/conventions.ts, and without its Content-Encoding hook.
test('a body of another media type or coding is refused by every operation that takes one (G35, G36, G64)', async (t) => {
  const types = [
    'text/plain',
    FORM,
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json-patch+json',
    'application/xml',
    'text/json',
    'json',
    'application',
    '*/*',
    'application/json/x',
    'application/json garbage',
    'application/vnd.api+json',
    '',
    ';',
    'text/plain;application/json',
  ];
  await attackAll(t, (target) => {
    if (!target.body) return [];
    const sound = soundOf(target);
    const as =
      (type: string, more = {}) =>
      () =>
        desk(target.method, target.path, {
          ...sound,
          payload: JSON.stringify(target.body),
          headers: { 'content-type': type, ...more },
        });
    return [
      ...types.map((type): [string, () => Promise<Answer>, number] => [
        `Content-Type: ${JSON.stringify(type)}`,
        as(type),
        415,
      ]),
      ...['gzip', 'br', 'deflate', 'x-gzip', 'gzip, identity', 'zstd'].map(
        (coding): [string, () => Promise<Answer>, number] => [
          `Content-Encoding: ${coding}`,
          as('application/json', { 'content-encoding': coding }),
          415,
        ],
      ),
    ];
  });
});

// Seen to fail with: `const genuine = payload.length > 0` in plugins/cursors.ts.
test('a cursor that was altered, or made for other filters or another list, is refused', async (t) => {
  for (let more = 0; more < 2; more += 1) await makePublished(desk, { region: 'armenia', tags: ['economy'] });
  const lists = targets.filter(({ parameters }) => parameters.some(({ name }) => name === 'cursor'));
  const cursorOf = async (url: string) => {
    const answer = await desk('GET', url);
    // Feeds are not in the form of other lists; what they have in common is the header.
    const [, linked] = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link)) ?? [];
    const next: string | null = linked ?? answer.json().links.next;
    return next === null ? null : new URL(next).searchParams.get('cursor');
  };
  const withQuery = (path: string, query: string) => `${path}${path.includes('?') ? '&' : '?'}${query}`;
  const foreign = await Promise.all(lists.map(({ path }) => cursorOf(withQuery(path, 'limit=1'))));
  const short = lists.filter((_, at) => foreign[at] === null).map(({ name }) => name);
  t.same(short, [], 'every list has a second page');
  for (const [at, { path, parameters, name }] of lists.entries()) {
    const own = foreign[at] ?? '';
    t.equal((await desk('GET', withQuery(path, `limit=1&cursor=${own}`))).statusCode, 200, `${name} takes its own`);
    const flip = (place: number) => own.slice(0, place) + (own[place] === 'A' ? 'B' : 'A') + own.slice(place + 1);
    const altered = [
      flip(0),
      flip(12),
      flip(own.length - 2),
      own.slice(0, -1),
      own.slice(4),
      `${own}A`,
      own + own,
      own.slice(0, 22),
      `${own}=`,
      `${own}%00`,
    ];
    const others = foreign.filter((cursor) => cursor !== own);
    const mayFilter = parameters.some((parameter) => parameter.name === 'locale' && !parameter.required);
    const filtered = mayFilter ? [`locale=hy&cursor=${own}`] : [];
    const wrong: string[] = [];
    for (const query of [...[...altered, ...others].map((cursor) => `cursor=${cursor}`), ...filtered]) {
      const answer = await desk('GET', withQuery(path, `limit=1&${query}`));
      const found = wrongRefusal(answer, [400]);
      if (problemOf(answer.body).errors?.[0]?.parameter !== 'cursor') found.push('does not name the cursor');
      wrong.push(...found.map((text) => `${query} ${text}`));
    }
    t.same(wrong, [], name);
  }
});
