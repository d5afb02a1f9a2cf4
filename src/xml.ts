// Text as it stands in XML, between tags and in attributes: what XML 1.0 cannot hold at all is left out. It reads none.

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** Not a Char of XML 1.0 section 2.2; lone surrogates are found by the flag `u`. */
const NO_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

export const xmlText = (text: string): string =>
  text.replace(NO_CHARACTER, '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
