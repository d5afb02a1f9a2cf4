// Feeds on the wire: their parameters, which are those of lists, and JSON Feed 1.1 as far as it is written here.
import { type Static, Type } from 'typebox';
import { Cursor, closed, DateTime, dateTime, Locale, oneOf, query } from '../../schemas.ts';
import { ArticleFilters, ArticleRights } from '../articles/schemas.ts';
import { EXTRA_FILTERS } from '../fields/schemas.ts';

const CONTENTS = ['full', 'summary'] as const;
const feedQuery = query({
  ...ArticleFilters.properties,
  content: Type.Optional(
    oneOf([...CONTENTS], { default: 'full', description: 'The whole text of each story, or its summary alone' }),
  ),
  sort: Type.Optional(
    oneOf(['-publishedAt', '-updatedAt'], {
      default: '-publishedAt',
      description: 'Newest first, by when it came out or by its last major edit',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Stories per page; above 100 is refused' }),
  ),
  cursor: Type.Optional(Cursor),
});
export type FeedQuery = Static<typeof feedQuery> & ArticleFilters;
export const FeedQuery = Type.Unsafe<FeedQuery>({ ...feedQuery, patternProperties: EXTRA_FILTERS });

const Author = closed({ name: Type.String() });
const Uri = Type.String({ format: 'uri' });
const item = closed({
  id: Type.String({ description: 'Permanent tag URI (RFC 4151) of the story' }),
  url: Uri,
  title: Type.String(),
  language: Locale,
  content_html: Type.Optional(Type.String({ description: 'Safe HTML with corrections at its end' })),
  content_text: Type.Optional(Type.String({ description: 'The summary, with `content=summary`' })),
  summary: Type.Optional(Type.String()),
  image: Type.Optional(Uri),
  date_published: DateTime,
  date_modified: dateTime('Last major edit; a minor one does not move it'),
  authors: Type.Optional(Type.Array(Author)),
  tags: Type.Array(Type.String(), { description: 'Names of regions and tags' }),
  attachments: Type.Optional(
    Type.Array(
      closed({
        url: Uri,
        mime_type: Type.String(),
        title: Type.Optional(Type.String()),
        size_in_bytes: Type.Optional(Type.Integer({ minimum: 1 })),
      }),
    ),
  ),
  _dateline: closed(
    {
      about: Uri,
      translations: Type.Array(closed({ hreflang: Locale, url: Uri })),
      rights: ArticleRights,
    },
    { description: 'What JSON Feed has no member for: other languages, and the licence' },
  ),
});

export const JsonFeed = Type.Object(
  {
    version: Type.Literal('https://jsonfeed.org/version/1.1'),
    title: Type.String(),
    home_page_url: Uri,
    feed_url: Uri,
    description: Type.Optional(Type.String()),
    next_url: Type.Optional(Type.String({ format: 'uri', description: 'The next page; absent at the end' })),
    icon: Type.Optional(Uri),
    authors: Type.Array(Author),
    language: Locale,
    hubs: Type.Optional(Type.Array(closed({ type: Type.String(), url: Uri }))),
    items: Type.Array(item),
  },
  { $id: 'JsonFeed', additionalProperties: false, description: 'JSON Feed 1.1' },
);
export type JsonFeed = Static<typeof JsonFeed>;
