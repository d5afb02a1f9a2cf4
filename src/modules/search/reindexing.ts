// Makes the documents of search anew from what is public, batch by batch beside whatever goes on. Begun again, it does nothing twice.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { indexPublished } from '../articles/storing.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { forget } from './forgetting.ts';

/** To be raised with whatever changes how documents and the words of drafts are made: words.ts, languages.ts, marks.ts, indexing.ts, finding.ts of the desk. */
const FORMAT = 3;
/** In three languages, 25 are some 1.5 MB. By 100 at once, a node that indexed took 204 MiB at its start; one without jobs 142. */
const STORIES = 25;
const WORDS = 500;

/** What documents made now are made by: this format, and the stemmers of this version of Postgres. */
const CURRENT = sql`${`${FORMAT}/`} || current_setting('server_version_num')::int / 10000`;

export interface Progress {
  /** Stories so far. */
  onStories?(stories: number): void;
  signal?: AbortSignal | undefined;
}

export async function countStories(db: Db): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(
    sql`select count(distinct article_id)::int as count from published_articles`,
  );
  return rows[0]?.count ?? 0;
}

/** What others keep that is made by the same words. @returns false where it was ended before it was done */
export type Further = (db: Db, signal?: AbortSignal) => Promise<boolean>;

/** @returns how many stories were gone through, and whether all of them were */
export async function reindex(
  db: Db,
  further: Further,
  progress?: Progress,
): Promise<{ stories: number; done: boolean }> {
  let stories = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    if (progress?.signal?.aborted) return { stories, done: false };
    const { rows } = await db.execute<{ id: string }>(sql`
      select distinct article_id as id from published_articles where article_id > ${after}::uuid order by id limit ${STORIES}`);
    const last = rows.at(-1);
    if (!last) break;
    const ids = rows.map(({ id }) => id);
    await db.transaction(async (tx) => {
      await lockSurroundings(tx);
      // As publishing does: what is being published meanwhile is indexed before or after, not between.
      await tx.execute(sql`select from articles where id = any(${sql.param(ids)}::uuid[]) order by id for update`);
      await indexPublished(tx, ids);
    });
    after = last.id;
    stories += rows.length;
    progress?.onStories?.(stories);
  }
  if (!(await further(db, progress?.signal))) return { stories, done: false };
  await forgetWords(db);
  await db.transaction(async (tx) => {
    await markCurrent(tx);
    // Answers kept in memory were made of the documents before.
    await tx.execute(sql`select announce_groups(array['site'])`);
  });
  return { stories, done: true };
}

/** Words that no public story has any more. */
async function forgetWords(db: Db): Promise<void> {
  let after = { locale: '', word: '' };
  for (;;) {
    const { rows } = await db.execute<{ locale: string; word: string }>(sql`
      select locale, word from search_words where (locale, word) > (${after.locale}, ${after.word}) order by locale, word limit ${WORDS}`);
    const last = rows.at(-1);
    if (!last) return;
    await forget(db, rows);
    after = last;
  }
}

async function markCurrent(tx: Db): Promise<void> {
  await tx.execute(sql`delete from search_state where format <> ${CURRENT}`);
  await tx.execute(sql`
    insert into search_state (format, built_at) values (${CURRENT}, now())
    on conflict (format) do update set built_at = excluded.built_at`);
}

async function isCurrent(db: Db): Promise<boolean> {
  const { rows } = await db.execute(sql`select from search_state where format = ${CURRENT}`);
  return rows.length > 0;
}

/** By the format: under one name, a node of the version before that runs beside this one took the job, found nothing to do, and it was gone. */
export const INDEXING = `index_search_${FORMAT}`;

export const searchJobs = (db: Db, further: Further): TaskList => ({
  [INDEXING]: async (_payload, { abortSignal }) => {
    // The command may have been here meanwhile.
    if (await isCurrent(db)) return;
    const { done } = await reindex(db, further, { signal: abortSignal });
    // Failed, it is tried again; as done, it would be forgotten.
    if (!done) throw new Error('the node stopped before all stories were indexed');
  },
});

/** Where documents were made by another version, or never: stories from before there was a search, or another Postgres. */
export async function enqueueIndexing(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    if (await isCurrent(tx)) return;
    // Whoever writes indexes: where there is no draft yet, nothing is left to be gone through.
    const { rows } = await tx.execute(sql`select from drafts limit 1`);
    await (rows.length > 0 ? enqueue(tx, INDEXING, {}, { key: INDEXING }) : markCurrent(tx));
  });
}
