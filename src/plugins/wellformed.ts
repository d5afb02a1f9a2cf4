// Finds text that Postgres and JSON readers cannot hold: NUL and lone surrogates. It changes nothing.

/** @returns JSON Pointer (RFC 6901) to the first ill-formed string or member name, or null */
export function findIllFormed(value: unknown, pointer = ''): string | null {
  if (typeof value === 'string') return isBad(value) ? pointer : null;
  if (value === null || typeof value !== 'object') return null;
  for (const [member, child] of Object.entries(value)) {
    const at = `${pointer}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (isBad(member)) return pointer;
    const found = findIllFormed(child, at);
    if (found !== null) return found;
  }
  return null;
}

const isBad = (text: string) => text.includes('\0') || !text.isWellFormed();
