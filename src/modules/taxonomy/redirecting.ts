// Names that a term had: keys (with the locale '') and slugs that lead to it. What is in use again leads nowhere else.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { localeChain } from '../site/fallback.ts';
import type { Noun } from './noun.ts';
import { bestLocale } from './queries.ts';

interface Name {
  /** '' for a key or an id. */
  locale: string;
  name: string;
}

/** They lead to the term from now on. */
export async function keepNames(tx: Db, noun: Noun, id: string, names: Name[]): Promise<void> {
  for (const { locale, name } of names) {
    await tx.execute(sql`
      insert into term_redirects (noun, locale, name, term_id) values (${noun.name}, ${locale}, ${name}, ${id})
      on conflict (noun, locale, name) do update set term_id = excluded.term_id, created_at = now()`);
  }
}

/**
 * Before it is named in `locales`, or in none any more: the slugs that have shown it there for want of one lead on, but for what led
 * elsewhere before. Null for all languages.
 */
export async function keepShownNames(tx: Db, noun: Noun, id: string, locales: string[] | null): Promise<void> {
  const best = bestLocale(noun.sql.texts, localeChain('w.tag'));
  await tx.execute(sql`
    insert into term_redirects (noun, locale, name, term_id)
    select ${noun.name}, w.tag, x.slug, t.id from locales w cross join ${sql.identifier(noun.sql.table)} t
      join ${sql.identifier(noun.sql.texts)} x on x.term_id = t.id
      where t.id = ${id} and x.locale <> w.tag and x.locale = ${sql.raw(best)}
        and (${sql.param(locales)}::text[] is null or w.tag = any(${sql.param(locales)}::text[])) on conflict do nothing`);
}

/** A slug that a term has now is no redirect. */
export async function reviveSlug(tx: Db, noun: Noun, locale: string, slug: string): Promise<void> {
  await tx.execute(sql`delete from term_redirects where noun = ${noun.name} and locale = ${locale} and name = ${slug}`);
}

/** What led to the first leads to the second: no chain comes about. */
export async function leadOn(tx: Db, noun: Noun, from: string, into: string): Promise<void> {
  await tx.execute(sql`update term_redirects set term_id = ${into} where noun = ${noun.name} and term_id = ${from}`);
}

export async function forgetNames(tx: Db, noun: Noun, id: string): Promise<void> {
  await tx.execute(sql`delete from term_redirects where noun = ${noun.name} and term_id = ${id}`);
}

/** Whether it was the key of a term that has been merged. */
export async function isMergedKey(tx: Db, noun: Noun, key: string): Promise<boolean> {
  const { rows } = await tx.execute(
    sql`select from term_redirects where noun = ${noun.name} and locale = '' and name = ${key}`,
  );
  return rows.length > 0;
}
