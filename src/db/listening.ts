// One connection that hears what transactions announce (LISTEN), and can tell that it has heard all of it. It never asks for data.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { endInTime } from './ending.ts';
import { PATIENTLY } from './settings.ts';

export interface Hearing {
  /** Each payload, in the order of the commits. */
  onPayload(payload: string): void;
  /** From now on everything is heard. */
  onListening(): void;
  /** The connection is gone: what is announced meanwhile is never heard. */
  onLost(): void;
  onError(error: Error): void;
}
export interface Listener {
  /** Resolves when all that was committed before the call has been heard, or onLost() was called. */
  catchUp(): Promise<void>;
  end(): Promise<void>;
}

/** Milliseconds. Half-open connections look alive; one that does not answer within this is lost. */
const HEARTBEAT = 1_000;
const PATIENCE = 1_000;
const RETRY = 250;

export function listen(databaseUrl: string, channel: string, hearing: Hearing): Listener {
  let current: { connection: pg.Client; abandon(): void } | undefined;
  const open = new Set<pg.Client>();
  let ended = false;
  // An announcement of our own comes back behind all that was committed before it: Postgres queues them in the order of the commits
  // and reads the queue up to the session's own before it says that the statement is done (PostgreSQL, NOTIFY, notes).
  const ask = (connection: pg.Client) => connection.query(`select pg_notify('${channel}', '')`);

  async function connect(): Promise<void> {
    const connection = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'dateline listening',
      // Many requests may wait to catch up at once.
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: PATIENCE,
      options: PATIENTLY,
    });
    open.add(connection.once('end', () => open.delete(connection)));
    const { promise: lost, resolve: lose } = Promise.withResolvers<false>();
    let isLost = false;
    /** At once, whether or not the connection has noticed by itself that it is gone. */
    const abandon = () => {
      if (isLost) return;
      isLost = true;
      current = undefined;
      hearing.onLost();
      lose(false);
    };
    connection.on('error', (error) => {
      hearing.onError(error);
      abandon();
    });
    connection.on('end', abandon);
    connection.on('notification', ({ payload }) => payload && hearing.onPayload(payload));
    try {
      await connection.connect();
      await connection.query(`listen ${channel}`);
      if (isLost) return;
      current = { connection, abandon };
      hearing.onListening();
      while (!ended && (await Promise.race([lost, sleep(HEARTBEAT, true, { ref: false })]))) {
        if (!ended) await ask(connection);
      }
    } finally {
      abandon();
      // Not waited for: a connection that is half open would not end.
      endInTime(connection.end(), [connection]).catch(() => {});
    }
  }

  const running = (async () => {
    while (!ended) {
      await connect().catch(hearing.onError);
      if (!ended) await sleep(RETRY, undefined, { ref: false });
    }
  })();

  return {
    async catchUp() {
      if (current) await ask(current.connection).catch(current.abandon);
    },
    async end() {
      ended = true;
      await endInTime(Promise.all([current?.connection.end(), running]), open);
    },
  };
}
