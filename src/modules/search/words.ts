// The words of a text in the one spelling under which search keeps and seeks them. It knows no stems: those are Postgres's.
// Spelt here and not by the extension unaccent, which knows no language: it takes the breve from й as from ă, and leaves ZWNJ and
// harakat where they are. What comes out is letters and ASCII digits alone, so that Postgres's parser sees the same words under
// any locale of its server, and position n of a document is word n of its text.
import { foldSlug } from '../articles/slugs.ts';
import { languageOf } from './languages.ts';

export interface Word {
  /** As it is sought. */
  word: string;
  /** Where it stands in the text, in UTF-16 code units. */
  start: number;
  end: number;
}

// Within a word: marks, joiners (ZWNJ in Persian, soft hyphens, marks of direction), and Armenian's marks of tone. A gershayim, or
// the quote that people type for it, stands between Hebrew letters.
const INNER = String.raw`[\p{L}\p{N}\p{M}\u00ad\u200c-\u200f\u2060\ufeff՛՜՞]|(?<=\p{Script=Hebrew})["'״׳](?=\p{Script=Hebrew})`;
/** With what comes behind an apostrophe: endings of names in Turkish (Ankara'da), the rest of the word in Ukrainian (п'ять). */
const APOSTROPHE = String.raw`|(?<=\p{L})['’](?=\p{L})`;
const CUT_AT_APOSTROPHE = new Set(['tr', 'az']);
const JOINED_BY_APOSTROPHE = new Set(['uk', 'be']);
const plain = new RegExp(`[\\p{L}\\p{N}](?:${INNER})*`, 'gu');
const withApostrophe = new RegExp(`[\\p{L}\\p{N}](?:${INNER}${APOSTROPHE})*`, 'gu');

/** Longer words are cut: no word is sought by its letter 65. */
const MOST_LETTERS = 64;
/** With its marks, before they are put in order: that takes the square of their number. */
const MOST_UNITS = 1_000;

/** In order, as the text has them. */
export function wordsOf(text: string, locale: string): Word[] {
  const found = [...text.matchAll(patternOf(languageOf(locale)))];
  const spellings = spellingsOf(new Set(found.map(({ 0: word }) => word)), locale);
  return found.flatMap(({ 0: word, index }) => {
    const spelling = spellings.get(word);
    return spelling ? [{ word: spelling, start: index, end: index + word.length }] : [];
  });
}

/** Letters and digits that no rule takes away, so that a word which begins with one has a spelling. Forms for presentation may be marks alone. */
const SPELT = /^[[\p{Lu}\p{Ll}\p{Lo}\p{Nd}]--[\ufb50-\ufeff]]/v;

/** Where they stand, of the first `most`: to spell the words of a story takes 0.4 ms, to find them 0.09, and a page of hits shows twenty. */
export function placesOf(text: string, locale: string, most = Number.POSITIVE_INFINITY): Omit<Word, 'word'>[] {
  const places: Omit<Word, 'word'>[] = [];
  for (const { 0: word, index } of text.matchAll(patternOf(languageOf(locale)))) {
    if (places.length >= most) break;
    if (SPELT.test(word) || spellingsOf(new Set([word]), locale).get(word))
      places.push({ start: index, end: index + word.length });
  }
  return places;
}

/**
 * The same without their places: an object for each match of a story was a tenth of what Node.js does to index it. Most words are
 * spelt so already: to look at those letter by letter, and to spell the others alone, takes 159 us a text in nine languages instead of 236.
 */
export function speltWordsOf(text: string, locale: string): string[] {
  const found = text.match(patternOf(languageOf(locale))) ?? [];
  const isSpelt = spelledBy(locale);
  const spellings = spellingsOf(new Set(found.filter((word) => !isSpelt(word))), locale);
  return found.flatMap((word) => (isSpelt(word) ? word : spellings.get(word) || []));
}

/** Small letters and ASCII digits; without the jamo, which come together to other letters. */
const SMALL = /^[[\p{Ll}\p{Lo}0-9]--[\u1100-\u11ff]]$/v;
/** Letters that a rule takes for others, or away, by what stands beside them. */
const BY_NEIGHBOURS: Readonly<Record<string, string>> = { ar: 'ال', el: 'σς', hy: 'ւ' };
/** Of the scripts of letters; where words are longer, as in Chinese, looking at each letter gains nothing. */
const UNITS = 0x2000;
const YES = 1;
const NO = 2;
/** By language, what is known of each UTF-16 code unit. */
const known = new Map<string, Uint8Array>();

/** @returns whether a word, of which the text says what it is, is its own spelling */
function spelledBy(locale: string): (word: string) => boolean {
  const language = languageOf(locale);
  const units = known.get(language) ?? new Uint8Array(UNITS);
  known.set(language, units);
  const judge = (letter: string) =>
    SMALL.test(letter) && !BY_NEIGHBOURS[language]?.includes(letter) && spell(letter, locale, language) === letter;
  return (word) => {
    if (word.length > MOST_LETTERS) return false;
    for (let at = 0; at < word.length; at += 1) {
      const unit = word.charCodeAt(at);
      if (unit >= UNITS) return false;
      units[unit] ||= judge(String.fromCharCode(unit)) ? YES : NO;
      if (units[unit] === NO) return false;
    }
    return true;
  };
}

