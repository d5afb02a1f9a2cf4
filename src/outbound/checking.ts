// Whether a URL may be asked at all, in words for the person who wrote it; what a name resolves to is looked at again at every connection.
import type { LookupAddress, LookupAllOptions, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { isBlockedPort, isLoopback, isPublic } from './addresses.ts';

export interface Allowed {
  /** This machine itself, over http too: for development and tests. */
  loopback: boolean;
  /** http to public addresses: nobody should send there, but pictures of old sites are to be had in no other way. */
  http?: boolean;
}
/** As `lookup` of node:dns where it is asked for all addresses. */
export type Lookup = (
  host: string,
  options: LookupAllOptions,
  done: (error: Error | null, found: LookupAddress[]) => void,
) => void;

const mayConnect = (address: string, { loopback }: Allowed): boolean =>
  isPublic(address) || (loopback && isLoopback(address));

const NOT_PUBLIC = 'leads to an address that is not public';
/** What a URL with an IP address calls its host: without the brackets of IPv6. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');
const isHere = (host: string) => host === 'localhost' || isLoopback(host);

/**
 * All that can be told without the DNS. The URL parser has turned each spelling of an IPv4 address (decimal, octal,
 * hexadecimal, short) into the usual one.
 * @returns what is wrong, to be read after "The URL"; null where nothing is
 */
export function refusalOf(url: URL, allowed: Allowed): string | null {
  const host = bare(url.hostname);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'has to begin with https://';
  if (url.protocol === 'http:' && !allowed.http && !(allowed.loopback && isHere(host)))
    return 'has to begin with https://';
  if (url.username !== '' || url.password !== '') return 'holds a user name or a password';
  if (isBlockedPort(url.port)) return 'names a port of another service';
  return isIP(host) && !mayConnect(host, allowed) ? NOT_PUBLIC : null;
}

/**
 * For the moment somebody writes a URL down. A name that is not in the DNS, or not yet, passes: it is refused where it
 * matters, at the connection.
 */
export async function refusalAtCreation(text: string, allowed: Allowed, lookup: Lookup): Promise<string | null> {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  const refusal = refusalOf(url, allowed);
  if (refusal !== null || isIP(bare(url.hostname))) return refusal;
  const addresses = await new Promise<LookupAddress[]>((resolve) =>
    lookup(url.hostname, { all: true }, (error, found) => resolve(error ? [] : found)),
  );
  return addresses.every(({ address }) => mayConnect(address, allowed)) ? null : NOT_PUBLIC;
}

/**
 * The `lookup` of a socket: what it finds is checked and then connected to, with no second question between (DNS answers
 * that flip). One wrong address among right ones refuses them all: nobody has both by mistake.
 */
export function guardedLookup(allowed: Allowed, lookup: Lookup, refuse: (host: string) => Error) {
  return (
    host: string,
    options: LookupOptions,
    done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const [first] = found;
      if (!first || !found.every(({ address }) => mayConnect(address, allowed))) return done(refuse(host), []);
      return options.all ? done(null, found) : done(null, first.address, first.family);
    });
  };
}
