// Reads what people type into a search box: words, "phrases", -without, OR; and writes it as a text for to_tsquery. It refuses nothing.
// Not websearch_to_tsquery: to it "or" is an operator in every language and in small letters, and «phrases» are none.
import { languageOf } from './languages.ts';
import { fold, wordsOf } from './words.ts';

interface Term {
  words: string[];
  negated: boolean;
}
/** Any of these, each of which asks for all of its terms. */
export type Asked = readonly (readonly Term[])[];

/** Typed in capitals, as nobody types the word itself. */
const OR = new Set(['OR', '|', 'ИЛИ', 'ԿԱՄ', 'VEYA']);
export const isOperator = (piece: string): boolean => OR.has(piece);
const QUOTES = /[“”„‟«»]/gu;
/** Not a quote: what stands between two Hebrew letters. */
const GERSHAYIM = /(?<=\p{Script=Hebrew})"(?=\p{Script=Hebrew})/gu;
/** A phrase, or what stands between blanks; either behind a minus. A quote without its other half is a blank. */
const PIECE = /([-−–]?)"([^"]*)"|[^\s"]+/gu;

/** The same words in the same spelling are the same question, whatever stands between them. */
export function parse(q: string, locale: string): Asked {
  const groups: Term[][] = [[]];
  for (const [piece, minus, phrase] of q
    .replace(GERSHAYIM, '״')
    .replace(QUOTES, '"')
    .replaceAll('|', ' | ')
    .matchAll(PIECE)) {
    if (isOperator(piece)) {
      groups.push([]);
      continue;
    }
    const negated = phrase === undefined ? /^[-−–]/u.test(piece) : minus !== '';
    const words = wordsOf(phrase ?? piece, locale).map(({ word }) => word);
    if (words.length > 0) groups.at(-1)?.push({ words, negated });
  }
  // Without a word that has to be there, nearly everything would be an answer.
  return groups.filter((terms) => terms.some(({ negated }) => !negated));
}

export const wordsIn = (asked: Asked): string[] => asked.flatMap((terms) => terms.flatMap(({ words }) => words));
/** What a reader wants to find, in order. */
const wantedIn = (asked: Asked): string[] =>
  asked.flatMap((terms) => terms.flatMap(({ words, negated }) => (negated ? [] : words)));

/** A word or a phrase, as a text for to_tsquery. */
export interface TermText {
  text: string;
  negated: boolean;
}
/**
 * Term by term, since each may be found by its stem or as it is, whichever way the others are found.
 * @param options.stemmed whether the language has a stemmer; words are letters and digits alone, so that quotes hold them
 * @param options.heads whether titles and standfirsts are sought alone: by the weights that the document gives to their words
 * @param options.inOrder false for all that may have the phrases: their words in any order, which the index can tell by itself
 */
export function termTexts(
  asked: Asked,
  locale: string,
  { stemmed, inOrder, heads }: { stemmed: boolean; inOrder: boolean; heads: boolean },
): TermText[][] {
  const weights = heads ? 'AB' : '';
  const form = (word: string) =>
    stemmed ? weighed(`'${word}'`, weights) : beginnings(word, languageOf(locale), weights);
  return asked.map((terms) =>
    terms
      .filter(({ words, negated }) => inOrder || !negated || words.length === 1)
      .map(({ words, negated }) => ({ text: words.map(form).join(inOrder ? ' <-> ' : ' & '), negated })),
  );
}
export const hasPhrase = (asked: Asked): boolean => asked.some((terms) => terms.some(({ words }) => words.length > 1));

/** Of a word, where there is no stemmer: cut to five letters, Turkish stories are found nearly as well as by their stems. */
const KEPT = 5;
const FEWEST = 4;
/** Written together with the word that follows: and, the, in, to, from, that, as. */
const HEBREW = ['ו', 'ה', 'ב', 'ל', 'מ', 'ש', 'כ'];

/** How a word may begin that stands for this one; null for short ones and numbers, which stand for themselves. */
function beginningOf(word: string): string | null {
  const letters = [...word];
  return letters.length < FEWEST || /\d/.test(word) ? null : letters.slice(0, KEPT).join('');
}
const prefixed = (word: string, language: string): string[] =>
  language === 'he' && [...word].length > 2 ? HEBREW.map((prefix) => prefix + word) : [];

/** The word as it was typed stands for more than what only begins like it. */
function beginnings(word: string, language: string, weights: string): string {
  const begun = beginningOf(word);
  const exact = [word, ...prefixed(word, language)].map((one) => weighed(`'${one}'`, weights));
  return `(${[...exact, ...(begun === null ? [] : [`'${begun}':*${weights}`])].join(' | ')})`;
}

const weighed = (word: string, weights: string) => (weights === '' ? word : `${word}:${weights}`);

/** What a story is marked for: words, and beginnings of words where there is no stemmer. */
export function markedBy(asked: Asked, locale: string, stemmed: boolean): { words: string[]; prefixes: string[] } {
  const words = wantedIn(asked);
  if (stemmed) return { words, prefixes: [] };
  const language = languageOf(locale);
  return {
    words: words.flatMap((word) => [word, ...prefixed(word, language)]),
    prefixes: words.flatMap((word) => fold(beginningOf(word) ?? '') || []),
  };
}
