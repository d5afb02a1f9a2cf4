// Finds what Postgres and JSON readers cannot hold: NUL, lone surrogates, nesting without end; and what is no text at all. It changes nothing that was sent.
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
  if (depth === MAX_DEPTH) return { pointer, message: TOO_DEEP };
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
const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;
/** Bytes. The nesting of fewer is found when they are parsed. */
const LARGE = 65_536;
const [QUOTE, BACKSLASH, BRACKET, CLOSING, BRACE, CLOSING_BRACE] = Buffer.from('"\\[]{}');

/**
 * For JSON that is still to be parsed: bodies of 800 KB of `[`, 24 at a time, ended a process whose heap may take 100 MB. It costs 4 ms for
 * a megabyte.
 */
export function findTooDeep(json: Buffer): IllFormed | null {
  if (json.length < LARGE) return null;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === BRACKET || byte === BRACE) {
      depth += 1;
      if (depth > MAX_DEPTH) return { pointer: '', message: TOO_DEEP };
    } else if (byte === CLOSING || byte === CLOSING_BRACE) depth -= 1;
  }
  return null;
}

const isBad = (text: string) => text.includes('\0') || !text.isWellFormed();

/** With what a text in Postgres cannot hold made visible: words about a file quote from it. */
export const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();
