// Shows where a story has the words that were sought: its title, and the stretch of its text that has most of them. It returns plain text
// in segments and no markup, so that a title which looks like HTML does no harm wherever it is shown as text.
import { wordsOf } from './words.ts';

export interface Segment {
  text: string;
  match: boolean;
}
export interface Highlight {
  title: Segment[];
  snippet: Segment[];
}
/** Position in the document, and the weight of the part. */
export type Place = readonly [position: number, weight: string];

export interface Shown {
  locale: string;
  title: string;
  standfirst: string | null;
  body: string;
  places: readonly Place[];
}

/** Words of a snippet, and how many of them go before the first match. */
const LENGTH = 32;
const BEFORE = 6;

export function highlight({ locale, title, standfirst, body, places }: Shown): Highlight {
  const parts = { A: part(title, locale), B: part(standfirst ?? '', locale), C: part(body, locale) };
  // Each part of the document ends with a number of its own (indexing.ts).
  const starts: Record<string, number> = {
    A: 0,
    B: parts.A.words.length + 1,
    C: parts.A.words.length + parts.B.words.length + 2,
  };
  for (const [position, weight] of places) {
    const { matches } = parts[weight as keyof typeof parts] ?? {};
    matches?.add(position - (starts[weight] ?? 0) - 1);
  }
  const { A, B, C } = parts;
  const whole = (one: Part) => segments(one, 0, one.words.length);
  return { title: whole(A), snippet: C.matches.size > 0 || B.text === '' ? stretch(C) : whole(B) };
}

interface Part {
  text: string;
  words: ReturnType<typeof wordsOf>;
  /** Which of the words were sought. */
  matches: Set<number>;
}
const part = (text: string, locale: string): Part => ({ text, words: wordsOf(text, locale), matches: new Set() });

function stretch(one: Part): Segment[] {
  const matches = [...one.matches].filter((at) => at < one.words.length).sort((a, b) => a - b);
  let [best, most] = [0, 0];
  for (const [n, first] of matches.entries()) {
    const reach = first - BEFORE + LENGTH;
    let count = 0;
    while (n + count < matches.length && (matches[n + count] ?? 0) < reach) count += 1;
    if (count > most) [best, most] = [first, count];
  }
  const from = Math.max(0, Math.min(best - BEFORE, one.words.length - LENGTH));
  return segments(one, from, Math.min(from + LENGTH, one.words.length));
}

/** With an ellipsis where the text goes on; blanks, whatever they were, are one. */
function segments({ text, words, matches }: Part, from: number, to: number): Segment[] {
  const end = to < words.length ? (words[to - 1]?.end ?? 0) : text.length;
  let at = from > 0 ? (words[from]?.start ?? 0) : 0;
  const found: Segment[] = [];
  const push = (piece: string, match: boolean) => {
    if (piece !== '') found.push({ text: piece.replaceAll(/\s+/g, ' '), match });
  };
  if (from > 0) push('… ', false);
  for (let n = from; n < to; n += 1) {
    const word = words[n];
    if (!word || !matches.has(n)) continue;
    push(text.slice(at, word.start), false);
    push(text.slice(word.start, word.end), true);
    at = word.end;
  }
  push(text.slice(at, end), false);
  if (to < words.length) push(' …', false);
  return found;
}
