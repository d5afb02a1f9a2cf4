// The prepared SELECT by itself: how often this machine answers it when no HTTP server stands before it.
import pg from 'pg';
import type { Newsroom } from './data.ts';

const SECONDS = 2;
const AT_ONCE = 64;

/** @returns statements per second */
export async function alone(connectionString: string, { texts }: Newsroom): Promise<number> {
  const clients = [0, 1].map(() => new pg.Client({ connectionString, pipeline: true }));
  await Promise.all(clients.map((client) => client.connect()));
  const statement = {
    name: 'alone',
    text: 'select document from published_articles where article_id = $1 and locale = $2',
  };
  let done = 0;
  const end = performance.now() + SECONDS * 1_000;
  const ask = async (client: pg.Client) => {
    while (performance.now() < end) {
      const { id, locale } = texts[Math.floor(Math.random() * texts.length)] ?? {};
      await client.query({ ...statement, values: [id, locale] });
      done += 1;
    }
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: AT_ONCE / 2 }, () => ask(client))));
  await Promise.all(clients.map((client) => client.end()));
  return Math.round(done / SECONDS);
}
