// Writes XML 1.0: every text and attribute escaped, what XML forbids or discourages left out. It reads none, and knows no format.

/** Markup that is well-formed; made by element() alone. */
export type Xml = string & { readonly xml: true };
export type Attributes = Readonly<Record<string, string | number | null | undefined>>;

/**
 * XML 1.0 section 2.2: controls and lone surrogates are no characters of it, not even as references; C1 controls and noncharacters
 * are discouraged, and U+FFFD says that a character was lost before it came here.
 */
const UNFIT = /[[\p{Cc}--[\t\n\r]]\p{Cs}\p{Noncharacter_Code_Point}\uFFFD]/gv;
// As they are, a parser would make line feeds of the first, and spaces of all in attributes (section 2.11 and 3.3.3).
const BREAKS = { '\r': '&#xD;', '\n': '&#xA;', '\t': '&#x9;' };
// Hexadecimal, as the RSS Best Practices Profile asks for in plain text: readers that take it for HTML see the same characters.
const BY_NUMBER: Record<string, string> = { '&': '&#x26;', '<': '&#x3C;', '>': '&#x3E;', ...BREAKS };
// By the names that every reader of XML knows. Those that are built on fast-xml-parser leave numbers as they are: of a picture
// at `/p?id=1&w=800` and of the next page of a feed they had addresses with `&#x26;` in them.
const BY_NAME: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', ...BREAKS };

const fit = (text: string): string => text.replaceAll(UNFIT, '');

/** Between tags, where it may be taken for HTML. */
const xmlPlain = (text: string): string =>
  fit(text).replaceAll(/[&<>\r]/g, (character) => BY_NUMBER[character] ?? character);
/** Between tags; sitemaps.org asks for the names. */
export const xmlText = (text: string): string =>
  fit(text).replaceAll(/[&<>"\r]/g, (character) => BY_NAME[character] ?? character);
/** Within double quotes. */
export const xmlAttribute = (text: string): string =>
  fit(text).replaceAll(/[&<>"\r\n\t]/g, (character) => BY_NAME[character] ?? character);

/**
 * @param name one that stands in the code, never one that came from outside; so are those of attributes, and null leaves one out
 * @param content text, or elements of which null ones are left out
 */
export function element(name: string, attributes: Attributes, content: string | readonly (Xml | null)[] = []): Xml {
  const given = Object.entries(attributes)
    .map(([key, value]) => (value === null || value === undefined ? '' : ` ${key}="${xmlAttribute(String(value))}"`))
    .join('');
  const inner =
    typeof content === 'string' ? xmlPlain(content) : content.map((one) => (one === null ? '' : `\n${one}`)).join('');
  if (inner === '') return `<${name}${given}/>` as Xml;
  return `<${name}${given}>${inner}${typeof content === 'string' ? '' : '\n'}</${name}>` as Xml;
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
export const documentOf = (root: Xml): string => `${XML_DECLARATION}\n${root}\n`;
