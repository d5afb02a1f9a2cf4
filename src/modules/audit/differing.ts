// Tells which fields an audit entry says were changed, from what to what. It reads no row.
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../merge-patch.ts';
import type { AuditEntry } from './schemas.ts';

/** Members of objects by their path, as `texts.en.name`. */
export function changesOf(before: unknown, after: unknown, path = ''): AuditEntry['changes'] {
  const [old, current] = [before, after].map((value) => new Map(Object.entries(isObject(value) ? value : {})));
  return [...new Set([...(old?.keys() ?? []), ...(current?.keys() ?? [])])].flatMap((name) => {
    const was = old?.get(name) ?? null;
    const is = current?.get(name) ?? null;
    if (isDeepStrictEqual(was, is)) return [];
    if (isObject(was) && isObject(is)) return changesOf(was, is, `${path}${name}.`);
    return [{ field: path + name, before: was, after: is }];
  });
}
