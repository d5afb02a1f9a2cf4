// Which language a story is written in, and which version of it each translation follows. It changes no text.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid } from '../../errors.ts';

/**
 * Another language becomes the original. A translation stays as many versions behind as it was; the former original counts as up to
 * date with the new one.
 * @throws Problem validation_failed where the story is not written in it
 */
export async function changeOriginal(tx: Db, articleId: string, from: string | null, to: string): Promise<void> {
  const { rows } = await tx.execute<{ known: boolean }>(sql`
    select exists (select from drafts where article_id = ${articleId} and locale = ${to}) as known`);
  if (!rows[0]?.known) throw invalid({ pointer: '/originalLocale' }, `the story has no draft in ${to}`, 'unknown');
  if (from === to) return;
  await tx.execute(sql`
    update drafts d set source_version = case when d.locale <> ${to}
      then greatest(n.version - case when o.version > d.source_version then o.version - d.source_version else 0 end, 0) end
    from drafts n left join drafts o on o.article_id = n.article_id and o.locale = ${from}::text
    where n.article_id = ${articleId} and n.locale = ${to} and d.article_id = n.article_id`);
}

/** For texts that follow a source of their own, where every language comes as it is now. */
export async function followOriginals(tx: Db, of: { articleId: string; locale: string }[]): Promise<void> {
  await tx.execute(sql`
    update drafts d set source_version = o.version
    from unnest(${sql.param(of.map(({ articleId }) => articleId))}::uuid[], ${sql.param(of.map(({ locale }) => locale))}::text[]) as x(article_id, locale)
    join articles a on a.id = x.article_id
    join drafts o on o.article_id = a.id and o.locale = a.original_locale
    where d.article_id = x.article_id and d.locale = x.locale and d.locale <> a.original_locale
      and d.source_version is distinct from o.version`);
}
