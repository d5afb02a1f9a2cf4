// Revisions on the wire: who saved what, when, with which words, and what differs between two. A member that a save did not keep is absent.
import { type Static, type TProperties, Type } from 'typebox';
import {
  closed,
  DateTime,
  Id,
  KeyOrId,
  Links,
  Locale,
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
import { Corrections, KindSchema } from '../articles/kinds.ts';
import { Doer } from '../audit/schemas.ts';
import { BodyOutput } from '../body/schemas.ts';
import { DeskArticle } from '../desk/schemas.ts';

const SavedVersion = Type.Integer({
  minimum: 1,
  maximum: 999_999_999,
  description: 'Version that the save made; a version that changed no content has no revision',
});
const head = {
  version: SavedVersion,
  createdAt: DateTime,
  createdBy: nullable(ref(Doer), { description: 'Null for an import' }),
  note: nullable(Type.String(), { description: 'What was said of it' }),
  restoredFrom: nullable(Type.Integer(), { description: 'The version whose content it brought back' }),
  isPublished: Type.Boolean({ description: 'Whether this is what readers see' }),
};
export const Revision = closed(head, { $id: 'Revision', description: 'One save, without its content' });
export type Revision = Static<typeof Revision>;

const optional = <T extends TProperties>(properties: T) =>
  Type.Partial(closed(properties), {
    additionalProperties: false,
    description: 'A member that the save did not keep is absent',
  });
const Extra = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
  description: 'Custom fields by their keys',
});
export const DraftRevision = closed(
  {
    articleId: Id,
    locale: Locale,
    ...head,
    content: optional({
      title: Type.String(),
      standfirst: nullable(Type.String()),
      slug: Slug,
      body: ref(BodyOutput),
      corrections: Corrections,
      extra: Extra,
    }),
  },
  { $id: 'DraftRevision', description: 'The text in one language as it was saved' },
);
export type DraftRevision = Static<typeof DraftRevision>;
const Terms = Type.Array(KeyOrId, {
  description: 'Keys as they were then; ids of what was deleted before keys were kept',
});
export const ArticleRevision = closed(
  {
    articleId: Id,
    ...head,
    content: optional({
      kind: ref(KindSchema),
      externalId: nullable(Type.String()),
      region: nullable(KeyOrId),
      regions: Terms,
      tags: Terms,
      byline: Terms,
      image: DeskArticle.properties.image,
      rights: DeskArticle.properties.rights,
      related: DeskArticle.properties.related,
      follows: DeskArticle.properties.follows,
      originalLocale: nullable(Locale),
      extra: Extra,
    }),
  },
  { $id: 'ArticleRevision', description: 'What a story has in every language, as it was saved' },
);
export type ArticleRevision = Static<typeof ArticleRevision>;

const field = Type.String({ description: 'Member, or path to it, for example rights.holder' });
const TextPart = closed({ type: oneOf(['same', 'removed', 'added']), text: Type.String() });
export type TextPart = Static<typeof TextPart>;
export const RevisionChange = Type.Union(
  [
    closed({
      field,
      type: Type.Literal('value'),
      before: Type.Unknown({ description: 'Null where there was nothing' }),
      after: Type.Unknown({ description: 'Null where there is nothing any more' }),
    }),
    closed({
      field,
      type: Type.Literal('list'),
      added: Type.Array(Type.Unknown()),
      removed: Type.Array(Type.Unknown()),
      isReordered: Type.Boolean({ description: 'Whether those that stayed stand in another order' }),
    }),
    closed({
      field,
      type: Type.Literal('text'),
      parts: Type.Array(TextPart, {
        description: 'In order: same and removed together are the text before, same and added the text after',
      }),
      isSameText: Type.Boolean({ description: 'Whether styles, marks, links or objects alone differ, and no word' }),
      isCoarse: Type.Boolean({ description: 'Whether too much differs to be told word by word everywhere' }),
    }),
  ],
  { $id: 'RevisionChange', description: 'What differs in one field' },
);
export type RevisionChange = Static<typeof RevisionChange>;
export const RevisionDiff = closed(
  { from: SavedVersion, to: SavedVersion, changes: Type.Array(ref(RevisionChange)) },
  {
    $id: 'RevisionDiff',
    description: 'What differs between two saves; a field that one of them did not keep is left out',
  },
);
export type RevisionDiff = Static<typeof RevisionDiff>;

export const RestoreInput = closed(
  { note: Type.Optional(Text(500, 'What is said of it, for the list of revisions')) },
  { $id: 'RestoreInput' },
);

export const ArticleVersionParams = closed({ id: Id, version: SavedVersion });
export const DraftVersionParams = closed({ id: Id, locale: Locale, version: SavedVersion });
export const DiffQuery = query({
  from: Type.Optional(
    Type.Unsafe<number>({
      ...SavedVersion,
      description: 'The version that it is compared with, older or newer; without it, the save before',
    }),
  ),
});
export const RevisionListAnswer = closed({
  data: Type.Array(ref(Revision)),
  meta: closed({ currentVersion: Version }),
  links: ref(PageLinks),
});
export const DraftRevisionAnswer = closed({ data: ref(DraftRevision), meta: ref(NoMeta), links: ref(Links) });
export const ArticleRevisionAnswer = closed({ data: ref(ArticleRevision), meta: ref(NoMeta), links: ref(Links) });
export const RevisionDiffAnswer = closed({ data: ref(RevisionDiff), meta: ref(NoMeta), links: ref(Links) });
