// Webhooks: how many messages a second one node sends to ten receivers that answer at once, and what a change costs whoever publishes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { atMost, type Verdict } from './report.ts';
import { median } from './rounds.ts';

const RECEIVERS = 10;
const CHANGES = 1_000;
const PATIENCE_MS = 120_000;
const ROUNDS = 5;
/** With a message for each receiver in the transaction, ten of them took 7 x the CPU time of none; with the row of the event a hundred take 2.7 x. */
const MOST_RATIO = 4;

/** As an import writes them: many in one statement, with what the trigger adds. @returns milliseconds */
async function writeChanges(db: Pick<pg.Pool, 'query'>): Promise<number> {
  const began = performance.now();
  await db.query(
    `insert into changes (type, reason, article_id, locale, version)
     select 'upsert', 'updated', article_id, locale, version from published_articles order by article_id, locale limit $1`,
    [CHANGES],
  );
  return performance.now() - began;
}

/** A hundred webhooks that are seen by one transaction alone, which is rolled back: nothing is sent. @returns milliseconds */
async function writeFor(db: pg.Pool, hooks: number): Promise<number> {
  const client = await db.connect();
  try {
    await client.query('begin');
    await client.query(
      `insert into webhooks (id, url) select gen_random_uuid(), 'http://127.0.0.1:9/' || n from generate_series(1, $1::int) n`,
      [hooks],
    );
    return await writeChanges(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** What a hundred webhooks cost whoever publishes: taken within each round, and their median counts. */
async function measurePublishing(db: pg.Pool): Promise<Verdict> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) ratios.push((await writeFor(db, 100)) / (await writeFor(db, 0)));
  return atMost('1,000 changes written for 100 webhooks, against none', median(ratios), MOST_RATIO, 'x', 2);
}

/** @param db of the server under test, which runs jobs and may send to this machine */
export async function measureFanOut(db: pg.Pool): Promise<Verdict[]> {
  const publishing = await measurePublishing(db);
  const without = await writeChanges(db);
  let received = 0;
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      received += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = receiver.address() as AddressInfo;
    await db.query(
      `with hook as (insert into webhooks (id, url) select gen_random_uuid(), $1 || n from generate_series(1, $2::int) n returning id)
       insert into webhook_secrets (id, webhook_id, secret) select gen_random_uuid(), id, decode(repeat('5a', 32), 'hex') from hook`,
      [`http://127.0.0.1:${port}/`, RECEIVERS],
    );
    const began = performance.now();
    const within = await writeChanges(db);
    while (received < RECEIVERS * CHANGES) {
      if (performance.now() - began > PATIENCE_MS) throw new Error(`only ${received} messages arrived`);
      await sleep(5);
    }
    const rate = received / ((performance.now() - began) / 1_000);
    return [
      publishing,
      shown(
        'webhook fan-out, messages of 1,000 changes to 10 receivers',
        rate,
        `${Math.round(rate).toLocaleString('en')} events/s`,
      ),
      shown('1,000 changes written without a webhook', without, `${without.toFixed(0)} ms`),
      shown('1,000 changes written for 10 webhooks', within, `${within.toFixed(0)} ms`),
    ];
  } finally {
    await db.query('delete from webhooks');
    receiver.closeAllConnections();
    receiver.close();
  }
}

const shown = (what: string, value: number, text: string): Verdict => ({
  what,
  value,
  shown: text,
  budget: '',
  result: '-',
});
