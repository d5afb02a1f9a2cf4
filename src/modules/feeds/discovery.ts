// Where the stories of a region, tag or contributor can be followed: the feeds that a page about it names in its head. It asks for nothing.
import { type Static, Type } from 'typebox';
import { closed, oneOf } from '../../schemas.ts';
import { MEDIA_TYPES } from './media-types.ts';

const formats = Object.entries(MEDIA_TYPES);

export const FeedLinks = Type.Array(
  closed({
    type: oneOf(formats.map(([, mediaType]) => mediaType)),
    href: Type.String({ format: 'uri' }),
  }),
  { description: 'Feeds of its stories, for `<link rel="alternate">` of a page about it' },
);
export type FeedLinks = Static<typeof FeedLinks>;

/** In the canonical spelling, which hubs take. */
export function feedsOf(baseUrl: string, locale: string, [name, key]: [name: string, key: string]): FeedLinks {
  const query = [`locale=${encodeURIComponent(locale)}`, `${name}=${encodeURIComponent(key)}`].sort().join('&');
  return formats.map(([format, mediaType]) => ({
    type: mediaType,
    href: `${baseUrl}/v1/feeds/${format}?${query}`,
  }));
}
