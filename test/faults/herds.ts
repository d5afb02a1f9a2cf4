// Many stories due at one moment on several nodes, one of which is killed midway: each goes out exactly once, none early.
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { expect, type Node, until } from './nodes.ts';

export interface Herd {
  db: pg.Pool;
  nodes: readonly Node[];
  /** A story whose copies are scheduled. */
  templateId: string;
  stories: number;
  /** How long before they are due they are there. */
  aheadMs: number;
  /** Which node is killed, as soon as so many are out; null for none. */
  kill: { node: Node; after: number } | null;
}
export interface HerdReport {
  /** How many were out when the node was gone. */
  outAtKill: number;
  /** Looks at the public before they were due. */
  looks: number;
  /** Milliseconds from their time to the commit that made each public, in order; empty where the server does not keep it. */
  late: number[];
  /** Milliseconds after their time at which the last one was seen to be out. */
  lastMs: number;
  faults: string[];
}

const PATIENCE_MS = 90_000;

export async function makeTemplate(node: Node): Promise<string> {
  const locales = {
    en: { title: 'Low water', body: { markdown: 'The **tide** is out.\n\n## At noon\n\nIt is back.' } },
  };
  const made = await node.send('POST', '/v1/desk/articles', { payload: { region: 'bay', tags: ['tide'], locales } });
  return expect(made, 201).json<{ data: { id: string } }>().data.id;
}

/** Rows as the desk leaves them, a thousand in a moment. @returns their time, by the database's clock */
async function plant(db: pg.Pool, templateId: string, ids: string[], aheadMs: number): Promise<Date> {
  const client = await db.connect();
  try {
    await client.query('begin');
    for (const [table, column, own] of [
      ['articles', 'id', `'uri', t.uri || ':' || x.id`],
      ['drafts', 'article_id', `'slug', 'low-water-' || x.id, 'status', 'scheduled', 'title', t.title || ' ' || x.n`],
      ['article_regions', 'article_id', ''],
      ['article_tags', 'article_id', ''],
    ])
      await client.query(
        `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('${column}', x.id${own && `, ${own}`}))).*
         from ${table} t, unnest($2::uuid[]) with ordinality x(id, n) where t.${column} = $1`,
        [templateId, ids],
      );
    const { rows } = await client.query<{ at: Date }>(
      `with x as (select date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $2)) as at),
       made as (insert into schedules (article_id, locale, action, at, draft_version, update_type, resume_status)
         select id, 'en', 'publish', x.at, 1, 'major', 'draft' from x, unnest($1::uuid[]) id)
       select at from x`,
      [ids, aheadMs / 1_000],
    );
    await client.query('commit');
    const [row] = rows;
    if (!row) throw new Error('no time');
    return row.at;
  } finally {
    client.release();
  }
}

export async function herd({ db, nodes, templateId, stories, aheadMs, kill }: Herd): Promise<HerdReport> {
  const ids = Array.from({ length: stories }, () => uuidv7());
  const report: HerdReport = { outAtKill: 0, looks: 0, late: [], lastMs: 0, faults: [] };
  const at = await plant(db, templateId, ids, aheadMs);
  const due = at.getTime();
  await lookBefore(due, nodes, ids, report);

  const out = async () => {
    const { rows } = await db.query('select count(*)::int as n from published_articles where article_id = any($1)', [
      ids,
    ]);
    return rows[0].n as number;
  };
  if (kill) {
    await until('the first are out', PATIENCE_MS, async () => (await out()) >= kill.after);
    await kill.node.kill();
    report.outAtKill = await out();
  }
  await until('all are out', PATIENCE_MS, async () => (await out()) === stories).catch((error: Error) =>
    report.faults.push(error.message),
  );
  report.lastMs = Date.now() - due;
  report.faults.push(...(await wrongWith(db, ids, at)));
  const { rows: kept } = await db.query("select current_setting('track_commit_timestamp') = 'on' as is");
  if (!kept[0].is) return report;
  const { rows } = await db.query<{ late: number }>(
    `select (extract(epoch from pg_xact_commit_timestamp(xmin) - $2) * 1000)::float8 as late
     from published_articles where article_id = any($1) order by 1`,
    [ids, at],
  );
  report.late = rows.map(({ late }) => late);
  if ((report.late[0] ?? 0) < 0) report.faults.push(`one was committed ${-(report.late[0] ?? 0)} ms early`);
  return report;
}

