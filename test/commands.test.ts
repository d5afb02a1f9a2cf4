// What the commands of npm say where they could not run: what is wrong is told in words, and nothing is started for it.
import { test } from 'tap';
import { testDatabase } from './fixtures/database.ts';
import { run, sourceFile } from './fixtures/processes.ts';

const COMMANDS = ['import', 'export', 'reindex'].map((name) => ({ name, file: sourceFile(`src/commands/${name}.ts`) }));

test('a command names what is wrong with its arguments, and no configuration', async (t) => {
  for (const { name, file } of COMMANDS) {
    const { code, err } = await run(t, [file, '--fast'], {}).ended;
    t.equal(code, 1, name);
    t.match(err, /^The \w+ could not [\w ]+: Unknown option '--fast' \(--help tells more\)\n$/, name);
  }
  const [, exporting] = COMMANDS;
  const { code, out, err } = await run(t, [exporting?.file ?? '', 'one', 'two'], {}).ended;
  t.equal(code, 1);
  t.equal(err, 'The export could not run: one file at a time, not also two\n');
  t.equal(out, '');
});

test('a command tells what is wrong with the configuration, and opens no database', async (t) => {
  for (const { name, file } of COMMANDS) {
    const given = name === 'import' ? [sourceFile('package.json')] : [];
    const { code, out, err } = await run(t, [file, ...given], { CACHE_MB: 'much' }).ended;
    t.equal(code, 1, name);
    t.match(err, /^The .*: CACHE_MB must be a whole number of MiB from 0 to 16384, not "much"\n$/, name);
    t.equal(out, '');
  }
});

test('a command says which database it could not use and why, as the server does, and no password', async (t) => {
  for (const { name, file } of COMMANDS) {
    const given = name === 'import' ? [sourceFile('package.json')] : [];
    const { code, err } = await run(t, [file, ...given], { DATABASE_URL: 'postgres://ana:hidden@localhost:1/press' })
      .ended;
    t.equal(code, 1, name);
    t.match(err, /: The database press at localhost:1 cannot be used as ana: nothing listens there/, name);
    t.notMatch(err, 'hidden');
  }
});

/** Of a command whose connection ends while it is between two statements of a transaction. */
const CUT = `
  import { withDatabase } from '${new URL('../src/commands/connecting.ts', import.meta.url).href}';
  await withDatabase({ name: 'cut', connections: 2, say() {}, prepare: async () => {} }, async (pool) => {
    const lent = await pool.connect();
    const { rows } = await lent.query('select pg_backend_pid() as pid');
    const ended = new Promise((done) => lent.once('end', done));
    await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await ended;
    await lent.query('select 1').catch(({ message }) => console.log('told:', message));
    lent.release(true);
  });`;

test('a connection that ends between two statements of a command fails the next one, and ends nothing else', async (t) => {
  const DATABASE_URL = await testDatabase(t);
  const { code, out, err } = await run(t, ['--input-type=module', '--eval', CUT], { DATABASE_URL }).ended;
  t.match({ code, err }, { code: 0, err: '' });
  t.match(out, /^told: .*\n$/);
});
