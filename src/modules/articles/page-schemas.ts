// What a story brings beside its text on the wire: places in it to link to, where it leads, how it is shared, what search engines are told.
import { type Static, Type } from 'typebox';
import { closed, nullable, oneOf, ref } from '../../schemas.ts';
import { LINK_RELS } from '../body/links.ts';
import { Image } from '../media/schemas.ts';
import { NETWORKS } from '../site/sharing.ts';

export const Heading = closed(
  {
    level: Type.Integer({ minimum: 2, maximum: 6 }),
    text: Type.String(),
    anchor: Type.String({
      description: 'The `id` of the heading in `body.html`; stays when the text around it is edited',
    }),
  },
  { $id: 'Heading', description: 'A heading of the text, as a place to link to' },
);
export const OutboundLink = closed(
  {
    url: Type.String(),
    text: Type.String({ description: 'The words that it stands under first' }),
    rel: Type.Array(oneOf(['noopener', ...LINK_RELS]), {
      description: 'noopener always; nofollow, sponsored or ugc where an editor marked it so',
    }),
  },
  { $id: 'OutboundLink', description: 'An address on another host that the text leads to' },
);
export const Share = closed(
  {
    title: Type.String(),
    text: nullable(Type.String()),
    image: nullable(ref(Image)),
    url: Type.String({ format: 'uri', description: 'The canonical address' }),
    shortUrl: nullable(Type.String({ format: 'uri' }), {
      description: 'Made by `shortUrl` of the site; stays when the slug changes. Null where the site has none',
    }),
    links: Type.Array(
      closed({ network: oneOf([...NETWORKS]), url: Type.String({ description: 'Opens what shares the story there' }) }),
      { description: 'For the networks of the site, in its order' },
    ),
  },
  { $id: 'Share', description: 'All that share buttons need' },
);
export const Seo = closed(
  {
    canonical: Type.String({ format: 'uri' }),
    alternates: Type.Array(
      closed({
        hreflang: Type.String({ description: 'BCP 47 tag, or x-default' }),
        url: Type.String({ format: 'uri' }),
      }),
      { description: 'Every language in which it is public, this one among them' },
    ),
    robots: Type.String(),
    openGraph: Type.Array(closed({ property: Type.String(), content: Type.String() }), {
      description: 'One meta element each',
    }),
    jsonLd: Type.String({
      description:
        'schema.org NewsArticle as JSON, ready for a script element of the type application/ld+json: it holds no <, > and &. Its views are outside the ETag',
    }),
  },
  { $id: 'Seo', description: 'What search engines and networks are told of a story' },
);
export type Seo = Static<typeof Seo>;
