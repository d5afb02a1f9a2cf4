// From an event to a message for each receiver that it is meant for, exactly once and in the order of the changes. It sends nothing.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';

/** Events at a time: with a hundred receivers, ten thousand rows. */
const BATCH = 100;
const ALONE = 0x68_6f_6f_6c;

/**
 * One at a time among all nodes: a later change of a story must not be there before an earlier one.
 * @returns false where another one is at it
 */
async function spreadBatch(tx: Db): Promise<boolean> {
  const { rows } = await tx.execute<{ alone: boolean }>(sql`select pg_try_advisory_xact_lock(${ALONE}) as alone`);
  if (!rows[0]?.alone) return false;
  // A receiver that is deleted at this moment is passed over; without the lock its foreign key would fail the whole batch.
  await tx.execute(sql`
    with taken as (
      delete from webhook_events where id in (select id from webhook_events order by id limit ${BATCH}) returning *
    ), receivers as materialized (
      select w.id from webhooks w where w.id in (select unnest(t.webhook_ids) from taken t) order by w.id for key share
    ), messages as materialized (
      select t.*, w.id as webhook_id, row_number() over (order by t.id) as n from taken t join receivers w on w.id = any(t.webhook_ids)
    )
    -- Ids of one millisecond have no order of their own, and the log is read by them.
    insert into webhook_deliveries (id, webhook_id, event, reason, article_id, article, sequence, happened_at, created_at)
    select (array(select uuid_v7() from messages order by 1))[n], webhook_id, event, reason, article_id, article, id, happened_at, happened_at
    from messages`);
  return true;
}

/**
 * Some of what waits. Whoever finds another one at it leaves his events to that one, which therefore looks once more after its lock
 * is gone.
 * @returns whether there is more to do
 */
export async function spreadEvents(db: Db): Promise<boolean> {
  if (!(await db.transaction(spreadBatch))) return false;
  const { rows } = await db.execute(sql`select from webhook_events limit 1`);
  return rows.length > 0;
}
