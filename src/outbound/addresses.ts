// Which addresses of the network this server may connect to by itself: public ones. Whatever else exists is refused, known or not.
import ipaddr from 'ipaddr.js';

/** Where IANA has given global unicast addresses to anybody (RFC 4291 section 2.4): ::/96, NAT64 and the rest lie outside. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Answers the virtual machines of one cloud with their settings, under an address that looks like any other. */
const METADATA = '168.63.129.16';

/**
 * An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo) is refused whatever it is: it leads to where the machine
 * that translates it stands, and no receiver has such an address in the DNS.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast' || parsed.toString() === METADATA) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

/** Mapped ones are not: they are never needed where loopback is allowed. */
export const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';

/** Ports of services that an HTTP request must not be sent to (Fetch standard, section 2.9, "bad port"). */
const BLOCKED_PORTS = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);
export const isBlockedPort = (port: string): boolean => port !== '' && BLOCKED_PORTS.has(Number(port));
