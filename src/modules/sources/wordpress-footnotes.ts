// The footnotes of a WordPress post, which stand beside its text: as a list where their block is. It numbers nothing.
import { listIn, recordIn, textIn } from './json.ts';
import { metaOf } from './wordpress-elements.ts';
import type { Element } from './xml.ts';

/** Bounded, or one long tag would take the square of its length. */
const REFERENCE = /<sup\s[^<>]{0,500}data-fn=[^<>]{0,500}>\s*<a\s[^<>]*>([^<>]*)<\/a>\s*<\/sup>/gi;

/** @returns undefined where it has none */
export function footnotesOf(item: Element): string | undefined {
  const [given] = metaOf(item, 'footnotes');
  if (given === undefined) return undefined;
  try {
    const notes = listIn(JSON.parse(given)).map((one) => textIn(recordIn(one).content));
    return notes.length > 0 ? `<ol>${notes.map((html) => `<li>${html}</li>`).join('')}</ol>` : undefined;
  } catch {
    return undefined;
  }
}

/** Their places in the text keep their numbers; the links would lead nowhere. */
export const withoutReferences = (html: string): string => html.replaceAll(REFERENCE, '<sup>$1</sup>');
