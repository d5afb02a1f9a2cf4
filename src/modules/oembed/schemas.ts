// oEmbed on the wire: its parameters and the card, as oembed.com names them.
import { type Static, Type } from 'typebox';
import { closed, openQuery } from '../../schemas.ts';

const pixels = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description }));
/** oEmbed section 2.2: what is not expected is passed over; WordPress sends `dnt=1` to every provider. */
export const CardQuery = openQuery({
  url: Type.String({
    // No format: who pastes an address into a page pastes it as it is read, in any script.
    pattern: '^https?://',
    maxLength: 3000,
    description: 'The page of a story, now or before; its short address; or itself in this API',
  }),
  format: Type.Optional(
    Type.String({
      pattern: '^[a-z]{1,20}$',
      default: 'json',
      examples: ['json', 'xml'],
      description: 'json or xml; any other is a 501, as oEmbed has it',
    }),
  ),
  maxwidth: pixels('Pixels that there are for the card'),
  maxheight: pixels('Pixels that there are for the card'),
});
export const Card = closed(
  {
    version: Type.Literal('1.0'),
    type: Type.Literal('rich'),
    title: Type.String(),
    author_name: Type.Optional(Type.String()),
    provider_name: Type.String(),
    provider_url: Type.String({ format: 'uri' }),
    cache_age: Type.Integer({ minimum: 0, description: 'Seconds' }),
    thumbnail_url: Type.Optional(
      Type.String({
        format: 'uri',
        description: 'The picture of the story, where it is no larger than the card may be; with both of its sides',
      }),
    ),
    thumbnail_width: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
    thumbnail_height: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
    html: Type.String({
      description:
        'A quotation with headline, standfirst, byline and licence line, and the hyperlink to the story: no script, no style, nothing that is loaded',
    }),
    width: Type.Integer({ minimum: 1, description: 'Pixels' }),
    height: Type.Integer({ minimum: 1, description: 'Pixels' }),
  },
  { $id: 'OEmbedCard', description: 'oEmbed 1.0 of the type rich' },
);
export type Card = Static<typeof Card>;
