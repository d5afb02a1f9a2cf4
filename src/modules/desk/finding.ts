// Finds stories of the desk by the words of their drafts, in whatever state: keeps the words of titles, standfirsts and slugs beside them.
// Bodies are not among them; what is public is searched whole by modules/search.
import { sql } from 'drizzle-orm';
import { textArray } from '../../db/arrays.ts';
import type { Db } from '../../db/client.ts';
import { foldedWords } from '../search/indexing.ts';

export interface Worded {
  articleId: string;
  locale: string;
  title: string;
  standfirst: string | null;
  slug: string;
}

/** Most saves are of the body alone. */
export const isReworded = (before: Worded, after: Worded): boolean =>
  before.title !== after.title || before.standfirst !== after.standfirst || before.slug !== after.slug;

/** In the transaction that writes them. Without Postgres's parser: what it takes for a word depends on the locale of its server. */
export async function storeDraftWords(db: Db, drafts: readonly Worded[]): Promise<void> {
  if (drafts.length === 0) return;
  const column = (pick: (draft: Worded) => string) => sql`${textArray(drafts.map(pick))}::text[]`;
  const words = ({ locale, title, standfirst, slug }: Worded) =>
    foldedWords(`${title} ${standfirst ?? ''} ${slug}`, locale).join(' ');
  await db.execute(sql`
    insert into draft_words (article_id, locale, words)
    select x.id::uuid, x.locale, array_to_tsvector(string_to_array(x.words, ' '))
    from unnest(${column(({ articleId }) => articleId)}, ${column(({ locale }) => locale)}, ${column(words)}) as x(id, locale, words)
    on conflict (article_id, locale) do update set words = excluded.words where draft_words.words <> excluded.words`);
}

/**
 * All words that were typed, each as the beginning of one: who types sees the list grow shorter.
 * @param locales a draft in any of them may be meant, and each may spell the words in its own way
 * @returns as tsquery reads it; '' where nothing that was typed is a word
 */
export function wordsAsked(q: string, locales: readonly string[]): string {
  const spellings = locales.map((locale) =>
    foldedWords(q, locale)
      .map((word) => `'${word}':*`)
      .join(' & '),
  );
  return [...new Set(spellings)]
    .filter(Boolean)
    .map((spelling) => `(${spelling})`)
    .join(' | ');
}

/** Where drafts were written before their words were kept. Begun again, it does nothing twice. @returns false where it was ended before */
export async function storeAllDraftWords(db: Db, signal?: AbortSignal): Promise<boolean> {
  let after = { articleId: '00000000-0000-0000-0000-000000000000', locale: '' };
  for (;;) {
    if (signal?.aborted) return false;
    const last = await db.transaction(async (tx) => {
      const { rows } = await tx.execute<Worded & Record<string, unknown>>(sql`
        select article_id as "articleId", locale, title, standfirst, slug from drafts
        where (article_id, locale) > (${after.articleId}::uuid, ${after.locale}) order by article_id, locale limit ${DRAFTS} for no key update`);
      await storeDraftWords(tx, rows);
      return rows.at(-1);
    });
    if (!last) return true;
    after = last;
  }
}

const DRAFTS = 500;
