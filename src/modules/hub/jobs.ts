// Jobs of the WebSub hub: one spreads what changed and finds out who something is due for, one finds the feeds that are in other languages by now, one looks at a feed,
// one sends to a host.
//
// None of them guarantees anything: what a killed worker had taken waits until it is given back (db/workers.ts). What is due stands in
// rows, and a lease that runs out by itself says who sends it.
import type { TaskList } from 'graphile-worker';
import { dispatch } from './claiming.ts';
import { sendToHost } from './delivering.ts';
import { forgetOld } from './queries.ts';
import type { Hub } from './sending.ts';
import { renewTopics, spreadNews, spreadTopic } from './spreading.ts';

/** They wait for other hosts, which anybody may name: on slots of their own (plugins/deliveries.ts). */
export const hubJobs = (hub: Hub): TaskList => ({
  dispatch_hub: async () => {
    await forgetOld(hub.db);
    await spreadNews(hub);
    await dispatch(hub.db);
  },
  renew_hub: async () => {
    await renewTopics(hub.db);
    await dispatch(hub.db);
  },
  hub_topic: async (payload) => {
    await spreadTopic(hub, (payload as { topic: string }).topic);
    await dispatch(hub.db);
  },
  send_hub: async (payload) => sendToHost(hub, (payload as { host: string }).host),
});
/** UTC. What was left by a node that died is found within a minute of the end of its lease. */
export const hubCrontab = '* * * * * dispatch_hub ?jobKey=dispatch_hub&max=1';
