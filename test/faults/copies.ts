// The file in which a follower keeps its copy of the newsroom: texts, how far it has come, and what it was told wrongly. It speaks with nobody.
import { DatabaseSync } from 'node:sqlite';
import type { ToldChange } from '../fixtures/following.ts';

export interface Copy {
  progress(): { token: string; told: number; deletes: number };
  /** All of it or nothing, with how far it brings the reader. */
  take(changes: readonly ToldChange[], token: string): void;
  fault(what: string): void;
  faults(): string[];
  /** JSON by `id/locale`. */
  texts(): Map<string, string>;
  close(): void;
}

const SCHEMA = `
  pragma journal_mode = wal;
  pragma busy_timeout = 10000;
  -- What was written outlives the process; only the machine has to stay.
  pragma synchronous = off;
  create table if not exists texts (key text primary key, item text not null) without rowid;
  create table if not exists progress (token text not null, last text not null, told integer not null, deletes integer not null);
  create table if not exists faults (what text not null);
  insert into progress select '', '0-0', 0, 0 where not exists (select 1 from progress)`;

const isBehind = (id: string, last: string) => {
  const [one = [], other = []] = [id, last].map((text) => text.split('-').map(BigInt));
  const [transaction = 0n, row = 0n] = one;
  const [lastTransaction = 0n, lastRow = 0n] = other;
  return transaction > lastTransaction || (transaction === lastTransaction && row > lastRow);
};

export function openCopy(file: string): Copy {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  const read = db.prepare('select token, last, told, deletes from progress');
  const write = db.prepare('update progress set token = ?, last = ?, told = told + ?, deletes = deletes + ?');
  const put = db.prepare('insert into texts values (?, ?) on conflict do update set item = excluded.item');
  const drop = db.prepare('delete from texts where key = ?');
  const note = db.prepare('insert into faults values (?)');
  const progress = () => read.get() as { token: string; last: string; told: number; deletes: number };
  return {
    progress,
    take(changes, token) {
      db.exec('begin immediate');
      let { last } = progress();
      let deletes = 0;
      for (const { id, type, articleId, locale, item } of changes) {
        if (!isBehind(id, last)) note.run(`${id} was told behind ${last}`);
        last = id;
        const key = `${articleId}/${locale}`;
        if (type === 'upsert' && item) put.run(key, JSON.stringify(item));
        else drop.run(key);
        if (type !== 'upsert') deletes += 1;
      }
      write.run(token, last, changes.length, deletes);
      db.exec('commit');
    },
    fault: (what) => void note.run(what),
    faults: () =>
      db
        .prepare('select what from faults')
        .all()
        .map(({ what }) => String(what)),
    texts: () =>
      new Map(
        db
          .prepare('select key, item from texts')
          .all()
          .map(({ key, item }) => [String(key), String(item)]),
      ),
    close: () => db.close(),
  };
}
