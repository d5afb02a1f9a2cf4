// Whether who asks has the answer already (RFC 9110 section 13): by its entity tag, else by its time. It sends nothing.
import type { IncomingHttpHeaders } from 'node:http';
import type { Coding, Representation } from './representation.ts';

/** The bytes differ by coding, and with them a strong entity tag (RFC 9110 section 8.8.3.3). */
const opaqueTagOf = ({ etag }: Representation, coding: Coding | null) => (coding ? `"${etag}-${coding}"` : `"${etag}"`);

/** A tag that is the same for other bytes has to say that it is weak (RFC 9110 section 8.8.1). */
export const tagOf = (representation: Representation, coding: Coding | null): string =>
  `${representation.isWeak ? 'W/' : ''}${opaqueTagOf(representation, coding)}`;

/** RFC 9110 section 13.2.2: If-None-Match decides alone where it is given. */
export function isUnchanged(headers: IncomingHttpHeaders, kept: Representation, coding: Coding | null): boolean {
  const given = headers['if-none-match'];
  if (given !== undefined) {
    const tag = opaqueTagOf(kept, coding);
    return given.trim() === '*' || given.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag);
  }
  const since = headers['if-modified-since'];
  const { lastModified } = kept;
  if (since === undefined || !lastModified) return false;
  // Any other text is to be passed over (RFC 9110 section 13.1.3); Date takes "2100" for a time.
  const isAsctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(since);
  // The form without a zone is in GMT, too; Date would take it for the time of this machine.
  const time =
    isAsctime || /^[A-Z][a-z]+, .*:.* GMT$/.test(since) ? Date.parse(isAsctime ? `${since} GMT` : since) : Number.NaN;
  return !Number.isNaN(time) && Math.floor(lastModified.getTime() / 1000) * 1000 <= time;
}
