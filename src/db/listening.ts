// One connection that hears what transactions announce (LISTEN), and can tell that it has heard all of it. It never asks for data.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

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
  /** Resolves when all that was committed before the call has been heard, or the connection was lost. */
  catchUp(): Promise<void>;
  end(): Promise<void>;
}

/** Milliseconds. Half-open connections look alive; one that does not answer within this is lost. */
const HEARTBEAT = 1_000;
const PATIENCE = 1_000;
const RETRY = 250;

export function listen(databaseUrl: string, channel: string, hearing: Hearing): Listener {
  let client: pg.Client | undefined;
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
    });
    const lost = new Promise<void>((resolve) => {
      connection.on('error', (error) => {
        hearing.onError(error);
        resolve();
      });
      connection.on('end', resolve);
    });
    connection.on('notification', ({ payload }) => payload && hearing.onPayload(payload));
    try {
      await connection.connect();
      await connection.query(`listen ${channel}`);
      client = connection;
      hearing.onListening();
      const gone = lost.then(() => false);
      while (!ended && (await Promise.race([gone, sleep(HEARTBEAT, true, { ref: false })]))) {
        if (!ended) await ask(connection);
      }
    } finally {
      client = undefined;
      hearing.onLost();
      // Not waited for: a connection that is half open would not end.
      connection.end().catch(() => {});
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
      if (client) await ask(client).catch(() => {});
    },
    async end() {
      ended = true;
      await client?.end();
      await running;
    },
  };
}
