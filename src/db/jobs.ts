// Enqueues jobs in the transaction that causes them: what is rolled back is never run, what is committed is not forgotten.
import { sql } from 'drizzle-orm';
import type { Db } from './client.ts';

/**
 * @param options.key jobs with the same key that wait are one job, so that repeated edits collapse
 * @param options.queue jobs of one queue run one at a time, on whatever nodes
 */
export async function enqueue(
  tx: Db,
  name: string,
  payload: object,
  { key, queue }: { key?: string | undefined; queue?: string } = {},
): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job(${name}::text, payload := ${JSON.stringify(payload)}::json, job_key := ${key ?? null}::text,
      queue_name := ${queue ?? null}::text)`);
}
