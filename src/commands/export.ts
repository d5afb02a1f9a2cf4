// `npm run export -- FILE`: writes the whole newsroom into a file that an import puts back. It brings the tables up to date, changes no row, and starts no server of the API.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { ConfigError } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { exportNewsroom } from '../modules/exports/exporting.ts';
import { withDatabase } from './connecting.ts';
import { wordsOf } from './failing.ts';
import { complain } from './saying.ts';

const HELP = `Writes the whole newsroom into a file, a line of JSON for each of its parts.

  npm run export -- FILE
  npm run -s export | gzip      without FILE, or with -, to standard output; -s, since npm writes there, too

The database is that of DATABASE_URL, else the one in DATA_DIR, whether the server runs or not.
Site, languages, taxonomy, custom fields, stories with all their drafts, dates, schedules, former slugs and entries, fronts and
redirects: npm run import puts them back into an empty newsroom, under the same ids. People, keys, views, revisions, comments
and the audit log are not in it: back up the database for those. Exit code: 0 all is written, 1 it could not run.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [file = '-', ...others] = positionals;
  if (others.length > 0) throw new ConfigError([`one file at a time, not also ${others.join(', ')}`]);
  const prepare = (databaseUrl: string) => migrate(databaseUrl, complain);
  const lines = await withDatabase({ name: 'dateline export', connections: 1, say: complain, prepare }, (pool) =>
    write(pool, file),
  );
  complain(`${lines} lines written.`);
}

/** What is cut off leaves no file that looks whole. */
async function write(pool: pg.Pool, file: string): Promise<number> {
  let lines = 0;
  const counted = new Transform({
    transform(piece: Buffer, _, done) {
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
      done(null, piece);
    },
  });
  const source = Readable.from(exportNewsroom(pool), { objectMode: false });
  if (file === '-') {
    await pipeline(source, counted, process.stdout, { end: false });
    return lines;
  }
  const half = `${file}.part`;
  try {
    await pipeline(source, counted, createWriteStream(half));
    await rename(half, file);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
  return lines;
}

main().catch((error: unknown) => {
  complain(`The export could not run: ${wordsOf(error)}`);
  process.exitCode = 1;
});
