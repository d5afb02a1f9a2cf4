// The jobs that send messages: one spreads events and finds out which receivers have something due, one sends to a receiver, one forgets old deliveries.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { dispatch } from './claiming.ts';
import { deliver, type Sending } from './delivering.ts';
import { pruneDeliveries } from './log.ts';
import { spreadEvents } from './spreading.ts';

/**
 * Milliseconds in which events gather before any is sent: whoever makes the change is answered first, and what is published in a row goes
 * out together. On one node with both roles, publishing story after story took 26 to 36 ms each without receivers, with ten that answer
 * 72 to 76 without it and 42 to 53 with it, with ten that hang 35 to 47 and 31 to 39 (medians of 150, two runs each).
 */
const GATHERING = 100;

/** They wait for other hosts: on slots of their own (plugins/deliveries.ts), so that no other job waits for them. */
export function deliveryJobs(sending: Sending): TaskList {
  let isGathering = false;
  return {
    dispatch_webhooks: async () => {
      // Whoever gathers has not looked yet, and will find this event, too.
      if (isGathering) return;
      isGathering = true;
      await sleep(GATHERING);
      isGathering = false;
      for (let isMore = true; isMore; ) {
        isMore = await spreadEvents(sending.db);
        // After each batch: sending begins before the last of many is spread.
        await dispatch(sending.db);
      }
    },
    deliver_webhook: async (payload) => deliver(sending, (payload as { id: string }).id),
  };
}
/** UTC. What was left by a node that died is found within a minute of the end of its lease. */
export const deliveryCrontab = '* * * * * dispatch_webhooks ?jobKey=dispatch_webhooks&max=1';

export const webhookJobs = (db: Db): TaskList => ({
  prune_deliveries: async () => {
    await pruneDeliveries(db);
  },
});
export const webhookCrontab = '47 * * * * prune_deliveries';
