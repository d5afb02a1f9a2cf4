// Where redirects of paths may lead: in which form paths are kept, what is refused as a target, and that chains are flattened and loops impossible.
import fc from 'fast-check';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { redirectsIn } from './fixtures/redirects.ts';

t.setTimeout(120_000);
const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, desk } = site;
const { post, make, read, patch, remove, batch, state } = redirectsIn(site);

interface Row {
  id: string;
  path: string;
  version: number;
}

test('a path is kept in one form, and whatever means the same is the same', async (t) => {
  const forms: [given: string, kept: string][] = [
    ['/Old%20Port/', '/Old Port'],
    ['/%D0%BF%D0%BE%D1%80%D1%82', '/порт'],
    ['/cafe\u0301', '/caf\u00e9'],
    ['/a.b/c;d=e/f,g', '/a.b/c;d=e/f,g'],
    ['/..hidden/...', '/..hidden/...'],
  ];
  for (const [path, kept] of forms) t.equal((await make({ path, target: '/somewhere' })).path, kept, path);
  for (const path of ['/Old Port', '/Old%20Port', '/Old Port/', '/порт/', '/caf%C3%A9'])
    t.match(expectStatus(await post({ path, target: '/elsewhere' }), 409).json().errors, [
      { pointer: '/path', code: 'taken' },
    ]);
  t.equal((await make({ path: '/old port', target: '/x' })).path, '/old port', 'letter case counts in a path');
  t.equal((await make({ path: '/to-root', target: '/' })).target, '/');
});

const EVIL_PATHS = ['//evil.example', '/\\evil.example', '\\\\evil.example', '/%5cevil.example', '/%2f%2fevil.example'];
const BAD_PATHS = [
  ...EVIL_PATHS,
  ...['', 'about', 'https://evil.example/', '/a//b', '/a/./b', '/a/../b', '/%2e%2e/a', '/a/..', '/a%2fb', '/a%5Cb'],
  ...['/a?b=c', '/a#b', '/a%3Fb', '/a%23b', '/%ff', '/%', '/%25%32%66', '/%252f', '/%252e'],
  ...[
    '/a\nb',
    '/a%0d%0aSet-Cookie:x=y',
    '/a\u0000',
    '/%00',
    '/a\u007f',
    '/a\u0085',
    '/a\u2028',
    '/a\u202eb',
    '/a\u2066b',
  ],
  `/${'a'.repeat(500)}`,
  `/${'%61'.repeat(500)}`,
];
test('a path that two programs could read in two ways is refused with its place (G41)', async (t) => {
  const before = await state();
  for (const path of BAD_PATHS) {
    const answer = expectStatus(await post({ path, target: '/fine' }), 400).json();
    t.match(answer, { code: 'validation_failed', errors: [{ pointer: '/path' }] }, encodeURIComponent(path));
  }
  t.equal(await state(), before, 'nothing is kept');
  t.equal((await make({ path: `/${'я'.repeat(499)}`, target: '/fine' })).path.length, 500, 'the longest');
});

test('a redirect leads to another host only where scheme and host were written out, and nowhere odd (open redirects)', async (t) => {
  const before = await state();
  const odd = BAD_PATHS.filter((path) => !path.startsWith('https'));
  const foreign = [
    ...['javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'ftp://evil.example/', 'mailto:a@b.example'],
    ...['HTTPS://evil.example/', 'https:evil.example', 'https:/evil.example', 'https:\\\\evil.example', 'https://'],
    ...['https://user@evil.example/', 'https://www.example.org:x@evil.example/', 'https://:x@evil.example/'],
    'https://evil.example/\\a',
    ...[
      'https://evil.example/a b',
      'https://evil.example/\r\nX: y',
      'https://evil.example/\t',
      ' https://evil.example/',
    ],
    ...['https://evil.example/\u0085', 'https://[::1', 'http://%00.example', `https://example.com/${'a'.repeat(2000)}`],
  ];
  for (const target of [...odd, ...foreign]) {
    const answer = expectStatus(await post({ path: '/from', target }), 400).json();
    t.match(answer, { code: 'validation_failed', errors: [{ pointer: '/target' }] }, encodeURIComponent(target));
  }
  t.equal(await state(), before, 'nothing is kept');
  const kept = await make({ path: '/partner', target: 'https://Partner.Example:443/Ä?q=1#top' });
  t.equal(
    (await make({ path: '/odd', target: 'https:///Other.example' })).target,
    'https://other.example/',
    'in plain sight',
  );
  t.equal(kept.target, 'https://partner.example/%C3%84?q=1#top', 'as a Location header can carry it');
});

test('an address of this very site is a path, so that a loop through the host is seen', async (t) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  const hosts = { baseUrl: 'https://quay.example', articleUrl: 'https://news.quay.example/{locale}/{slug}' };
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: hosts }), 200);
  for (const [at, origin] of ['https://quay.example', 'https://News.Quay.example:443'].entries()) {
    const path = `/own/${at}`;
    const loop = expectStatus(await post({ path, target: `${origin}${path}/` }), 409).json();
    t.match(loop, { code: 'conflict', errors: [{ pointer: '/target', code: 'loop' }] }, origin);
    t.equal((await make({ path, target: `${origin}/own/end/` })).target, '/own/end', origin);
    for (const tail of ['?a=b', '#a'])
      t.match(expectStatus(await post({ path: '/own/x', target: `${origin}/own/y${tail}` }), 400).json().errors, [
        { pointer: '/target', code: 'own' },
      ]);
    t.equal((await post({ path: '/own/x', target: `${origin}/own//y` })).statusCode, 400);
  }
  t.equal(
    (await make({ path: '/own/z', target: 'https://quay.example.evil.example/own' })).status,
    301,
    'another host',
  );
});

