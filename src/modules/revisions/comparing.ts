// Tells field by field what differs between the contents of two revisions. It reads no row.
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../merge-patch.ts';
import { toText } from '../body/rendering.ts';
import type { PortableText } from '../body/schemas.ts';
import type { NeutralContent, TextContent } from './reading.ts';
import type { RevisionChange } from './schemas.ts';
import { compareTexts } from './words.ts';

type Members = Record<string, unknown>;
const TEXTS = new Set(['title', 'standfirst', 'body']);

/** A field that one of them does not have is left out: nobody knows what stood in it. @param locale whose words they are */
export function compareContents(
  before: TextContent | NeutralContent,
  after: TextContent | NeutralContent,
  locale: string,
): RevisionChange[] {
  const there = new Map(Object.entries(after));
  return Object.entries(before)
    .filter(([field]) => there.has(field))
    .flatMap(([field, was]) => compareField(field, was, there.get(field), locale));
}

function compareField(field: string, was: unknown, is: unknown, locale: string): RevisionChange[] {
  if (isDeepStrictEqual(was, is)) return [];
  if (TEXTS.has(field)) {
    const [before, after] = [was, is].map(textOf) as [string, string];
    return [{ field, type: 'text', ...compareTexts(before, after, locale), isSameText: before === after }];
  }
  if (Array.isArray(was) && Array.isArray(is)) return [{ field, type: 'list', ...compareLists(was, is) }];
  if (isObject(was) || isObject(is))
    return compareObjects(field, isObject(was) ? was : {}, isObject(is) ? is : {}, locale);
  return [{ field, type: 'value', before: was ?? null, after: is ?? null }];
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? '' : toText(value as PortableText);

function compareObjects(path: string, was: Members, is: Members, locale: string): RevisionChange[] {
  const [before, after] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) =>
    compareField(`${path}.${name}`, before.get(name) ?? null, after.get(name) ?? null, locale),
  );
}

function compareLists(was: unknown[], is: unknown[]) {
  const without = (list: unknown[], other: unknown[]) =>
    list.filter((item) => !other.some((another) => isDeepStrictEqual(item, another)));
  const [removed, added] = [without(was, is), without(is, was)];
  return { removed, added, isReordered: !isDeepStrictEqual(without(was, removed), without(is, added)) };
}