/** What came before its time was sent before it. */
async function lookBefore(due: number, nodes: readonly Node[], ids: string[], report: HerdReport): Promise<void> {
  const wanted = new Set(ids);
  while (Date.now() < due) {
    const node = nodes[report.looks % nodes.length];
    const id = ids[(report.looks * 7) % ids.length];
    if (!node) return;
    const ask = (path: string) => node.send('GET', `/v1/articles${path}`, { open: true });
    const [list, counted, single] = await Promise.all([
      ask('?locale=en&limit=100'),
      ask(`?locale=en&ids=${id}&count=exact`),
      ask(`/by-slug/en/low-water-${id}`),
    ]);
    if (Date.now() >= due) return;
    report.looks += 1;
    const listed = list.json<{ data: { id: string }[] }>().data;
    const seen = listed.filter((story) => wanted.has(story.id)).length;
    if (seen > 0 || counted.json<{ data: unknown[] }>().data.length > 0 || single.status !== 404)
      report.faults.push(`before it was due: ${seen} in the list, by slug ${single.status}`);
  }
}

async function wrongWith(db: pg.Pool, ids: string[], at: Date): Promise<string[]> {
  const { rows } = await db.query(
    `select count(*)::int as stories,
      count(*) filter (where p.slug is null or p.slug <> d.slug or p.version <> 1)::int as "not out, or not as drafted",
      count(*) filter (where (p.published_at, p.first_published_at, p.updated_at) is distinct from ($2, $2, $2))::int as "of another time",
      count(*) filter (where p.modified_at < $2)::int as early,
      count(*) filter (where d.status <> 'published' or d.published_version is distinct from 1)::int as "not published on the desk",
      count(*) filter (where s.article_id is not null)::int as "still scheduled",
      count(*) filter (where c.n is distinct from 1)::int as "not once in the change log",
      count(*) filter (where a.n is distinct from 1)::int as "not once in the audit log",
      count(*) filter (where l.n is distinct from (select max(n) from (
        select count(*) as n from listings where article_id = any($1) group by article_id) x))::int as "in other lists"
    from drafts d left join published_articles p using (article_id, locale) left join schedules s using (article_id, locale)
    left join (select article_id, count(*) as n from changes group by 1) c using (article_id)
    left join (select entity_id, count(*) as n from audit group by 1) a on a.entity_id = d.article_id || '/en'
    left join (select article_id, count(*) as n from listings group by 1) l using (article_id)
    where d.article_id = any($1)`,
    [ids, at],
  );
  const { stories, ...wrong } = rows[0] as Record<string, number>;
  const faults = Object.entries(wrong).flatMap(([what, n]) => (n > 0 ? [`${n} ${what}`] : []));
  return stories === ids.length ? faults : [...faults, `${stories} drafts, not ${ids.length}`];
}

/** One story, with nobody killed. @returns milliseconds from its time until a reader was given it */
export async function single(db: pg.Pool, nodes: readonly Node[], templateId: string): Promise<number> {
  const [id] = [uuidv7()];
  const at = await plant(db, templateId, [id], 1_200 + Math.random() * 800);
  const [node] = nodes;
  if (!node) throw new Error('no node');
  const path = `/v1/articles/by-slug/en/low-water-${id}`;
  await until('it is out', PATIENCE_MS, async () => (await node.send('GET', path, { open: true })).status === 200);
  return Date.now() - at.getTime();
}
