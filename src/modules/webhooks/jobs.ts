// The jobs that send messages: one spreads events and finds out which receivers have something due, one sends to a receiver, one forgets old deliveries.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { dispatch } from './claiming.ts';
import { deliver, type Sending } from './delivering.ts';
import { pruneDeliveries } from './log.ts';
import { spreadEvents } from './spreading.ts';

/** They wait for other hosts: on slots of their own (plugins/deliveries.ts), so that no other job waits for them. */
export const deliveryJobs = (sending: Sending): TaskList => ({
  dispatch_webhooks: async () => {
    for (let isMore = true; isMore; ) {
      isMore = await spreadEvents(sending.db);
      // After each batch: sending begins before the last of many is spread.
      await dispatch(sending.db);
    }
  },
  deliver_webhook: async (payload) => deliver(sending, (payload as { id: string }).id),
});
/** UTC. What was left by a node that died is found within a minute of the end of its lease. */
export const deliveryCrontab = '* * * * * dispatch_webhooks ?jobKey=dispatch_webhooks&max=1';

export const webhookJobs = (db: Db): TaskList => ({
  prune_deliveries: async () => {
    await pruneDeliveries(db);
  },
});
export const webhookCrontab = '47 * * * * prune_deliveries';
