// Finds what Postgres and JSON readers cannot hold: NUL, lone surrogates, nesting without end; and what is no text at all. It changes nothing.
import { escapePointer } from './pointing.ts';

/** Portable Text, the deepest body there is, has seven levels. Recursion over 1 MB of `[` would use up the stack. */
const MAX_DEPTH = 64;

export interface IllFormed {
  /** JSON Pointer (RFC 6901) to the first ill-formed string, or to the object whose member name is. */
  pointer: string;
  message: string;
}

export function findIllFormed(value: unknown, pointer = '', depth = 0): IllFormed | null {
  if (typeof value === 'string') return isBad(value) ? { pointer, message: BAD } : null;
  if (value === null || typeof value !== 'object') return null;
  if (depth === MAX_DEPTH) return { pointer, message: `is nested deeper than ${MAX_DEPTH} levels` };
  for (const [member, child] of Object.entries(value)) {
    if (isBad(member)) return { pointer, message: BAD };
    const found = findIllFormed(child, `${pointer}/${escapePointer(member)}`, depth + 1);
    if (found) return found;
  }
  return null;
}

/** @returns names of parameters, as they came, whose percent encoding is none of UTF-8 (RFC 3986 section 2.5): the framework hands them on undecoded. */
export const findUndecodable = (search: string): string[] =>
  search
    .split('&')
    .filter((pair) => pair.includes('%') && !isDecodable(pair))
    .map((pair) => pair.split('=', 1)[0] ?? '');

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const BAD = 'has NUL or a lone surrogate';
const isBad = (text: string) => text.includes('\0') || !text.isWellFormed();
