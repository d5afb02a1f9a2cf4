// Lexemes that no text can have, by which a search is narrowed in the index that answers its words. They begin with a character that no
// word has; one posting list each for a locale, a region with what it contains, a tag, a day.
import { hash } from 'node:crypto';
import type { Facet } from '../articles/listing-keys.ts';

const short = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
const digest = (text: string) => hash('sha1', text, 'base64url').slice(0, 16);

export const mark = {
  locale: (tag: string) => ` l${tag}`,
  /** The story is public in this other language, too. */
  sibling: (tag: string) => ` s${tag}`,
  kind: (kind: string) => ` k${kind}`,
  region: (id: string) => ` r${short(id)}`,
  tag: (id: string) => ` t${short(id)}`,
  contributor: (id: string) => ` c${short(id)}`,
  extra: ({ fieldId, value }: Facet) => ` x${digest(`${fieldId}:${value}`)}`,
  year: (year: string) => ` y${year}`,
  month: (month: string) => ` m${month}`,
  day: (day: string) => ` d${day}`,
  /** A word of the title, and of the name of a tag, as they are written and not their stems. */
  titleWord: (word: string) => `~${word}`,
  tagWord: (word: string) => `#${word}`,
  /** How such words begin, in up to four letters: asked for by `a:*`, the index would gather every word with a. */
  titleBeginning: (letters: string) => `<${letters}`,
  tagBeginning: (letters: string) => `>${letters}`,
};

export const MOST_BEGINNING = 4;
/** 1 to 4 letters of each word. */
export const beginningsOf = (words: readonly string[]): string[] => [
  ...new Set(
    words.flatMap((word) => {
      const letters = [...word].slice(0, MOST_BEGINNING);
      return letters.map((_, at) => letters.slice(0, at + 1).join(''));
    }),
  ),
];

/** As tsquery reads it; marks hold no quote and no backslash, nor do words. */
export const quoted = (mark: string) => `'${mark}'`;
export const anyOf = (marks: readonly string[]) => `(${marks.map(quoted).join(' | ')})`;
