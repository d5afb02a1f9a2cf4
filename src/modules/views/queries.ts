// SQL of view numbers: sums of the hour buckets of published stories. It counts nothing itself.
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';

const NOW = iso('statement_timestamp()');
const OF_ARTICLE: Statement = {
  name: 'views_of_article',
  text: `select ${NOW} as "asOf", json_build_object('id', $1::uuid,
      'total', (select coalesce(sum(views), 0) from view_counts where article_id = $1),
      'locales', (select coalesce(json_object_agg(locale, n order by locale), '{}') from (select locale, sum(views) as n from view_counts where article_id = $1 group by locale) x),
      'sources', (select coalesce(json_object_agg(source, n order by source), '{}') from (select split_part(source, ':', 1) as source, sum(views) as n from view_counts where article_id = $1 group by 1) x)
    ) as views
    where exists (select from published_articles where article_id = $1)`,
};
const TOTALS: Statement = {
  name: 'view_totals',
  text: `select ${NOW} as "asOf", coalesce(json_object_agg(id, total), '{}') as totals from (
      select distinct p.article_id as id, (select coalesce(sum(v.views), 0) from view_counts v where v.article_id = p.article_id) as total
      from published_articles p where p.article_id = any($1::uuid[])) x`,
};

export interface ArticleViews {
  asOf: string;
  views: { id: string; total: number; locales: Record<string, number>; sources: Record<string, number> };
}
export async function findViews(db: PublicDb, id: string): Promise<ArticleViews | null> {
  const [row] = await db.query<ArticleViews>(OF_ARTICLE, [id]);
  return row ?? null;
}

export async function findViewTotals(
  db: PublicDb,
  ids: string[],
): Promise<{ asOf: string; totals: Record<string, number> }> {
  const [row] = await db.query<{ asOf: string; totals: Record<string, number> }>(TOTALS, [ids]);
  if (!row) throw new Error('an aggregate answered no row');
  return row;
}
