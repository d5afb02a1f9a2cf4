// Slugs of stories and terms: how one is proposed from a text, and the only spelling of it that its language has. Whether it is free is for the database to say.
import toAscii from 'any-ascii';
import { invalid } from '../../errors.ts';
import { languageOf } from '../search/languages.ts';

/** The script that proposals are written in: that of the language, or Latin letters. */
export type SlugScript = 'native' | 'latin';

/** Code points, as JSON Schema counts them. */
const MAX_LENGTH = 100;
/** Of a text that a slug is made from: to put marks in order takes ICU the square of their number, 15 s for 160,000. */
const MOST_READ = 2_000;
/** What the schema of slugs does not take; a capital that has no small letter (such as 𝐀) is among it. */
const OTHER = /[^\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}]+/gu;
/**
 * What is not seen and parts no word: soft hyphens, joiners (Sinhala writes ශ්‍රී with one), the selectors that most emoji end with;
 * and what stands around digits, as in 1️⃣. ZWNJ and ZWSP part words, as Persian and Thai have it.
 */
const UNSEEN = /(?![\u200b\u200c])\p{Default_Ignorable_Code_Point}|\p{Me}/gu;
/** A mark that no letter of a slug and no digit carries is that of a sign, which goes. */
const WITHOUT_LETTER = /(?<![\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}])\p{M}+/gu;

type Rules = readonly (readonly [RegExp, string])[];
/** Spellings that lower case leaves apart, and that readers take for one. */
const ONE_SPELLING: Readonly<Record<string, Rules>> = {
  el: [
    [/ς(?=\p{L})/gu, 'σ'],
    [/(?<=\p{L})σ(?!\p{L})/gu, 'ς'],
  ],
  // ECH YIWN: the ligature is how the reformed spelling writes the two letters.
  hy: [[/եւ/g, 'և']],
};
/**
 * What any-ascii does letter by letter, against the rules of the language. For Georgian, Russian, Azerbaijani and Turkish it
 * gives what their own standards give (tried: ყ as q', щ as shch, ə as e, ı as i), for these it does not. Short vowels, which
 * Arabic and Persian do not write, nobody adds.
 */
const ALEF: Rules = [[/[اأإآى]/g, 'a']];
const ROMANISED: Readonly<Record<string, Rules>> = {
  ar: ALEF,
  de: [
    [/ä/g, 'ae'],
    [/ö/g, 'oe'],
    [/ü/g, 'ue'],
  ],
  fa: ALEF,
  hy: [
    [/ու/g, 'u'],
    [/(?<!\p{L})ո(?!վ)/gu, 'vo'],
    [/(?<!\p{L})ե/gu, 'ye'],
    [/(?<!\p{L})և/gu, 'yev'],
  ],
  uk: [
    [/г/g, 'h'],
    [/и/g, 'y'],
  ],
};

const apply = (text: string, rules: Rules = []) =>
  rules.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);

/**
 * NFC, in the lower case of the language: in Turkish and Azerbaijani I becomes ı. Slugs are kept in this spelling only, and
 * what comes in an address is brought into it, so that unique in the table is unique to readers.
 */
export function foldSlug(text: string, locale: string): string {
  const lower = lowerCase(text.normalize('NFC'), locale)
    .normalize('NFD')
    // Outside Turkish and Azerbaijani, İ becomes i with a dot above its dot; Lithuanian keeps one under an accent.
    // Letter by letter: to look back from each dot takes the square of their number.
    .replace(/[ij]\p{M}+/gu, (letter) => letter.replaceAll('\u0307', ''))
    .normalize('NFC');
  return apply(lower, ONE_SPELLING[languageOf(locale)]);
}

/**
 * The schema cannot say it, and readers look slugs up in this spelling only; Ⅳ is a number that has a small form. With letters that are not
 * seen, two that differ would look alike. @throws Problem validation_failed
 */
export function checkSlug(slug: string, locale: string, pointer: string): void {
  const spelling = foldSlug(slug.replace(UNSEEN, ''), locale);
  if (spelling === '') throw invalid({ pointer }, 'has no letter and no digit that is seen', 'not_normal');
  if (slug !== spelling)
    throw invalid({ pointer }, `must be written ${spelling}: lower case in ${locale}, in NFC`, 'not_normal');
}

/** An alias may be any word, and is no tag then. */
function lowerCase(text: string, locale: string): string {
  try {
    return text.toLocaleLowerCase(locale);
  } catch {
    return text.toLocaleLowerCase('und');
  }
}

/** @returns '' where the text has no letter and no digit that is seen */
export function slugOf(text: string, locale: string, script: SlugScript = 'native'): string {
  // First, since letters and marks that come together by it may have another spelling.
  const seen = text.slice(0, MOST_READ).toWellFormed().replace(UNSEEN, '');
  const words = wordsOf(foldSlug(seen, locale));
  return shorten(script === 'latin' ? latinOf(words, locale) : words, locale);
}

const wordsOf = (text: string) => text.replace(WITHOUT_LETTER, '').replace(OTHER, '-').replace(/^-|-$/g, '');

/** Apostrophes stand for letters that Latin has not, such as ь and ع. */
const latinOf = (words: string, locale: string) =>
  wordsOf(
    toAscii(apply(words, ROMANISED[languageOf(locale)]))
      .toLowerCase()
      .replaceAll(/['`]/g, ''),
  );

/** Cuts between graphemes: a letter keeps its marks. */
function shorten(text: string, locale: string): string {
  if (text.length <= MAX_LENGTH) return text;
  let slug = '';
  let length = 0;
  for (const { segment } of new Intl.Segmenter(locale, { granularity: 'grapheme' }).segment(text)) {
    length += [...segment].length;
    if (length > MAX_LENGTH) break;
    slug += segment;
  }
  return slug.replace(/-$/, '');
}
