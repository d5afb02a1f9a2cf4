// Gathers the warnings of one reading: the same warning is told once with its count, and a hostile body cannot make the list long.
import type { BodyWarning } from './schemas.ts';

/** Warnings that one answer carries at most; the rest is counted in a last one. */
const MAX_WARNINGS = 200;

export type Warn = (code: BodyWarning['code'], message: string, path?: string) => void;

export function warningList(): { warn: Warn; list: () => BodyWarning[] } {
  const told = new Map<string, { warning: BodyWarning; times: number }>();
  let unlisted = 0;
  return {
    warn(code, message, path) {
      const id = `${code}\n${path ?? ''}\n${message}`;
      const known = told.get(id);
      if (known) known.times++;
      else if (told.size >= MAX_WARNINGS) unlisted++;
      else told.set(id, { warning: { code, message, ...(path === undefined ? {} : { path }) }, times: 1 });
    },
    list() {
      const warnings = [...told.values()].map(({ warning, times }) =>
        times > 1 ? { ...warning, message: `${warning.message} (${times} times)` } : warning,
      );
      if (unlisted > 0) warnings.push({ code: 'more_warnings', message: `${unlisted} more warnings are not listed` });
      return warnings;
    },
  };
}

/** A piece of the body as a warning may quote it: short, and well-formed even where the cut parts a surrogate pair. */
export const quoted = (text: string): string =>
  JSON.stringify((text.length > 80 ? `${text.slice(0, 80)}…` : text).toWellFormed());
