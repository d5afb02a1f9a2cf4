// Whether a request names its host as HTTP wants it. No link, and nothing else that is answered, is ever made of that name.
import type { IncomingMessage } from 'node:http';

/** `uri-host [ ":" port ]` (RFC 9112 section 3.2, RFC 3986 section 3.2.2), where http knows no empty host (RFC 9110 section 4.2.1). */
const HOST = /^(?:(?!:)[\w\-.~!$&'()*+,;=]*(?:%[\da-f]{2}[\w\-.~!$&'()*+,;=]*)*|\[[\w\-.~!$&'()*+,;=:]+\])(?::\d*)?$/i;

/**
 * Before every answer: 90 ns beside twelve headers. Node joins or drops what comes twice, and tells of it in `rawHeaders` alone.
 * @returns what is wrong with it (RFC 9112 section 3.2)
 */
export function faultOfHost({ headers, rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const { host } = headers;
  if (!host) return host === undefined && httpVersion !== '1.1' ? undefined : 'The Host header is missing';
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') lines += 1;
  }
  if (lines > 1) return 'The Host header came more than once';
  return HOST.test(host) ? undefined : 'The Host header is no name of a host';
}
