// Puts a redirect among the others, so that each leads to its end in one step: chains are flattened, loops refused. It reads and writes no row.
import { Problem } from '../../errors.ts';
import type { RedirectStatus } from './schemas.ts';

export interface Place {
  id: string;
  path: string;
  /** Path or URL. */
  target: string | null;
  articleId: string | null;
  locale: string | null;
  status: RedirectStatus;
}

const conflict = (pointer: string, code: string, message: string) =>
  new Problem('conflict', { errors: [{ pointer, code, message }] });

/**
 * @param rows all that have the path, or the target as their path, or the path as their target; those that change are replaced
 * @param pointer to the redirect in the request
 * @returns what has changed: the new one, and those that led to it
 * @throws Problem conflict for a path that is taken, or a loop
 */
export function place(rows: Map<string, Place>, wanted: Place, pointer: string): Place[] {
  const taken = rows.get(wanted.path);
  if (taken && taken.id !== wanted.id) throw conflict(`${pointer}/path`, 'taken', 'another redirect has this path');
  const next = wanted.target === null ? undefined : rows.get(wanted.target);
  const end = next && next.id !== wanted.id ? through(wanted, next) : wanted;
  if (end.target === wanted.path) throw conflict(`${pointer}/target`, 'loop', 'leads back to the path itself');
  const before = [...rows.values()].filter(({ id, target }) => id !== end.id && target === end.path);
  const changed = [end, ...before.map((row) => through(row, end))];
  for (const row of changed) rows.set(row.path, row);
  return changed;
}

/** Where the second leads, as the first; for good only if both of them are. */
function through(first: Place, second: Place): Place {
  const { target, articleId, locale } = second;
  return { ...first, target, articleId, locale, status: statusThrough(first.status, second.status) };
}

function statusThrough(first: RedirectStatus, second: RedirectStatus): RedirectStatus {
  if (second === 410 || second === 301 || second === 308) return second === 410 ? 410 : first;
  if (first === 301) return 302;
  return first === 308 ? 307 : first;
}
