// What stories look like in forms that others have set, as closed objects: what they say of a story, and no more than the story says.
import { type Static, Type } from 'typebox';
import { closed, DateTime } from '../../schemas.ts';

/** A header of each form. */
export const Link = {
  type: 'string',
  description: 'Where the story stands (canonical), and its licence (license) where it has an address',
} as const;

const text = Type.String();
const uri = Type.String({ format: 'uri' });
const typed = <const T extends string>(type: T) => ({ '@type': Type.Literal(type) });
const named = { ...typed('NewsArticle'), '@id': uri, url: uri, headline: text, inLanguage: text };
const Organization = closed({ ...typed('Organization'), name: text });
const Publisher = closed({
  ...typed('NewsMediaOrganization'),
  name: text,
  url: uri,
  logo: Type.Optional(closed({ ...typed('ImageObject'), url: uri })),
});
const Picture = closed({
  ...typed('ImageObject'),
  url: uri,
  contentUrl: uri,
  encodingFormat: Type.Optional(Type.String({ description: 'Media type' })),
  width: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
  height: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
  caption: Type.Optional(text),
  creditText: Type.Optional(text),
});
export const NewsArticle = closed(
  {
    '@context': Type.Literal('https://schema.org'),
    ...named,
    mainEntityOfPage: closed({ ...typed('WebPage'), '@id': uri }),
    identifier: Type.String({ description: 'The permanent tag URI (RFC 4151)' }),
    image: Type.Optional(Picture),
    description: Type.Optional(text),
    datePublished: DateTime,
    dateModified: DateTime,
    author: Type.Union([
      Type.Array(Type.Union([closed({ ...typed('Person'), name: text }), Organization]), { minItems: 1 }),
      Publisher,
    ]),
    publisher: Publisher,
    articleSection: Type.Optional(text),
    keywords: Type.Optional(Type.Array(text)),
    wordCount: Type.Integer({ minimum: 0 }),
    timeRequired: Type.Optional(Type.String({ description: 'ISO 8601 duration' })),
    isAccessibleForFree: Type.Boolean(),
    translationOfWork: Type.Optional(closed(named)),
    workTranslation: Type.Optional(Type.Array(closed(named))),
    license: Type.Optional(uri),
    usageInfo: Type.Optional(closed({ ...typed('CreativeWork'), text, url: Type.Optional(uri) })),
    copyrightHolder: Type.Optional(Organization),
    correction: Type.Optional(Type.Array(closed({ ...typed('CorrectionComment'), text, datePublished: DateTime }))),
  },
  { $id: 'NewsArticle', description: 'A published story in the terms of schema.org, without its views' },
);
export type NewsArticle = Static<typeof NewsArticle>;
