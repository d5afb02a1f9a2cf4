// Previews on the wire: what the desk sees of a link, and the story as its holder sees it. The token is told once, when it is made.
import { type Static, Type } from '@sinclair/typebox';
import {
  Cursor,
  closed,
  DateTime,
  Id,
  Limit,
  Locale,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  WebUrl,
} from '../../schemas.ts';
import { Article, Fields, SparseArticle } from '../articles/schemas.ts';
import { Doer } from '../audit/schemas.ts';

const DAY = 86_400;
const fields = {
  id: Id,
  articleId: Id,
  locale: Locale,
  state: oneOf(['active', 'expired', 'revoked']),
  expiresAt: DateTime,
  revokedAt: nullable(DateTime),
  createdAt: DateTime,
  createdBy: nullable(ref(Doer)),
};
export const Preview = closed(fields, {
  $id: 'Preview',
  description: 'A link that shows one draft to whoever holds it',
});
export type Preview = Static<typeof Preview>;
export const NewPreview = closed(
  {
    ...fields,
    token: Type.String({ description: 'Told now and never again' }),
    url: { ...WebUrl, description: 'Where the draft can be read with it' },
  },
  { $id: 'NewPreview' },
);
export const PreviewInput = closed(
  {
    expiresIn: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 30 * DAY, default: DAY, description: 'Seconds until it expires' }),
    ),
  },
  { $id: 'PreviewInput' },
);

export const PreviewListQuery = query({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export const PreviewListAnswer = closed({ data: Type.Array(ref(Preview)), meta: closed({}), links: PageLinks });
export const NewPreviewAnswer = closed({
  data: ref(NewPreview),
  meta: closed({}),
  links: closed({ self: Type.String() }),
});

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
  links: closed({ self: Type.String() }),
});
