// What the database and the public say of stories that were published or taken back, and where the two disagree. It changes nothing.
import type pg from 'pg';
import type { Node } from './nodes.ts';

const OF_STORY: Record<string, string> = {
  articles: 'id',
  drafts: 'article_id',
  revisions: 'article_id',
  schedules: 'article_id',
  published_articles: 'article_id',
  listings: 'article_id',
  redirects: 'article_id',
  tombstones: 'article_id',
  changes: 'article_id',
};

/** Every row of the stories, in one text that differs where any of them does; but for the time of a schedule, which the faults move. */
export async function stateOf(db: pg.Pool, ids: readonly string[]): Promise<string> {
  const parts = Object.entries(OF_STORY).map(
    ([table, column]) =>
      `select '${table}' as name, (to_jsonb(x)${table === 'schedules' ? " - 'at'" : ''})::text as row from ${table} x where ${column} = any($1::uuid[])`,
  );
  parts.push(`select 'audit', x::text from audit x where left(entity_id, 36) = any($1::text[])`);
  const { rows } = await db.query(`${parts.join(' union all ')} order by 1, 2`, [ids]);
  return rows.map(({ name, row }) => `${name} ${row}`).join('\n');
}

export interface Ending {
  /** Whether readers have it. */
  live: boolean;
  /** What the change log says of its English text, from first to last. */
  reasons: string[];
  /** What the audit log says of it, but for its making. */
  actions: string[];
  publishedAt?: Date;
  /** Rows of lists that it stands in while it is live. */
  listings?: number;
}

const ACTS = ['draft.publish', 'draft.withdraw', 'draft.unpublish', 'schedule.fail'];
const FACTS = `select d.status, d.published_version, d.slug as draft_slug, d.title as draft_title,
    p.slug, p.version, p.published_at, p.document::json as document, p.card::json as card,
    (select count(*)::int from listings l where l.article_id = d.article_id and l.locale = d.locale) as listings,
    (select count(*)::int from listings l where l.article_id = d.article_id and l.locale = d.locale
      and (l.published_at, l.updated_at) is distinct from (p.published_at, p.updated_at)) as odd_listings,
    (select count(*)::int from tombstones t where t.article_id = d.article_id and t.locale = d.locale) as tombstones,
    (select count(*)::int from schedules s where s.article_id = d.article_id and s.locale = d.locale) as schedules,
    (select coalesce(json_agg(reason order by id), '[]') from changes c where c.article_id = d.article_id and c.locale = d.locale) as reasons,
    (select coalesce(json_agg(action order by id), '[]') from audit a where a.entity = 'draft' and a.entity_id = d.article_id || '/' || d.locale
      and action = any($2)) as actions,
    (select json_agg(document::json) from published_articles o where o.article_id = d.article_id and o.locale <> d.locale) as others
  from drafts d left join published_articles p using (article_id, locale) where d.article_id = $1 and d.locale = 'en'`;

/** @returns what is not as it has to be once the change is done, exactly once */
export async function wrongWith(db: pg.Pool, node: Node, id: string, ending: Ending): Promise<string[]> {
  const wrong: string[] = [];
  const same = (what: string, is: unknown, must: unknown) => {
    if (JSON.stringify(is) !== JSON.stringify(must))
      wrong.push(`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(must)}`);
  };
  const { rows } = await db.query(FACTS, [id, ACTS]);
  const [facts] = rows;
  if (!facts) return ['the draft is gone'];
  same('change log', facts.reasons, ending.reasons);
  same('audit log', facts.actions, ending.actions);
  same('state of the draft', facts.status, ending.live ? 'published' : 'withdrawn');
  same('public', facts.slug !== null, ending.live);
  same('tombstones', facts.tombstones, ending.live ? 0 : 1);
  same('schedules left', facts.schedules, 0);
  same('list rows of another time', facts.odd_listings, 0);
  if (ending.listings !== undefined) same('list rows', facts.listings, ending.live ? ending.listings : 0);
  if (ending.live && facts.document) {
    same('version', facts.version, facts.published_version);
    same('slug', [facts.slug, facts.document.slug, facts.card.slug], Array(3).fill(facts.draft_slug));
    same('title', [facts.document.title, facts.card.title], Array(2).fill(facts.draft_title));
    if (ending.publishedAt) same('publishedAt', facts.published_at, ending.publishedAt);
  }
  for (const { locale, translations } of facts.others ?? []) {
    const named = translations.some((translation: { locale: string }) => translation.locale === 'en');
    same(`named by ${locale}`, named, ending.live);
  }
  const [detail, bySlug, list] = await Promise.all(
    [`/${id}?locale=en`, `/by-slug/en/${facts.draft_slug}`, `?locale=en&ids=${id}`].map((path) =>
      node.send('GET', `/v1/articles${path}`, { open: true }),
    ),
  );
  same('by id', detail?.status, ending.live ? 200 : 410);
  same('by slug', bySlug?.status, ending.live ? 200 : 410);
  same('in lists', list?.json<{ data: unknown[] }>().data.length, ending.live ? 1 : 0);
  if (ending.live && facts.document) same('what is read', detail?.json<{ data: unknown }>().data, facts.document);
  return wrong;
}

/** @returns what a killed node has left open in the server: transactions, and locks by name */
export async function leftOpen(db: pg.Pool): Promise<number> {
  const { rows } = await db.query(`select
    (select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%')
    + (select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) as n`);
  return Number(rows[0].n);
}
