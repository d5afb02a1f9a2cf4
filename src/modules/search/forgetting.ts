// Takes words that no public title and no tag of a public story has any more out of the table that search guesses from. None of them is
// ever told; but to look one up takes its time, and 120 answers showed that a title which was withdrawn had the word.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { aloneWithSurroundings } from '../articles/surroundings.ts';

interface Word {
  locale: string;
  word: string;
  [column: string]: unknown;
}

const TASK = 'forget_words';

/** To be called before documents are removed or replaced, in the same transaction. @param stories with the words that they have from now on */
export async function enqueueForgetting(
  tx: Db,
  stories: readonly { articleId: string; locale: string; words: readonly string[] }[],
): Promise<void> {
  const kept = JSON.stringify(stories.map(({ articleId, locale, words }) => ({ articleId, locale, words })));
  const { rows } = await tx.execute<Word>(sql`
    select distinct d.locale, substr(lexeme, 2) as word
    from json_to_recordset(${kept}::json) as x("articleId" uuid, locale text, words text[])
    join search_documents d on d.article_id = x."articleId" and d.locale = x.locale
    cross join unnest(tsvector_to_array(d.vector)) lexeme
    where lexeme ~ '^[~#]' and substr(lexeme, 2) <> all(x.words)`);
  if (rows.length > 0) await enqueue(tx, TASK, { words: rows });
}

const given = (words: readonly Word[]) =>
  sql`json_to_recordset(${JSON.stringify(words)}::json) as x(locale text, word text)`;
const IS_GONE = sql`not exists (
  select from search_documents d where d.vector @@ format('(''~%1$s'' | ''#%1$s'') & '' l%2$s''', x.word, x.locale)::tsquery)`;

/** Of these, the ones that no public document has. */
export async function forget(db: Db, words: readonly Word[]): Promise<void> {
  // Without the lock first: among a million stories, to look up a common word takes longer than publishing should wait.
  const { rows: gone } = await db.execute<Word>(sql`select x.locale, x.word from ${given(words)} where ${IS_GONE}`);
  if (gone.length === 0) return;
  // Publishing leaves a word alone that is there: it must not go at that moment.
  await aloneWithSurroundings(db, async (tx) => {
    await tx.execute(sql`
      delete from search_words w using ${given(gone)} where w.locale = x.locale and w.word = x.word and ${IS_GONE}`);
  });
}

export const forgettingJobs = (db: Db): TaskList => ({
  [TASK]: (payload) => forget(db, (payload as { words: Word[] }).words),
});
