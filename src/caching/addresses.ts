// One spelling for addresses that mean the same: parameters in alphabetical order, and what no address holds as it is encoded. It decodes
// nothing and drops nothing.

/**
 * Not in an address as they are (RFC 3986 section 2), but browsers send most of them and Node takes all: in a Link header, > would end the
 * address, and who reads links by the letter of the RFC, as java.net.URI does, fails at the others.
 */
const NOWHERE = /[<>"{}|\\^`]/g;
/** The brackets stand around hosts. A sign of per cent that begins nothing is read as itself here; in a path it is refused (plugins/problems.ts). */
const NOT_IN_QUERIES = /[[\]]|%(?![\da-f]{2})/gi;

/** Of the path and query of a request; links in answers repeat it, so that they are the same however it was asked. */
export function canonical(given: string): string {
  const url = given.replaceAll(NOWHERE, encodeURIComponent);
  const from = url.indexOf('?');
  if (from === -1) return url;
  const query = url.slice(from + 1).replaceAll(NOT_IN_QUERIES, encodeURIComponent);
  return `${url.slice(0, from)}?${query.includes('&') ? query.split('&').sort().join('&') : query}`;
}
