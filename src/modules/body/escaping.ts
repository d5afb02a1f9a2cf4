// Text as it stands in HTML, between tags or in quotes. It judges no address: whoever places a link knows that it is one.

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};
/**
 * A carriage return as a reference, or the HTML parser turns it into a line feed (WHATWG HTML 13.2.3.5). Runs of spaces stay as
 * they are: the escaping of the library that renders bodies would replace them by no-break spaces, which is another text.
 */
export const escaped = (text: string): string => text.replace(/[&<>"'\r]/g, (character) => ENTITIES[character] ?? '');
