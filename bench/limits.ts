// The bare servers that ours is compared with: plain Fastify and plain pg, one route each. They check nothing and log nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import pg from 'pg';

const JSON_TYPE = 'application/json; charset=utf-8';
const SELECT = {
  name: 'bare_select',
  text: 'select document from published_articles where article_id = $1 and locale = $2',
};
/** What a list of 20 comes to when nothing is asked but its rows: the texts are there, Postgres joins them. */
const LIST = {
  name: 'bare_list',
  text: `select '{"data":[' || string_agg(p.card, ',' order by l.published_at desc, l.article_id desc) || ']}' as document from (
      select article_id, published_at from listings where key = $1::bigint order by published_at desc, article_id desc limit 20) l
    join published_articles p on p.article_id = l.article_id and p.locale = $2`,
};
const UPDATE = {
  name: 'bare_update',
  text: 'update bench_views set views = views + 1 where article_id = $1 and locale = $2',
};

type Query = (statement: { name: string; text: string }, values: string[]) => Promise<{ rows: { document: string }[] }>;

/** As our public reads: two connections, each with many statements under way. */
async function pipelined(connectionString: string): Promise<Query> {
  const clients = await Promise.all(
    [0, 1].map(async () => {
      const client = new pg.Client({ connectionString, pipeline: true });
      await client.connect();
      return client;
    }),
  );
  let turn = 0;
  return (statement, values) => {
    turn = 1 - turn;
    // Two were made above.
    return (clients[turn] as pg.Client).query({ ...statement, values });
  };
}

function pooled(connectionString: string, max: number): Query {
  const pool = new pg.Pool({ connectionString, max });
  return (statement, values) => pool.query({ ...statement, values });
}

const [kind = '', port = '', given = ''] = process.argv.slice(2);
const app = Fastify();

function serveSelect(query: Query): void {
  app.get<{ Params: { id: string; locale: string } }>('/:id/:locale', async ({ params }, reply) => {
    const { rows } = await query(SELECT, [params.id, params.locale]);
    return reply.header('content-type', JSON_TYPE).send(rows[0]?.document);
  });
}

function serveList(query: Query): void {
  app.get<{ Params: { key: string; locale: string } }>('/:key/:locale', async ({ params }, reply) => {
    const { rows } = await query(LIST, [params.key, params.locale]);
    return reply.header('content-type', JSON_TYPE).send(rows[0]?.document);
  });
}

function serveUpdate(query: Query): void {
  app.post<{ Params: { id: string; locale: string } }>('/:id/:locale', async ({ params }, reply) => {
    await query(UPDATE, [params.id, params.locale]);
    return reply.code(204).send();
  });
}

if (kind === 'buffer') {
  for (const name of readdirSync(given)) {
    const bytes = readFileSync(join(given, name));
    app.get(`/${name}`, (_request, reply) => reply.header('content-type', JSON_TYPE).send(bytes));
  }
} else if (kind === 'select') serveSelect(await pipelined(given));
else if (kind === 'select-list') serveList(await pipelined(given));
else if (kind === 'select-pool') serveSelect(pooled(given, 10));
else if (kind === 'no-content') app.post('/:id/:locale', (_request, reply) => reply.code(204).send());
else if (kind === 'update') serveUpdate(pooled(given, 10));
else if (kind === 'update-each') serveUpdate(pooled(given, 256));
else throw new Error(`there is no bare server ${kind}`);

await app.listen({ port: Number(port), host: '127.0.0.1' });
