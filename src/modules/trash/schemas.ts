// The trash on the wire: stories that were thrown away, by name and state; their texts are not shown.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, Locale, NoMeta, nullable, PageLinks, ref, Slug, Version } from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';
import { Doer } from '../audit/schemas.ts';

export const TrashedArticle = closed(
  {
    id: Id,
    kind: ref(KindSchema),
    externalId: nullable(Type.String()),
    originalLocale: nullable(Locale),
    locales: Type.Array(closed({ locale: Locale, title: Type.String(), slug: Slug }), {
      description: 'Its slugs stay reserved until it is erased',
    }),
    deletedAt: DateTime,
    deletedBy: nullable(ref(Doer)),
    createdAt: DateTime,
    version: Version,
  },
  { $id: 'TrashedArticle', description: 'A story in the trash' },
);
export type TrashedArticle = Static<typeof TrashedArticle>;

export const TrashAnswer = closed({ data: Type.Array(ref(TrashedArticle)), meta: ref(NoMeta), links: ref(PageLinks) });
