// Shows where a story has the words that were sought: its title, and the stretch of its text that has most of them. It returns plain text
// in segments and no markup, so that a title which looks like HTML does no harm wherever it is shown as text.
import { placesOf } from './words.ts';

interface Segment {
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
  const [A, B] = [placesOf(title, locale), placesOf(standfirst ?? '', locale)];
  // Positions begin at 1, and each part of the document ends with a number of its own (indexing.ts).
  const matchesIn = (part: string, before: number) =>
    new Set(places.flatMap(([position, weight]) => (weight === part ? position - before - 1 : [])));
  const head: Part = { text: title, words: A, matches: matchesIn('A', 0) };
  const lead: Part = { text: standfirst ?? '', words: B, matches: matchesIn('B', A.length + 1) };
  const matches = matchesIn('C', A.length + B.length + 2);
  const whole = (one: Part) => segments(one, 0, one.words.length);
  if (matches.size === 0 && lead.text !== '') return { title: whole(head), snippet: whole(lead) };
  // No word behind these is shown, but for telling that the text goes on.
  const words = placesOf(body, locale, Math.max(0, ...matches) + LENGTH + 1);
  return { title: whole(head), snippet: stretch({ text: body, words, matches }) };
}

interface Part {
  text: string;
  /** Those that may be shown. */
  words: ReturnType<typeof placesOf>;
  /** Which of the words were sought. */
  matches: Set<number>;
}

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
