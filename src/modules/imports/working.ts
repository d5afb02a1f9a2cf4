// Works on files that came over HTTP: one at a time in the whole newsroom, portion by portion. A node that dies leaves nothing half done, and
// another goes on behind the last portion that was committed.
import { eq, sql } from 'drizzle-orm';
import type pg from 'pg';
import type { Db } from '../../db/client.ts';
import { storable } from '../../wellformed.ts';
import { readSource } from '../sources/formats.ts';
import { NO_MAPPING } from '../sources/mapping.ts';
import { SourceError } from '../sources/problem.ts';
import { readChunks } from './chunks.ts';
import type { Copying } from './copying.ts';
import { localeFinder } from './locales.ts';
import { openParts } from './receiving.ts';
import type { Refusal } from './refusing.ts';
import { addReport, emptyReport } from './report.ts';
import { type Advance, runImport } from './running.ts';
import type { Step } from './steps.ts';
import { importJobs, importParts } from './tables.ts';

const LOCK = 0x696d706f;
/** The lock as Postgres lists it, and who has it: the process of one connection. */
const HELD = sql`pg_locks where locktype = 'advisory' and classid = 0 and objid = ${LOCK} and objsubid = 1 and granted
  and database = (select oid from pg_database where datname = current_database())`;
const MOST_PROBLEMS = 100;

type Job = typeof importJobs.$inferSelect;
/** Somebody has cancelled it meanwhile: what is in flight is taken back. */
class Cancelled extends Error {}

/** Until nothing waits, or the signal says to stop. @returns at once where another node works on them */
export async function workOnImports(db: Db, pool: pg.Pool, copying: Copying, signal: AbortSignal): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as mine, pg_backend_pid() as pid', [LOCK]);
    if (rows[0]?.mine !== true) return;
    for (let job = await claimNext(db); job && !signal.aborted; job = await claimNext(db))
      await workOn(db, job, rows[0].pid, copying, signal);
    // At once: for as long as Postgres takes to see that a connection has ended, the next node would find the lock taken, and leave.
    await client.query('select pg_advisory_unlock($1)', [LOCK]);
  } finally {
    // Its end gives the lock back, whatever has happened to it.
    client.release(true);
  }
}

async function claimNext(db: Db): Promise<Job | undefined> {
  // What a node was receiving when it died is of no use to anybody.
  await db.execute(sql`delete from import_jobs where status = 'receiving' and updated_at < now() - interval '1 hour'`);
  const [job] = await db
    .update(importJobs)
    .set({ status: 'running', failure: null, updatedAt: sql`now()` })
    .where(
      sql`${importJobs.id} = (select id from import_jobs where status in ('queued', 'running') order by created_at limit 1)`,
    )
    .returning();
  return job;
}

/** @param holder the process of Postgres that has the lock for this node */
async function workOn(db: Db, job: Job, holder: number, copying: Copying, signal: AbortSignal): Promise<void> {
  const { id, format, options } = job;
  const { locale, region, site, drafts, strict = false, dryRun = false, fetchMedia = false } = options;
  if (!format) throw new Error('a file without a format was queued');
  // A dry run leaves no portion behind: it begins anew.
  if (dryRun) await db.update(importJobs).set(NOTHING_DONE).where(eq(importJobs.id, id));
  try {
    const lines = readSource(format, openParts(db, id), {
      localeOf: await localeFinder(db, locale),
      mapping: NO_MAPPING,
      ...(region !== undefined && { region }),
      ...(site !== undefined && { site: site.replace(/\/$/, '') }),
      ...(drafts && { asDrafts: true }),
    });
    const from = dryRun ? 0 : job.lines;
    const summary = await runImport(db, readChunks(lines, from), {
      strict,
      dryRun,
      signal,
      ...(fetchMedia && !dryRun && { copying }),
      progress: { lines: from, advance: advanceJob(id, holder), leave: (step) => leaveJob(db, id, step) },
    });
    if (!summary.interrupted) await finish(db, id, 'done', null);
  } catch (error) {
    if (error instanceof Cancelled) return;
    if (error instanceof SourceError) return finish(db, id, 'failed', error.message);
    // A fault would come again with the same line, and all files behind it would wait for it.
    if (error instanceof TypeError || error instanceof RangeError)
      await finish(db, id, 'failed', 'a fault of the server ended it; its log tells more');
    await tellWaiting(db, id, error);
    throw error;
  }
}

/** Of a disk that is full or may not be written to, the log of the server alone had told: whoever looked on saw it running. */
async function tellWaiting(db: Db, id: string, error: unknown): Promise<void> {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  // As flydrive names what its disk could not do.
  if (!`${code}`.startsWith('E_CANNOT_')) return;
  const failure = `pictures cannot be kept at the moment (${cause?.code}): it goes on as soon as they can`;
  await db
    .update(importJobs)
    .set({ failure })
    .where(sql`${importJobs.id} = ${id} and ${importJobs.status} = 'running'`);
}

const NOTHING_DONE = {
  position: 0,
  lines: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  refused: 0,
  report: emptyReport(),
  problems: [] as Refusal[],
};

/**
 * In the transaction of the portion, or behind a dry one. Where the database was restarted, the lock is gone and may be another node's by
 * now, while what was not asking anything at that moment goes on here: two would write the same lines, and refuse each other's.
 */
const advanceJob =
  (id: string, holder: number): Advance =>
  async (tx, to, step) => {
    const [job] = await tx.select().from(importJobs).where(eq(importJobs.id, id)).for('update');
    if (job?.status !== 'running') throw new Cancelled();
    const { rows } = await tx.execute(sql`select from ${HELD} and pid = ${holder}`);
    if (rows.length === 0) throw new Error('the connection that holds the lock of imports was lost');
    await count(tx, job, to, step);
  };

/** Of one that was cancelled, on which nobody goes on: what is in was to be told. */
const leaveJob = (db: Db, id: string, step: Step): Promise<void> =>
  db.transaction(async (tx) => {
    const [job] = await tx.select().from(importJobs).where(eq(importJobs.id, id)).for('update');
    if (job?.status === 'cancelled') await count(tx, job, job.lines, step);
  });

async function count(tx: Db, job: Job, to: number, { counts, report, refused, position }: Step): Promise<void> {
  addReport(job.report, report);
  const told = refused.map(({ line, reason }) => ({ line, reason: storable(reason) }));
  await tx
    .update(importJobs)
    .set({
      lines: Math.max(job.lines, to),
      position: Math.max(job.position, position),
      created: job.created + counts.created,
      updated: job.updated + counts.updated,
      unchanged: job.unchanged + counts.unchanged,
      refused: job.refused + counts.refused,
      report: job.report,
      problems: [...job.problems, ...told].slice(0, MOST_PROBLEMS),
      updatedAt: sql`now()`,
    })
    .where(eq(importJobs.id, job.id));
}

async function finish(db: Db, id: string, status: 'done' | 'failed', failure: string | null): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(importJobs)
      .set({ status, failure: failure && storable(failure), finishedAt: sql`now()`, updatedAt: sql`now()` })
      .where(sql`${importJobs.id} = ${id} and ${importJobs.status} = 'running'`);
    await tx.delete(importParts).where(eq(importParts.importId, id));
  });
}
