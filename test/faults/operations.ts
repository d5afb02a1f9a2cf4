// The changes that are cut off midway: publishing, publishing anew, withdrawing, and what is due. Each makes its stories over HTTP.
import type pg from 'pg';
import { MARK } from './crash-at.ts';
import { expect, type Node, type Reply } from './nodes.ts';
import type { Ending } from './stories.ts';

export interface Case {
  ids: string[];
  ending: Ending;
  /** The change itself; absent where time brings it about. */
  send?(node: Node, key: string): Promise<Reply>;
  /** Has its time come. */
  fallDue?(db: pg.Pool): Promise<unknown>;
}
export interface Operation {
  name: string;
  scope: 'request' | 'sweep';
  prepare(node: Node): Promise<Case>;
}

const AHEAD_MS = 100;
const FAR = '2029-01-01T00:00:00.000Z';
const BATCH = 3;
let made = 0;

const url = (id: string, path = '') => `/v1/desk/articles/${id}/locales/en${path}`;

/** What every story here stands in; to be called once for a database. */
export async function furnish(node: Node): Promise<void> {
  const locale = { tag: 'ru', name: 'Русский', direction: 'ltr' };
  expect(await node.send('POST', '/v1/desk/locales', { payload: locale }), 201);
  const texts = (name: string) => ({ key: name, texts: { en: { name, slug: name } } });
  expect(await node.send('POST', '/v1/desk/regions', { payload: texts('gulf') }), 201);
  expect(await node.send('POST', '/v1/desk/regions', { payload: { ...texts('bay'), parent: 'gulf' } }), 201);
  expect(await node.send('POST', '/v1/desk/tags', { payload: { ...texts('tide'), type: 'topic' } }), 201);
}

/** Russian is public already, so that its texts change with those of English. */
async function make(node: Node): Promise<string> {
  made += 1;
  const name = `tide-table-${process.pid}-${made}`;
  const locales = { en: { title: `Tide table ${made}`, slug: name }, ru: { title: `Приливы ${made}`, slug: name } };
  const payload = { region: 'bay', tags: ['tide'], locales };
  const { id } = expect(await node.send('POST', '/v1/desk/articles', { payload }), 201).json<{ data: { id: string } }>()
    .data;
  const russian = `/v1/desk/articles/${id}/locales/ru/publish`;
  expect(await node.send('POST', russian, { version: 1, payload: {} }), 200);
  return id;
}

async function makeLive(node: Node): Promise<string> {
  const id = await make(node);
  expect(await node.send('POST', url(id, '/publish'), { version: 1, payload: {} }), 200);
  return id;
}

const change = (id: string, path: string, version: number, payload: object) => (node: Node, key: string) =>
  node.send('POST', url(id, path), { version, payload, headers: { [MARK]: '1', 'idempotency-key': key } });

/** Scheduled far ahead, until `fall` sets one moment for all, so that they are one batch however slow this machine is. */
async function timed(node: Node, ids: string[], path: string, payload: object): Promise<void> {
  for (const id of ids)
    expect(await node.send('POST', url(id, path), { version: 1, payload: { at: FAR, ...payload } }), 201);
}

/** @returns the moment, by the clock of the database */
async function fall(db: pg.Pool, ids: string[]): Promise<Date> {
  const { rows } = await db.query<{ at: Date }>(
    `with x as (select date_trunc('milliseconds', clock_timestamp() + interval '${AHEAD_MS} ms') as at)
     update schedules s set at = x.at from x where s.article_id = any($1) returning s.at`,
    [ids],
  );
  const [row] = rows;
  if (!row || rows.length !== ids.length) throw new Error('they are not scheduled');
  return row.at;
}

const some = (node: Node, one: (node: Node) => Promise<string>) =>
  Promise.all(Array.from({ length: BATCH }, () => one(node)));

export const OPERATIONS: Operation[] = [
  {
    name: 'publish',
    scope: 'request',
    async prepare(node) {
      const id = await make(node);
      const ending = { live: true, reasons: ['published'], actions: ['draft.publish'] };
      return { ids: [id], ending, send: change(id, '/publish', 1, {}) };
    },
  },
  {
    name: 'publish anew',
    scope: 'request',
    async prepare(node) {
      const id = await makeLive(node);
      const payload = { slug: `moved-${id}`, title: 'Tide table, corrected' };
      expect(await node.send('PATCH', url(id), { version: 1, payload }), 200);
      const ending = { live: true, reasons: ['published', 'updated'], actions: ['draft.publish', 'draft.publish'] };
      return { ids: [id], ending, send: change(id, '/publish', 2, {}) };
    },
  },
  {
    name: 'withdraw',
    scope: 'request',
    async prepare(node) {
      const id = await makeLive(node);
      const ending = { live: false, reasons: ['published', 'withdrawn'], actions: ['draft.publish', 'draft.withdraw'] };
      return { ids: [id], ending, send: change(id, '/withdraw', 1, { notice: 'It was the table of another year.' }) };
    },
  },
  {
    name: 'scheduled',
    scope: 'sweep',
    async prepare(node) {
      const ids = await some(node, make);
      await timed(node, ids, '/schedule', {});
      const ending: Ending = { live: true, reasons: ['published'], actions: ['draft.publish'] };
      const fallDue = async (db: pg.Pool) => {
        ending.publishedAt = await fall(db, ids);
      };
      return { ids, ending, fallDue };
    },
  },
  {
    name: 'expiry',
    scope: 'sweep',
    async prepare(node) {
      const ids = await some(node, makeLive);
      await timed(node, ids, '/expiry', { type: 'withdrawn', notice: 'Over.' });
      const actions = ['draft.publish', 'draft.withdraw'];
      const ending = { live: false, reasons: ['published', 'withdrawn'], actions };
      return { ids, ending, fallDue: (db: pg.Pool) => fall(db, ids) };
    },
  },
];
