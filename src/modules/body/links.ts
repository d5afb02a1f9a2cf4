// Decides which addresses a body may point to, by the parser that browsers use; it never changes an address.

const BASE = 'https://relative.invalid';
const LINKS = new Set(['http:', 'https:', 'mailto:', 'tel:']);
const RESOURCES = new Set(['http:', 'https:']);

// Scheme by the WHATWG URL parser, which drops tabs, line feeds and leading controls as a browser does:
// "java\tscript:" is seen as javascript:, where a pattern would be fooled.
const scheme = (address: string): string | undefined => URL.parse(address, BASE)?.protocol;

// Before the first colon, which stands in no first segment of a relative address (RFC 3986, section 4.2): a scheme, as that parser reads it.
const SCHEME = /^[\0- ]*[a-z][a-z0-9+.\t\n\r-]*$/i;

/** "\u2028javascript:" is relative to a browser, and a scheme to whoever trims it: it is neither. */
const isOpen = (address: string): boolean => {
  const [, start] = /^([^/?#:]*):/.exec(address) ?? [];
  return start === undefined || SCHEME.test(start);
};

const listed = (schemes: Set<string>, address: string): boolean => {
  const found = scheme(address);
  return address.length > 0 && address.length <= 4000 && found !== undefined && schemes.has(found) && isOpen(address);
};

/** True for http, https, mailto, tel and relative links (WHATWG URL). */
export const isLink = (address: string): boolean => listed(LINKS, address);

/** True for what a picture may be loaded from: http, https or relative. */
export const isPicture = (address: string): boolean => listed(RESOURCES, address);

/** True for an absolute http or https address, as an embed needs it. */
export const isAbsolute = (address: string): boolean => /^https?:\/\//i.test(address) && isPicture(address);

/** True when the link leaves the site it stands on: it names a host of its own. */
export function leaves(address: string): boolean {
  const parsed = URL.parse(address, BASE);
  return parsed !== null && RESOURCES.has(parsed.protocol) && parsed.origin !== BASE;
}

/** What an editor can say of a link: search engines are not to take it for a recommendation, it is paid for, or readers wrote it. */
export const LINK_RELS = ['nofollow', 'sponsored', 'ugc'] as const;
export type LinkRel = (typeof LINK_RELS)[number];
export type Rel = 'noopener' | LinkRel;

/** What stands in `rel`: that the page behind a link to elsewhere gets no hold of this one, and what the editor said. */
export const relOf = (address: string, marked: readonly LinkRel[] = []): Rel[] => [
  ...(leaves(address) ? (['noopener'] as const) : []),
  ...LINK_RELS.filter((rel) => marked.includes(rel)),
];
/** Of an attribute, what an editor can say; the rest is made anew. */
export function readRel(attribute: string | null): LinkRel[] {
  const tokens = new Set(attribute?.toLowerCase().split(/[\t\n\f\r ]+/));
  return LINK_RELS.filter((rel) => tokens.has(rel));
}
