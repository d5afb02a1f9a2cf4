// Public reads get values as pg gives them to everybody else, and texts that are only passed on as the bytes that Postgres sent.
import pg from 'pg';
import t, { test } from 'tap';
import { asBytes, Bytes } from '../src/db/bytes.ts';
import { buildTestApp } from './fixtures/app.ts';
import { withClient } from './fixtures/sql.ts';

const { app, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const db = app.db.public;

/** One, two, three and four bytes a character; marks, both directions, what JSON and HTTP treat apart. */
const TEXTS = ['', 'Ferry', 'Паром', 'Շոգենավ', 'سفينة', 'フェリー', '⛴️𝄞', 'e\u0301\u200c\u202e"\\\n', '\u0080ÿ\ufeff'];
/** Long values are read another way. */
const LONG = TEXTS.join('').repeat(60);

test('texts, arrays, JSON, times and numbers are read as pg reads them', async (t) => {
  const text = `select $1::text as text, $2::text[] as texts, $3::json as json, $3::jsonb as jsonb, null::text as nothing,
    timestamptz '2026-02-03 04:05:06.789Z' as at, 1::int as int, 9007199254740993::bigint as bigint, 1.5::float8 as float, true as yes,
    '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10'::uuid as id, array[1, 2] as ints, array[true] as flags`;
  for (const [at, given] of [...TEXTS, LONG].entries()) {
    const values = [given, [...TEXTS, given], JSON.stringify({ [given]: TEXTS })];
    const expected = await withClient(databaseUrl, async (client) => (await client.query(text, values)).rows);
    // Columns are described to each of two connections once: the first answers, and those that rely on it.
    for (let time = 1; time <= 4; time += 1)
      t.same(await db.query({ name: `read_${at}`, text }, values), expected, `${given} ${time}`);
  }
});

test('a text that is asked for as bytes is the same text, alone and between others', async (t) => {
  const text = `select ${asBytes('$1::text')} as bytes, ${asBytes('null')} as nothing`;
  for (const given of [...TEXTS, TEXTS.join('').repeat(10_000)]) {
    const [row] = await db.query<{ bytes: Bytes; nothing: null }>({ name: 'as_bytes', text }, [given]);
    t.ok(row?.bytes instanceof Bytes && row.nothing === null);
    t.ok(String(row?.bytes) === given, given.slice(0, 20));
    for (const [before, after] of [
      ['', ''],
      ['{"data":', '}'],
      ['«', '»𝄞'],
    ] as const)
      t.ok(row?.bytes.between(before, after).equals(Buffer.from(before + given + after)));
  }
});

test('bytes stay what they are while others are read, and however often they are put between others', async (t) => {
  const text = `select ${asBytes('repeat($1::text, 3000)')} as bytes`;
  const given = Array.from({ length: 200 }, (_, n) => `${n} Паром `);
  const rows = await Promise.all(given.map((one) => db.query<{ bytes: Bytes }>({ name: 'held', text }, [one])));
  await db.query({ name: 'held', text }, ['another']);
  const wrong = given.filter((one, n) => {
    const bytes = rows[n]?.[0]?.bytes;
    const texts = [bytes?.between('<', '>'), bytes?.between('{', '}'), bytes?.between('a'.repeat(100), '')].map(String);
    return (
      texts.join() !== [`<${one.repeat(3000)}>`, `{${one.repeat(3000)}}`, 'a'.repeat(100) + one.repeat(3000)].join()
    );
  });
  t.same(wrong, []);
});

test('no column is a varchar, which stands for bytes', async (t) => {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query(
      `select table_name, column_name from information_schema.columns where data_type = 'character varying' and table_schema = 'public'`,
    ),
  );
  t.same(rows, []);
});

test('an error of Postgres is told in its own letters', async (t) => {
  const failing = { name: 'failing', text: 'select $1::text::int as n' };
  const error = await db.query(failing, ['Паром']).catch((thrown: unknown) => thrown);
  t.ok(error instanceof pg.DatabaseError);
  t.match(error, { code: '22P02', message: /"Паром"/ });
  t.same(await db.query({ name: 'after', text: 'select 1 as n' }, []), [{ n: 1 }], 'the connection goes on');
});

test('what is asked at once is answered each by its own, refused statements among them', async (t) => {
  const text = 'select 100 / $1::int as n';
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, n) => db.query<{ n: number }>({ name: 'divided', text }, [n % 10])),
  );
  for (const [n, answer] of answers.entries()) {
    if (n % 10 === 0) t.match(answer, { status: 'rejected', reason: { code: '22012' } });
    else t.same(answer.status === 'fulfilled' && answer.value, [{ n: Math.floor(100 / (n % 10)) }]);
  }
});
