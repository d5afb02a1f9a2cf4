// One spelling for addresses that mean the same: parameters in alphabetical order, angle brackets and quotes encoded. It decodes
// nothing and drops nothing.

/** Of the path and query of a request; links in answers repeat it, so that they are the same however it was asked. */
export function canonical(given: string): string {
  // No address has them as they are (RFC 3986 section 2), but Node takes them: in a Link header, > would end the address.
  const url = given.replaceAll(/[<>"]/g, encodeURIComponent);
  const from = url.indexOf('?');
  if (from === -1 || url.indexOf('&', from) === -1) return url;
  const parameters = url.slice(from + 1).split('&');
  return `${url.slice(0, from)}?${parameters.sort().join('&')}`;
}
