// The shapes that regions, tags and contributors have in common on the wire; each noun adds its own members.
import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import {
  AskedLocale,
  byLocale,
  Cursor,
  closed,
  DateTime,
  Id,
  Key,
  KeyOrId,
  keywordsOf,
  Limit,
  Links,
  Locale,
  LocaleMeta,
  list,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  Slug,
  Text,
  Version,
} from '../../schemas.ts';
import { FeedLinks } from '../feeds/discovery.ts';
import { Fallback } from '../site/fallback.ts';

const TermTranslation = closed({ locale: Locale, name: Type.String(), slug: Slug });
const ArticleCount = Type.Integer({
  minimum: 0,
  description:
    'Stories published under it in the locale asked for, or by `fallback` in others, each once, those of what it contains included; pages are not counted. With `include=counts`, and up to ten seconds old',
});

/** Members of the public shape; the noun's own stand behind the key. */
export const termFields = <T extends TProperties>(own: T) => ({
  id: Id,
  key: Key,
  ...own,
  locale: nullable(Locale, {
    description: 'Language of name, slug and tagline: the one asked for, or the best there is',
  }),
  name: Type.String(),
  slug: nullable(Slug, { description: 'Null where it has no text in any locale' }),
  tagline: nullable(Type.String()),
  translations: Type.Array(TermTranslation, { description: 'Every language that it is named in' }),
  articleCount: Type.Optional(ArticleCount),
});

const DeskText = closed({ name: Text(200), slug: Slug, tagline: nullable(Text(500)) });
const TextInput = closed({
  name: Text(200),
  slug: Type.Optional(
    Type.Unsafe<string>({
      ...Slug,
      description: `${keywordsOf(Slug).description}; without one, it is made from the name`,
    }),
  ),
  tagline: Type.Optional(nullable(Text(500))),
});
const TextPatch = Type.Partial(TextInput, { additionalProperties: false });

const position = Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Order in lists; equal ones go by key' });

export const deskFields = <T extends TProperties>(own: T) => ({
  id: Id,
  key: Key,
  ...own,
  position,
  texts: byLocale(DeskText, { description: 'One text for each locale' }),
  version: Version,
  createdAt: DateTime,
  updatedAt: DateTime,
});
export const inputFields = <T extends TProperties>(own: T) => ({
  key: Key,
  ...own,
  position: Type.Optional(position),
  texts: byLocale(TextInput, { minProperties: 1, description: 'One text for each locale' }),
});
export const patchFields = <T extends TProperties>(own: T) => ({
  ...own,
  position,
  texts: byLocale(Type.Union([TextPatch, Type.Null()]), {
    description: 'Languages to add or change; null removes one, and what is absent stays',
  }),
});

const counted = {
  include: Type.Optional(list(oneOf(['counts']), { description: '`counts` adds `articleCount`' })),
  fallback: Type.Optional(
    Type.Unsafe<string[]>({
      ...Fallback,
      description:
        'In which languages stories are counted that are not public in `locale`, as lists of stories take them: `none`, or `site` for those that the newsroom has set for `locale` and its default one, or tags and aliases. Names come in the best language there is in any case',
    }),
  ),
};
export const listQuery = <T extends TProperties>(own: T, defaultLimit: number) =>
  query({
    locale: Type.Optional(AskedLocale),
    ...own,
    ...counted,
    limit: Type.Optional(Type.Unsafe<number>({ ...Limit, default: defaultLimit })),
    cursor: Type.Optional(Cursor),
  });
export const TermQuery = query({ locale: Type.Optional(AskedLocale), ...counted });
export const TermBySlugQuery = query(counted);

export const MergeInput = closed(
  { into: Type.Unsafe<string>({ ...KeyOrId, description: 'Key or id of the one that stays' }) },
  { $id: 'MergeInput' },
);

export const TermParams = closed({ key: KeyOrId });
export const TermBySlugParams = closed({
  locale: Locale,
  slug: Type.String({ minLength: 1, maxLength: 300, description: 'Slug in that locale' }),
});

const meta = ref(LocaleMeta);
export const answers = (term: TSchema, desk: TSchema) => ({
  ListAnswer: closed({ data: Type.Array(ref(term)), meta, links: ref(PageLinks) }),
  Answer: closed({ data: ref(term), meta, links: closed({ ...Links.properties, feeds: FeedLinks }) }),
  DeskListAnswer: closed({ data: Type.Array(ref(desk)), meta: ref(NoMeta), links: ref(PageLinks) }),
  DeskAnswer: closed({ data: ref(desk), meta: ref(NoMeta), links: ref(Links) }),
});
export type TermQuery = Static<typeof TermQuery>;
