// Guards changes against lost updates: which version a change is based on, and what to answer when that is not the newest. It reads no row.
import { isDeepStrictEqual } from 'node:util';
import { invalid, Problem } from './errors.ts';

/** Only what a Postgres integer holds. */
const ENTITY_TAG = /^"([1-9]\d{0,8})"$/;

/**
 * The version that the request is based on, from `If-Match: "3"` (RFC 9110 section 13.1.1).
 * @throws Problem precondition_required (428, RFC 6585 section 3) without the header, validation_failed for `*`, weak tags, lists and others
 */
export function parseIfMatch(request: { headers: { 'if-match'?: string | undefined } }): number {
  const given = request.headers['if-match'];
  if (given === undefined) {
    throw new Problem('precondition_required', {
      detail: 'Send the version that the change is based on as If-Match: "<version>".',
    });
  }
  const [, version] = ENTITY_TAG.exec(given.trim()) ?? [];
  if (version === undefined) throw invalid({ parameter: 'if-match' }, 'must be one version in quotes, such as "3"');
  return Number(version);
}

export interface Difference {
  field: string;
  /** What the request wants. */
  yours: unknown;
  /** What is there now. */
  current: unknown;
}

/** @param pointer to what the version stands in, where one request names several */
export function versionMismatch(currentVersion: number, changedFields: Difference[] = [], pointer?: string): Problem {
  const message = `it is version ${currentVersion} now`;
  return new Problem('version_mismatch', {
    extra: { currentVersion, changedFields },
    ...(pointer !== undefined && { errors: [{ pointer: `${pointer}/version`, code: 'changed', message }] }),
  });
}

/**
 * @param expected null for what follows its source, such as an import
 * @param change what is wanted, to tell what of it differs from what is there
 * @throws Problem version_mismatch
 */
export function checkVersion(current: { version: number }, expected: number | null, change: object = {}): void {
  if (expected !== null && current.version !== expected)
    throw versionMismatch(current.version, differences(change, current));
}

/** What a change wants and what is there, for each member that differs; members of objects by their path, as `texts.en.name`. */
export function differences(change: object, current: object, path = ''): Difference[] {
  return Object.entries(change).flatMap(([name, yours]) => {
    const there = (current as Record<string, unknown>)[name] ?? null;
    if (isDeepStrictEqual(yours, there)) return [];
    if (isObject(yours) && isObject(there)) return differences(yours, there, `${path}${name}.`);
    return [{ field: path + name, yours, current: there }];
  });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
