// ninjs 3.1 as far as it is written here, as closed objects, and the parameters of lists in it.
import { type Static, Type } from 'typebox';
import { Cursor, closed, DateTime, dateTime, Limit, oneOf, PageLinks, query, ref } from '../../schemas.ts';
import { ArticleFilters, IsNarrowed, SORTS } from '../articles/schemas.ts';
import { EXTRA_FILTERS } from '../fields/schemas.ts';

const text = Type.String();
const uri = Type.String({ format: 'uri' });
const said = (...roles: string[]) =>
  closed({ role: oneOf(roles), contentType: Type.Literal('text/plain'), value: Type.String() });
const Term = closed({
  name: text,
  rel: oneOf(['about', 'author', 'partOf']),
  uri: Type.String({ format: 'uri', description: 'The id of the term, which lasts' }),
  literal: Type.String({ description: 'Its key' }),
});
export type NinjsTerm = Static<typeof Term>;
const rendition = closed({
  name: oneOf(['web', 'original']),
  href: uri,
  contentType: Type.Optional(text),
  title: Type.Optional(text),
  width: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
  height: Type.Optional(Type.Integer({ minimum: 1, description: 'Pixels' })),
  sizeInBytes: Type.Optional(Type.Integer({ minimum: 1 })),
  poi: Type.Optional(
    closed(
      { x: Type.Integer({ minimum: 0 }), y: Type.Integer({ minimum: 0 }) },
      { description: 'The focal point, in pixels' },
    ),
  ),
});
const type = oneOf(['text', 'picture']);
const representationType = oneOf(['full', 'partial']);
const Association = closed(
  {
    name: text,
    rel: oneOf(['translation', 'picture']),
    uri,
    type,
    representationType,
    language: Type.Optional(text),
    title: Type.Optional(text),
    by: Type.Optional(Type.String({ description: 'The credit of a picture' })),
    descriptions: Type.Optional(Type.Array(said('alt', 'caption'))),
    renditions: Type.Optional(Type.Array(rendition)),
  },
  { description: 'Another language of the story, the picture that stands for it, or one in its text' },
);

export const Ninjs = closed(
  {
    uri: Type.String({ format: 'uri', description: 'Permanent tag URI (RFC 4151), the same in all languages' }),
    standard: closed({ name: Type.Literal('ninjs'), version: Type.Literal('3.1'), schema: uri }),
    type,
    representationType,
    pubStatus: Type.Literal('usable'),
    language: text,
    firstCreated: DateTime,
    contentCreated: dateTime('The date of the story, which editors set'),
    versionCreated: dateTime('Last major edit; a minor one does not move it'),
    title: text,
    slugline: text,
    by: Type.String({ description: 'The byline, or the name of the publication' }),
    headlines: Type.Array(said('main')),
    descriptions: Type.Optional(Type.Array(said('summary'))),
    bodies: Type.Array(
      closed({
        role: Type.Literal('main'),
        contentType: oneOf(['text/html', 'text/plain']),
        wordCount: Type.Integer({ minimum: 0 }),
        charCount: Type.Integer({ minimum: 0, description: 'Characters of the value' }),
        value: text,
      }),
      {
        description:
          'The text as safe HTML with absolute addresses, and as plain text; none where it is kept back from a partner',
      },
    ),
    subjects: Type.Array(closed({ ...Term.properties, creator: text }), { description: 'Topics and series' }),
    genres: Type.Array(closed({ name: text, uri: Type.Optional(uri), literal: text }), {
      description: 'The kind of the story, and its tones',
    }),
    places: Type.Array(Term, { description: 'Regions, and places it is about' }),
    people: Type.Array(Term, { description: 'Authors, and people it is about' }),
    organisations: Type.Array(Term),
    events: Type.Array(Term),
    infoSources: Type.Array(closed({ name: text, role: Type.Literal('publisher'), uri })),
    altIds: Type.Array(closed({ role: oneOf(['id', 'canonical']), value: text })),
    renditions: Type.Array(rendition, { description: 'The page of the story' }),
    associations: Type.Array(Association),
    edNote: Type.Optional(Type.String({ description: 'Corrections, each with its time' })),
    copyrightHolder: Type.Optional(text),
    copyrightNotice: Type.Optional(text),
    usageTerms: Type.Optional(Type.String({ description: 'The licence line, in the language of the story' })),
    rightsInfo: Type.Optional(closed({ linkedRights: uri })),
  },
  { $id: 'Ninjs', description: 'A published story in ninjs 3.1 (IPTC)' },
);
export type Ninjs = Static<typeof Ninjs>;

const listQuery = query({
  ...ArticleFilters.properties,
  sort: Type.Optional(
    oneOf([...SORTS], { default: '-publishedAt', description: 'Order; a minus sign is newest first' }),
  ),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export type NinjsListQuery = Static<typeof listQuery> & ArticleFilters;
export const NinjsListQuery = Type.Unsafe<NinjsListQuery>({ ...listQuery, patternProperties: EXTRA_FILTERS });

export const NinjsListAnswer = closed({
  data: Type.Array(ref(Ninjs)),
  meta: closed({ requestedLocale: text, locale: text, isNarrowed: IsNarrowed }),
  links: ref(PageLinks),
});
