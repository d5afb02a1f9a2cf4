// Guesses at what was meant by words that no title and no tag has: the nearest one that has been published. It tells of nothing else.
import { distance } from 'fastest-levenshtein';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { latinOf } from './indexing.ts';
import { configurationOf } from './languages.ts';
import { isOperator } from './parsing.ts';
import { fold, wordsOf } from './words.ts';

interface Candidate {
  n: number;
  word: string;
  latin: string;
  /** Of the word that was typed: a search finds the one by the other. */
  isForm: boolean;
}
// The words of a withdrawn story may still be in the table: only what a public document has is told. Asked by the word alone and
// not by its language as well, the index stops at the first row.
// By either measure, both of one index: the first finds the beginning of a longer word, but two letters that changed places in a word
// of ten leave it below its threshold of 0.6 (presiednt); whole words are near enough by the second, whose is 0.3. Of twelve slips of
// that kind among 22,545 English words, the first found two and both found all, in 1.5 to 7 ms. In a word of five (opnes) they are below
// both: those that differ so alone are looked for by themselves.
const NEAREST: Statement = {
  name: 'search_nearest_words',
  isPlannedAnew: true,
  text: `select x.n::int as n, w.word, w.latin,
      $4::text is not null and to_tsvector($4::regconfig, w.word) = to_tsvector($4::regconfig, x.word) as "isForm"
    from rows from (jsonb_array_elements_text($2::jsonb), jsonb_array_elements_text($3::jsonb), jsonb_array_elements($5::jsonb))
      with ordinality x(latin, word, swapped, n) cross join lateral (
      (select word, latin from search_words where locale = $1 and (x.latin <% latin or x.latin % latin)
        order by greatest(word_similarity(x.latin, latin), similarity(x.latin, latin)) desc, word limit 12)
      union all select word, latin from search_words where locale = $1 and word = any(array(select jsonb_array_elements_text(x.swapped)))) w
    where exists (select from search_documents d where d.locale = $1 and d.kind <> 'page'
      and d.vector @@ format('''~%1$s'' | ''#%1$s''', w.word)::tsquery)`,
};

/** Of a longer text, the last ones are looked at, by which a suggestion is completed: 24 that nobody has written took Postgres half a second. */
const MOST_WORDS = 8;

/** @param lastBegins the last word is still being typed. @returns the text with other words in it, or null where there is none to correct */
export async function guess(db: PublicDb, text: string, locale: string, lastBegins: boolean): Promise<string | null> {
  const words = wordsOf(text, locale)
    .slice(-MOST_WORDS)
    .map((word) => ({ ...word, latin: latinOf(fold(word.word)) }));
  if (words.length === 0) return null;
  const [latin, typed] = [words.map((word) => word.latin), words.map(({ word }) => fold(word))];
  // Suggestions know words as they stand in titles, and no stems.
  const configuration = lastBegins ? null : configurationOf(locale);
  const found = await db.query<Candidate>(NEAREST, [
    locale,
    JSON.stringify(latin),
    JSON.stringify(typed),
    configuration,
    JSON.stringify(typed.map(swapped)),
  ]);
  const candidates = Map.groupBy(found, ({ n }) => n - 1);
  const pieces: string[] = [];
  let at = 0;
  let isChanged = false;
  for (const [n, word] of words.entries()) {
    if (!lastBegins && isOperator(text.slice(word.start, word.end))) continue;
    const best = nearest(word.latin, fold(word.word), candidates.get(n) ?? [], lastBegins && n === words.length - 1);
    if (best === null) continue;
    pieces.push(text.slice(at, word.start), best);
    at = word.end;
    isChanged = true;
  }
  return isChanged ? pieces.join('') + text.slice(at) : null;
}

/** One slip in short words, two in longer ones. */
const LONG = 7;
const slips = (length: number) => (length < 4 ? 0 : length < LONG ? 1 : 2);

/** Two letters that changed places are one slip, and not the two that the distance counts: short words would stay as they are. */
const off = (typed: string, one: string) => (swapped(typed).includes(one) ? 1 : distance(typed, one));
function swapped(word: string): string[] {
  const letters = [...word];
  if (letters.length >= LONG) return [];
  return letters.slice(1).map((second, at) => letters.toSpliced(at, 2, second, ...letters.slice(at, at + 1)).join(''));
}

/** Null where the word is right, or nothing is near. */
function nearest(latin: string, word: string, candidates: readonly Candidate[], begins: boolean): string | null {
  if (candidates.some((one) => one.isForm || (begins ? one.word.startsWith(word) : one.word === word))) return null;
  const apart = (typed: string, one: string) =>
    begins
      ? Math.min(...[-1, 0, 1].map((more) => off(typed, one.slice(0, Math.max(1, typed.length + more)))))
      : off(typed, one);
  const [best] = candidates
    // One slip of a Russian letter is four of Latin ones (щ, shch).
    .map((one) => ({ word: one.word, off: Math.min(apart(latin, one.latin), apart(word, one.word)) }))
    .sort((a, b) => a.off - b.off);
  return best && best.off <= slips(word.length) ? best.word : null;
}
