// Pictures on the wire: as a story shows one, as readers are told of one, and as the desk keeps it.
import { type Static, type TSchema, Type } from 'typebox';
import {
  byLocale,
  Cursor,
  closed,
  DateTime,
  Id,
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
  Text,
  Version,
  WebUrl,
} from '../../schemas.ts';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const FocalPoint = closed(
  { x: share('From the left edge, as a share of the width'), y: share('From the top, as a share of the height') },
  { description: 'What has to stay in sight however the picture is cropped' },
);
export type FocalPoint = Static<typeof FocalPoint>;

const pixels = (description: string) => Type.Integer({ minimum: 1, maximum: 100_000, description });
const file = {
  url: Type.Unsafe<string>({ ...WebUrl, description: 'Where the picture stands' }),
  mimeType: Type.String({
    pattern: '^image/[a-z0-9][a-z0-9.+-]*$',
    maxLength: 100,
    description: 'Media type, in lower case',
  }),
  width: pixels('Pixels'),
  height: pixels('Pixels'),
};
/** Of a picture that came with a story from elsewhere nobody may have told more than where it stands. */
const untold = { description: 'Null where nobody has told' };
const told = {
  url: file.url,
  mimeType: nullable(file.mimeType, untold),
  width: nullable(file.width, { description: 'Pixels; null together with the height where nobody has told' }),
  height: nullable(file.height, { description: 'Pixels; null together with the width where nobody has told' }),
};
const focalPoint = nullable(FocalPoint);
const bytes = nullable(
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Size of the file' }),
  untold,
);
export const MEDIA_TYPES = ['image'] as const;
const type = oneOf([...MEDIA_TYPES], { description: 'Pictures alone as yet' });

const alt = Type.String({
  maxLength: 1000,
  description: 'What the picture shows, for those who cannot see it; empty when it only decorates',
});
const caption = nullable(Text(2000));
const credit = nullable(Text(300, 'Who made the picture, in the script of the language'));
const texts = { alt, caption, credit };
const MediaText = closed(texts);
export type MediaText = Static<typeof MediaText>;
export const MediaTextInput = closed({ alt, caption: Type.Optional(caption), credit: Type.Optional(credit) });

/** As stories show it. */
export const Image = closed(
  {
    id: Id,
    ...told,
    bytes,
    ...texts,
    focalPoint,
  },
  {
    $id: 'Image',
    description: 'The picture of a story; its texts are in the language of the story, or else in the best one',
  },
);
export type Image = Static<typeof Image>;

export const Media = closed(
  {
    id: Id,
    type,
    ...told,
    bytes,
    focalPoint,
    locale: nullable(Locale, {
      description: 'Language of alt, caption and credit: the one asked for, or the best there is; null without any',
    }),
    ...texts,
    translations: Type.Array(closed({ locale: Locale, ...texts }), {
      description: 'Every language that it has texts in',
    }),
  },
  { $id: 'Media', description: 'A picture that a published story shows' },
);
export type Media = Static<typeof Media>;

const textsOf = <T extends TSchema>(schema: T, description: string) =>
  byLocale(schema, { maxProperties: 100, description });
export const DeskMedia = closed(
  {
    id: Id,
    type,
    ...told,
    bytes,
    focalPoint,
    texts: textsOf(MediaText, 'One for each locale'),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'DeskMedia', description: 'A picture as the desk keeps it' },
);
export type DeskMedia = Static<typeof DeskMedia>;
export const MediaInput = closed(
  {
    ...file,
    type: Type.Optional(type),
    bytes: Type.Optional(bytes),
    focalPoint: Type.Optional(focalPoint),
    texts: Type.Optional(textsOf(MediaTextInput, 'One for each locale')),
  },
  { $id: 'MediaInput', description: 'A picture that stands at an https or http address; no two records share one' },
);
export type MediaInput = Static<typeof MediaInput>;
export const MediaPatch = Type.Partial(
  closed({
    ...file,
    bytes,
    focalPoint,
    texts: textsOf(
      Type.Union([Type.Partial(MediaTextInput, { additionalProperties: false }), Type.Null()]),
      'Languages to add or change; null removes one, and what is absent stays',
    ),
  }),
  { $id: 'MediaPatch', additionalProperties: false, minProperties: 1 },
);
export type MediaPatch = Static<typeof MediaPatch>;

export const MediaParams = closed({ id: Id });
export const MediaListQuery = query({
  type: Type.Optional(list(type, { description: 'Of any of these types' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const MediaAnswer = closed({
  data: ref(Media),
  meta: ref(LocaleMeta),
  links: ref(Links),
});
export const DeskMediaAnswer = closed({ data: ref(DeskMedia), meta: ref(NoMeta), links: ref(Links) });
export const DeskMediaListAnswer = closed({
  data: Type.Array(ref(DeskMedia)),
  meta: ref(NoMeta),
  links: ref(PageLinks),
});
