// Asks the DNS which addresses a name has, in bounded time. It takes no thread, and so holds up nobody who needs one.
import { CANCELLED, type LookupAddress, NODATA, TIMEOUT } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { Lookup } from './checking.ts';

/**
 * Not `lookup` of node:dns: that is getaddrinfo, of which libuv runs two at a time, and each waits 10 s for servers that are silent. With
 * two dozen such names, which the hub takes from anybody, webhooks to others had waited for minutes, and each new connection to a
 * database that is known by a name until it was given up.
 */
const TRIES = { timeout: 2_000, tries: 2 };
/** This machine, of which no server is asked (RFC 6761 section 6.3). */
const HERE = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const isHere = (host: string) => host === 'localhost' || host.endsWith('.localhost');
/** Each server of the machine has its tries. */
const MOST_MS = 5_000;

/** @param servers instead of those that the machine is set up with */
export function createLookup(servers?: string[]): Lookup {
  return (host, _options, done) => {
    addressesOf(host, servers).then(
      (found) => done(null, found),
      (error) => done(error, []),
    );
  };
}

async function addressesOf(host: string, servers?: string[]): Promise<LookupAddress[]> {
  if (isHere(host)) return HERE;
  // One for each name (0.3 ms): it knows the servers that the machine has by now.
  const resolver = new Resolver(TRIES);
  if (servers) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), MOST_MS);
  const answers = await Promise.allSettled([
    resolver.resolve4(host).then((addresses) => addresses.map((address) => ({ address, family: 4 }))),
    resolver.resolve6(host).then((addresses) => addresses.map((address) => ({ address, family: 6 }))),
  ]);
  clearTimeout(timer);
  // A server that knows one kind of address and is silent about the other is no reason to stay away.
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : NODATA));
  const code = codes.find((one) => one !== NODATA) ?? NODATA;
  throw Object.assign(new Error(`no address of ${host}`), { code: code === CANCELLED ? TIMEOUT : code });
}