const patternOf = (language: string) =>
  CUT_AT_APOSTROPHE.has(language) || JOINED_BY_APOSTROPHE.has(language) ? withApostrophe : plain;

/** @returns '' for what has no letters left */
function spellingsOf(words: ReadonlySet<string>, locale: string): Map<string, string> {
  const distinct = [...words];
  const kept = distinct.map((word) => (word.length > MOST_UNITS ? word.slice(0, MOST_UNITS).toWellFormed() : word));
  // All at once: word by word, a story of 600 words took 1.0 ms instead of 0.3.
  const spelt = spell(kept.join('\n'), locale, languageOf(locale)).split('\n');
  return new Map(distinct.map((word, at) => [word, shorten(spelt[at] ?? '')]));
}

type Rules = readonly (readonly [RegExp, string])[];
const EVERYWHERE: Rules = [
  // Harakat and tatweel, niqqud and cantillation: written for learners and for looks.
  [/[\u0640\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0591-\u05c7]/gu, ''],
  [/[^\p{Alphabetic}\p{Nd}\n]/gu, ''],
  [/ß/gu, 'ss'],
  [/œ/gu, 'oe'],
];
/** Letters that keyboards of one script share, and that readers of these languages take for one. */
const OF_LANGUAGE: Readonly<Record<string, Rules>> = {
  ar: [
    [/[أإآٱ]/gu, 'ا'],
    [/[ىی]/gu, 'ي'],
    [/ک/gu, 'ك'],
    // The article, with what is written together with it: the stemmer takes it off and then leaves an ending, or the other way round.
    [/^(?:[وفبك]?ال|لل)(?=\p{L}{3})/gmu, ''],
  ],
  fa: [
    [/[أإآٱ]/gu, 'ا'],
    [/[يى]/gu, 'ی'],
    [/ك/gu, 'ک'],
    [/[ۀة]/gu, 'ه'],
  ],
  ru: [[/ё/gu, 'е']],
};

/** @param words one a line */
function spell(words: string, locale: string, language: string): string {
  const kept = CUT_AT_APOSTROPHE.has(language) ? words.replace(/['’].*$/gmu, '') : words;
  let spelt = foldSlug(kept.normalize('NFKC'), locale);
  for (const [pattern, replacement] of [...EVERYWHERE, ...(OF_LANGUAGE[language] ?? [])])
    spelt = spelt.replace(pattern, replacement);
  return spelt.replace(/[^\P{Nd}0-9]/gu, asciiDigit);
}

const shorten = (word: string) => (word.length > MOST_LETTERS ? [...word].slice(0, MOST_LETTERS).join('') : word);

/** Blocks of ten digits begin at a multiple of 16, or six behind one. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  return String(/\p{Nd}/u.test(String.fromCodePoint(code & ~15)) ? code & 15 : (code & 15) - 6);
}

/** How a word may be kept that somebody is still typing: an article goes once three letters stand behind it, and is typed before them. */
export function begunAs(word: string, locale: string): string[] {
  const [, behind] = languageOf(locale) === 'ar' ? (/^(?:[وفبك]?ال|لل)(\p{L}{1,2})$/u.exec(word) ?? []) : [];
  return behind === undefined ? [word] : [word, behind];
}

/** Letters that do not fall apart into a letter and its accent. */
const SINGLE: Readonly<Record<string, string>> = { ı: 'i', ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ə: 'e', æ: 'a' };
const ACCENTED = /[[\p{Script=Latin}\p{Script=Greek}]--[\0-\x7f]]/gv;
const baseOf = (letter: string): string =>
  SINGLE[letter] ?? String.fromCodePoint(letter.normalize('NFD').codePointAt(0) ?? 0);

/** Accented letters that stems have and their words have not: sayacı is sayaç, donald is donaldı; Serbian ones are Latin, Italian ones grave. */
const MADE_BY_STEMMER: Readonly<Record<string, string>> = { it: 'àèìòù', sr: 'čćđšž', tr: 'çıü' };

/** As SQL's translate() takes it: letters, and at the same places what stands for them. */
export interface Folding {
  from: string;
  to: string;
}
/**
 * Which letters of these texts lose their accents. Behind the stemmer and not before it: Turkish endings are told by ı and i.
 * й and ї are letters of their own, only Latin and Greek ones have accents.
 */
export function foldingOf(texts: readonly string[], locales: readonly string[] = []): Folding {
  const made = locales.map((locale) => MADE_BY_STEMMER[languageOf(locale)] ?? '');
  const letters = [...new Set([...texts, ...made].flatMap((text) => text.match(ACCENTED) ?? []))];
  const folded = letters.filter((letter) => baseOf(letter) !== letter);
  return { from: folded.join(''), to: folded.map(baseOf).join('') };
}

/** The same in memory, for what no stemmer has to see. */
export const fold = (text: string): string => text.replace(ACCENTED, baseOf);
