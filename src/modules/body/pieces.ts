// Parts a block into pieces for the libraries that render: these take the square of its spans, and of the lines of a span; of a long text, one
// uses up the stack. It renders nothing.
import type { TextBlock } from './schemas.ts';

/** Of a piece, each span and line and each thousand characters counting as one. */
const MOST = 250;
/** A slice of a text fits into a piece. */
const LINES = /(?:[^\n]*\n){100}|[\s\S]+/g;
const CHARACTERS = /[\s\S]{1,100000}/g;

type Span = TextBlock['children'][number];
const weightOf = ({ text }: Span): number => text.split('\n').length + Math.floor(text.length / 1_000);
const slicesOf = (span: Span): Span[] =>
  weightOf(span) <= MOST
    ? [span]
    : (span.text.match(LINES) ?? [])
        .flatMap((lines) => lines.match(CHARACTERS) ?? [])
        .map((text) => ({ ...span, text }));

/** Each with the links that it needs; null for a block of usual length, which is left as it is. */
export function piecesOf<B extends Pick<TextBlock, 'children' | 'markDefs'>>(block: B): B[] | null {
  if (block.children.reduce((sum, span) => sum + weightOf(span), 0) <= MOST) return null;
  const pieces: Span[][] = [];
  let left = 0;
  for (const span of block.children.flatMap(slicesOf)) {
    if (left < weightOf(span)) {
      pieces.push([]);
      left = MOST;
    }
    left -= weightOf(span);
    pieces.at(-1)?.push(span);
  }
  return pieces.map((children) => {
    const needed = new Set(children.flatMap(({ marks }) => marks));
    return { ...block, children, markDefs: block.markDefs.filter(({ _key }) => needed.has(_key)) };
  });
}
