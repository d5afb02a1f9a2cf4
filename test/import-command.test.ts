// The import as a command: its summary and exit codes, being killed and going on, and an editor at work at the same moment.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { lab, NOTHING, story, textOf } from './fixtures/importing.ts';
import { sourceFile, start } from './fixtures/processes.ts';
import { withClient } from './fixtures/sql.ts';

const COMMAND = sourceFile('src/commands/import.ts');

const command = (t: Test, url: string, args: string[]) =>
  start(t, [COMMAND, ...args], { cwd: t.testdirName, env: { PATH: process.env.PATH, DATABASE_URL: url } });

test('the command sums up, writes its report, and says by its exit code how it went', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'stories.ndjson');
  await writeFile(file, textOf([story(1), story(2, { locale: 'xx' }), story(3, { tags: ['sea'] })]));
  const { url } = await lab(t);
  const first = await command(t, url, [file, '--report', join(folder, 'report.txt')]).ended;
  t.equal(first.code, 2);
  t.match(
    first.out,
    /3 lines: 2 created, 0 updated, 0 unchanged, 1 refused\nMade: 1 tags? \(sea\)\nKinds: 2 news\nLanguages: 2 en\n[\d.]+ s, \d+ stories\/s/,
  );
  t.match(first.err, 'line 2: /locale xx is no locale of this newsroom');
  t.equal(await readFile(join(folder, 'report.txt'), 'utf8'), 'line 2: /locale xx is no locale of this newsroom\n');
  await writeFile(file, textOf([story(1)]));
  t.match(await command(t, url, [file]).ended, { code: 0, out: /1 unchanged/ });
  t.match(await command(t, url, ['--help']).ended, { code: 0, out: /npm run import -- FILE/ });
  t.match(await command(t, url, [join(folder, 'absent.ndjson')]).ended, {
    code: 1,
    err: /there is no file .*absent\.ndjson/,
  });
  t.match(await command(t, url, []).ended, { code: 1, err: /a file is missing/ });
  t.match(await command(t, url, ['--fast', file]).ended, { code: 1, err: /--fast/ });
});

test('an import that is killed or stopped goes on behind the last committed line, and loses and doubles nothing', async (t) => {
  const lines = 1500;
  const file = join(t.testdir(), 'stories.ndjson');
  await writeFile(file, textOf(Array.from({ length: lines }, (_, n) => story(n))));
  const { url, column } = await lab(t);
  const committed = async () => Number((await column('select lines from imports'))[0] ?? 0);
  const cut = async (signal: NodeJS.Signals, from: number) => {
    const { process: child, ended } = command(t, url, [file]);
    while ((await committed()) <= from && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
    child.kill(signal);
    return ended;
  };
  t.equal((await cut('SIGKILL', 0)).code, 'SIGKILL');
  const afterKill = await committed();
  t.ok(afterKill > 0 && afterKill < lines, `${afterKill} lines before it was killed`);

  const stopped = await cut('SIGINT', afterKill);
  t.equal(stopped.code, 130);
  t.match(stopped.out, /Going on behind line \d+/);
  const afterStop = await committed();
  t.match(stopped.out, `Stopped behind line ${afterStop}. The same command goes on from there.`);
  t.ok(afterStop < lines);

  const last = await command(t, url, [file]).ended;
  t.equal(last.code, 0);
  t.match(last.out, `Going on behind line ${afterStop}`);
  t.match(last.out, `${lines - afterStop} lines: `);
  t.same(await column('select count(*)::int from published_articles'), [lines]);
  t.same(await column("select count(*)::int from audit where action = 'draft.publish'"), [lines]);
  t.same(await column('select lines from imports where finished_at is not null'), [lines]);
  t.match(await command(t, url, [file, '--restart']).ended, {
    code: 0,
    out: `${lines} lines: 0 created, 0 updated, ${lines} unchanged`,
  });
});

test('an import and a change at the desk at the same moment both arrive', async (t) => {
  const { url, column } = await lab(t);
  await withClient(url, async (editor) => {
    const { run } = await lab(t, url);
    await run(textOf([story(1), story(2)]));
    await editor.query('begin');
    await editor.query("update articles set updated_at = now() where external_id = 'wire:2'");
    const running = run(textOf([story(1, { title: 'Later' }), story(2, { title: 'Later' })]));
    await new Promise((done) => setTimeout(done, 100));
    await editor.query('commit');
    t.same((await running).counts, { ...NOTHING, updated: 2 });
  });
  t.same(await column('select distinct title from drafts'), ['Later']);
});
