// Finds what Postgres and JSON readers cannot hold: NUL, lone surrogates, nesting without end. It changes nothing.

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
    const found = findIllFormed(child, `${pointer}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    if (found) return found;
  }
  return null;
}

const BAD = 'has NUL or a lone surrogate';
const isBad = (text: string) => text.includes('\0') || !text.isWellFormed();
