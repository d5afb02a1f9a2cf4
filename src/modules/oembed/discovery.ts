// Where the card of a story is found by those who look for it (oembed.com, section 4). By its id, so that it stays when the slug changes.

export interface Discovered {
  type: 'application/json+oembed' | 'text/xml+oembed';
  href: string;
}

export function cardsOf(baseUrl: string, { id, locale }: { id: string; locale: string }): Discovered[] {
  const url = encodeURIComponent(`${baseUrl}/v1/articles/${id.toLowerCase()}?locale=${locale}`);
  return [
    { type: 'application/json+oembed', href: `${baseUrl}/v1/oembed?format=json&url=${url}` },
    { type: 'text/xml+oembed', href: `${baseUrl}/v1/oembed?format=xml&url=${url}` },
  ];
}

/** RFC 8288. */
export const cardLinks = (...given: Parameters<typeof cardsOf>): string[] =>
  cardsOf(...given).map(({ type, href }) => `<${href}>; rel="alternate"; type="${type}"`);
