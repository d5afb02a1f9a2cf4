// Previews on the wire: what the desk sees of a link, and the story or the front as its holder sees it. The token is told once, when it is made.
import { type Static, Type } from 'typebox';
import {
  closed,
  DateTime,
  Id,
  Key,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  WebUrl,
} from '../../schemas.ts';
import { Article, Fields, SparseArticle } from '../articles/schemas.ts';
import { Doer } from '../audit/schemas.ts';
import { Front, previewedMeta as frontMeta } from '../fronts/schemas.ts';

const DAY = 86_400;
const lasting = {
  state: oneOf(['active', 'expired', 'revoked']),
  expiresAt: DateTime,
  revokedAt: nullable(DateTime),
  createdAt: DateTime,
  createdBy: nullable(ref(Doer)),
};
const token = Type.String({ description: 'Told now and never again' });
const fields = { id: Id, articleId: Id, locale: Locale, ...lasting };
export const Preview = closed(fields, {
  $id: 'Preview',
  description: 'A link that shows one draft to whoever holds it',
});
export type Preview = Static<typeof Preview>;
export const NewPreview = closed(
  {
    ...fields,
    token,
    url: { ...WebUrl, description: 'Where the draft can be read with it' },
  },
  { $id: 'NewPreview' },
);
const frontFields = { id: Id, front: { ...Key, description: 'Slug of the front' }, ...lasting };
export const FrontPreview = closed(frontFields, {
  $id: 'FrontPreview',
  description: 'A link that shows one front to whoever holds it',
});
export type FrontPreview = Static<typeof FrontPreview>;
export const NewFrontPreview = closed(
  { ...frontFields, token, url: { ...WebUrl, description: 'Where the front can be looked at with it' } },
  { $id: 'NewFrontPreview' },
);
export const PreviewInput = closed(
  {
    expiresIn: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 30 * DAY, default: DAY, description: 'Seconds until it expires' }),
    ),
  },
  { $id: 'PreviewInput' },
);

export const PreviewListAnswer = closed({ data: Type.Array(ref(Preview)), meta: ref(NoMeta), links: ref(PageLinks) });
export const NewPreviewAnswer = closed({ data: ref(NewPreview), meta: ref(NoMeta), links: ref(Links) });
export const FrontPreviewListAnswer = closed({
  data: Type.Array(ref(FrontPreview)),
  meta: ref(NoMeta),
  links: ref(PageLinks),
});
export const NewFrontPreviewAnswer = closed({ data: ref(NewFrontPreview), meta: ref(NoMeta), links: ref(Links) });

/** Any text will do: what is no token is not found, like one that has expired. */
export const PreviewParams = closed({ token: Type.String({ description: 'The token of a preview' }) });
export const PreviewQuery = query({ fields: Type.Optional(Fields) });
export const PreviewedAnswer = closed({
  data: Type.Union([ref(Article), ref(SparseArticle)]),
  meta: closed({
    requestedLocale: Locale,
    locale: Locale,
    preview: Type.Literal(true, { description: 'This is a draft, and not what the public reads' }),
    expiresAt: DateTime,
  }),
  links: ref(Links),
});
export const PreviewedFrontAnswer = closed({
  data: ref(Front),
  meta: closed({
    ...frontMeta,
    unpublished: Type.Array(closed({ id: Id }), {
      description: 'Stories on it that are not public in the language in which they stand there',
    }),
    expiresAt: DateTime,
  }),
  links: ref(Links),
});
