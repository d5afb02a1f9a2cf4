// Links of Atom (RFC 4287), which RSS takes as well: of a feed to its own pages (RFC 5005), of a story to its languages and licence.

import { element, type Xml } from '../../xml.ts';
import type { Article } from '../articles/schemas.ts';
import type { Feed } from './reading.ts';

/** @param name `link`, with the prefix of Atom where that is not the namespace of the document */
export function atomLinks(name: string, { links: { self, first, next, prev }, hubs }: Feed, type: string): Xml[] {
  const to = (rel: string, href: string | null) => (href === null ? [] : [element(name, { rel, type, href })]);
  return [
    ...to('self', self),
    ...to('first', first),
    ...to('next', next),
    ...to('previous', prev),
    ...hubs.map((href) => element(name, { rel: 'hub', href })),
  ];
}

export const storyLinks = (name: string, { translations, rights: { licenceUrl } }: Article): Xml[] => [
  ...translations.map(({ locale, url }) =>
    element(name, { rel: 'alternate', type: 'text/html', hreflang: locale, href: url }),
  ),
  ...(licenceUrl ? [element(name, { rel: 'license', href: licenceUrl })] : []),
];