test('chains are flattened as they are made, from either end, and are for good only if every step is', async (t) => {
  const live = await makePublished(desk);
  const a = await make({ path: '/chain/a', target: '/chain/b', status: 308 });
  const b = await make({ path: '/chain/b', target: '/chain/c', status: 302 });
  t.match(await read(a.id), { target: '/chain/c', status: 307, version: 2 });
  t.match(await make({ path: '/chain/z', target: '/chain/a' }), { target: '/chain/c', status: 302, version: 1 });
  t.match(await make({ path: '/chain/y', target: '/chain/b/' }), { target: '/chain/c', status: 302 });
  const c = await make({ path: '/chain/c', story: { articleId: live.id, locale: 'en' } });
  for (const { id } of [a, b]) t.match(await read(id), { target: null, story: { articleId: live.id } });
  t.match(await make({ path: '/chain/x', target: '/chain/c' }), { story: { articleId: live.id }, status: 301 });
  expectStatus(await remove(c.id, 1), 204);
  t.match(await read(b.id), { story: { articleId: live.id } }, 'what led through it leads on as it does');
  await make({ path: '/chain/gone', status: 410 });
  t.match(await make({ path: '/chain/w', target: '/chain/gone' }), { target: null, status: 410 });
  await make({ path: '/chain/v', target: '/chain/end', status: 308 });
  t.match(await make({ path: '/chain/u', target: '/chain/v' }), { target: '/chain/end', status: 301 });
});

test('a loop is refused, however long and however spelt, and nothing changes', async (t) => {
  const first = await make({ path: '/loop/a', target: '/loop/b' });
  await make({ path: '/loop/b', target: '/loop/c' });
  const before = await state();
  const loops = [
    await post({ path: '/loop/c', target: '/loop/a' }),
    await post({ path: '/loop/c', target: '/loop/%62/' }),
    await post({ path: '/loop/self', target: '/loop/%73elf/' }),
    await patch(first.id, 2, { target: '/loop/a' }),
  ];
  for (const answer of loops) t.match(expectStatus(answer, 409).json().errors, [{ pointer: '/target', code: 'loop' }]);
  const round = await batch([
    { path: '/loop/1', target: '/loop/2' },
    { path: '/loop/2', target: '/loop/3' },
    { path: '/loop/3', target: '/loop/1' },
  ]);
  t.match(expectStatus(round, 409).json().errors, [{ pointer: '/redirects/2/target', code: 'loop' }]);
  t.equal(await state(), before);
});

// Seen to fail without lockRedirects(): two at once led to each other.
test('whatever is made, changed and deleted, and by how many at once, no redirect leads to another', async () => {
  const path = fc.constantFrom('/p/a', '/p/b', '/p/c', '/p/d', '/p/e');
  const step = fc.record({ do: fc.constantFrom('make', 'make', 'move', 'turn', 'drop'), path, target: path });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (rounds) => {
      await app.db.pool.query('delete from path_redirects');
      for (const round of rounds) {
        const { rows } = await app.db.pool.query<Row>('select * from path_redirects order by path');
        const answers = await Promise.all(
          round.map((one) => {
            const row = rows.find((candidate) => candidate.path === one.path);
            if (!row || one.do === 'make') return post({ path: one.path, target: one.target, status: 302 });
            if (one.do === 'drop') return remove(row.id, row.version);
            return patch(row.id, row.version, one.do === 'move' ? { path: one.target } : { target: one.target });
          }),
        );
        for (const { statusCode, body } of answers)
          if (![200, 201, 204, 404, 409, 412].includes(statusCode)) throw new Error(body);
      }
      const { rows } = await app.db.pool.query(
        'select a.path, a.target from path_redirects a join path_redirects b on a.target = b.path',
      );
      if (rows.length > 0) throw new Error(JSON.stringify(rows));
    }),
    { numRuns: 40 },
  );
});
