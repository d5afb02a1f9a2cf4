// A newsroom to be written in: as many articles as one likes, each in four languages, and how to see that it is at rest. It speaks with no node.
import type pg from 'pg';
import { deskDb } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { ELSEWHERE, horizon } from '../../src/modules/changes/queries.ts';
import { readChunks } from '../../src/modules/imports/chunks.ts';
import { readLines } from '../../src/modules/imports/reading.ts';
import { runImport } from '../../src/modules/imports/running.ts';
import { LOCALES, REGIONS } from './writers.ts';

async function* storyLines(articles: number): AsyncGenerator<Buffer> {
  for (let n = 1; n <= articles; n += 1)
    for (const locale of LOCALES)
      yield Buffer.from(
        `${JSON.stringify({
          externalId: `replica:${n}`,
          locale,
          region: `region-${n % REGIONS}`,
          title: `Tide table ${n}`,
          slug: `tide-table-${n}`,
          publishedAt: new Date(Date.UTC(2024, 0, 1) + n * 60_000).toISOString(),
          body: { text: `High water at ${n % 24} h.` },
        })}\n`,
      );
}

/** @returns the ids of its articles */
export async function loadNewsroom(db: pg.Pool, databaseUrl: string, articles: number): Promise<string[]> {
  await migrate(databaseUrl);
  const chunks = readChunks(readLines(storyLines(articles)));
  const { created, refused } = await runImport(deskDb(db), chunks, { strict: false, dryRun: false });
  if (created !== articles * LOCALES.length) throw new Error(`${created} texts were loaded, ${refused} refused`);
  const { rows } = await db.query<{ id: string }>('select id from articles');
  return rows.map(({ id }) => id);
}

/** Nothing is due, nothing left to be rebuilt, and all of the log can be read: copies end where it does. */
export async function isQuiet(db: pg.Pool): Promise<boolean> {
  const { rows } = await db.query(`select
    (select count(*) from schedules where failed_at is null) + (select count(*) from graphile_worker.jobs where task_identifier = 'rebuild')
    + (select count(*) from changes where transaction >= ${horizon(ELSEWHERE)}) as n`);
  return Number(rows[0].n) === 0;
}
