// The import command with --fetch-media: what it says, what it leaves behind, being killed among its pictures; and kept pictures in an export.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { exportNewsroom } from '../src/modules/exports/exporting.ts';
import { lab, NOTHING, story, textOf } from './fixtures/importing.ts';
import { png } from './fixtures/pictures.ts';
import { sourceFile, start } from './fixtures/processes.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { openPool } from './fixtures/sql.ts';

const COMMAND = sourceFile('src/commands/import.ts');

const command = (t: Test, url: string, args: string[]) =>
  start(t, [COMMAND, ...args], {
    cwd: t.testdirName,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: url,
      DATA_DIR: join(t.testdirName, 'data'),
      BASE_URL: 'https://api.example.org',
      OUTBOUND_ALLOW: 'loopback',
    },
  });

/** One picture for each path, none under /absent. */
async function host(t: Test) {
  const receiver = await startReceiver(t);
  receiver.answer = (response, { path }) => {
    if (path === '/absent') response.writeHead(404).end();
    else response.writeHead(200).end(png(20, 10, path));
  };
  return receiver;
}

test('the command says how many it fetched, and writes of each that it could not into the report', async (t) => {
  const folder = t.testdir({});
  const { url: from } = await host(t);
  const { url, column } = await lab(t);
  const file = join(folder, 'stories.ndjson');
  const picture = (path: string) => ({ url: from + path, alt: 'A' });
  await writeFile(file, textOf(['/1', '/2', '/absent'].map((path, n) => story(n, { image: picture(path) }))));
  const report = join(folder, 'report.txt');
  const done = await command(t, url, [file, '--fetch-media', '--report', report]).ended;
  t.equal(done.code, 0, done.out);
  t.match(done.out, /2 pictures fetched \(0\.0 MB\), 1 not to be had\.\n/);
  t.match(
    done.out,
    /Fetched: 2 image\/png\nNote: the picture http.*\/absent was not fetched: it was answered with the status 404\n/,
  );
  t.equal(await readFile(report, 'utf8'), `picture ${from}/absent: it was answered with the status 404\n`);
  t.equal((await readdir(join(folder, 'data', 'media'))).length, 2);
  t.same(await column("select count(*)::int from media where url like 'https://api.example.org/media/%.png'"), [2]);
  t.match(await command(t, url, [file, '--fetch-media', '--dry-run']).ended, {
    code: 1,
    err: /--dry-run writes nothing/,
  });
});

test('killed among its pictures, it goes on without fetching one that it has', async (t) => {
  const folder = t.testdir({});
  const receiver = await host(t);
  const { url, column } = await lab(t);
  const file = join(folder, 'stories.ndjson');
  const count = 150;
  const lines = Array.from({ length: count }, (_, n) => story(n, { image: { url: `${receiver.url}/${n}`, alt: 'A' } }));
  await writeFile(file, textOf(lines));
  const first = command(t, url, [file, '--fetch-media']);
  while (receiver.received.length < 40) await new Promise((done) => setTimeout(done, 5));
  first.process.kill('SIGKILL');
  await first.ended;
  const [had] = await column('select count(*)::int from media_copies');
  t.ok(Number(had) > 0 && Number(had) < count, `${had} were had`);
  const asked = receiver.received.length;
  t.match(await command(t, url, [file, '--fetch-media']).ended, { code: 0 });
  t.equal(receiver.received.length, asked + count - Number(had));
  t.same(await column("select count(*)::int from media where url like 'https://api.example.org/media/%'"), [count]);
  // What was being written is left for an hour.
  const kept = (await readdir(join(folder, 'data', 'media'))).filter((name) => !name.endsWith('.part'));
  t.equal(kept.length, count);
});

test('an export of a newsroom with kept pictures and unmeasured ones is put back byte for byte', async (t) => {
  const folder = t.testdir({});
  const { url: from } = await host(t);
  const { url } = await lab(t);
  const file = join(folder, 'stories.ndjson');
  const lines = [
    story(1, {
      image: { url: `${from}/1`, alt: 'A', credit: 'Anna Ferrol' },
      body: { html: `<img src="${from}/2" alt="B">` },
    }),
    story(2, { image: { url: `${from}/absent`, alt: '' } }),
  ];
  await writeFile(file, textOf(lines));
  t.match(await command(t, url, [file, '--fetch-media']).ended, { code: 0 });
  const exported = async (database: string) => {
    const pool = openPool(database, 1);
    let text = '';
    for await (const part of exportNewsroom(pool)) text += part;
    await pool.end();
    return text;
  };
  const text = await exported(url);
  t.match(text, /"url" : "https:\/\/api\.example\.org\/media\/[0-9a-f]{64}\.png"/);
  t.match(text, /"src": ?"https:\/\/api\.example\.org\/media\/[0-9a-f]{64}\.png"/);
  const empty = await lab(t);
  t.match(await empty.run(text), { refusals: [], counts: { refused: 0 } });
  t.equal(await exported(empty.url), text);
  t.match((await empty.run(text)).counts, { ...NOTHING, unchanged: text.trimEnd().split('\n').length });
});
