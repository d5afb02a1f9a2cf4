// One line of an import file: a story in one language. It is closed: a member that nobody knows is refused, never dropped.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Key, Locale, nullable, oneOf, ref, Slug, Text } from '../../schemas.ts';
import { Corrections, Headline, KindSchema } from '../articles/kinds.ts';
import { BodyInput, MAX_BLOCKS } from '../body/schemas.ts';
import { MediaInput, MediaTextInput } from '../media/schemas.ts';
import { Rights } from '../site/schemas.ts';

const Paragraphs = Type.Array(Type.String(), { maxItems: MAX_BLOCKS });
const named = { key: Key, name: Text(200, 'In the language of the line; counts where the key is new') };
const Term = Type.Union([Key, closed(named)]);
const Byline = Type.Union([
  Text(200, 'Key of a contributor, or a name that becomes one'),
  closed({ ...named, type: Type.Optional(oneOf(['person', 'organisation'])) }),
]);
const { url, mimeType, width, height, bytes, focalPoint } = MediaInput.properties;
const Picture = closed(
  {
    url,
    mimeType: Type.Optional(mimeType),
    width: Type.Optional(width),
    height: Type.Optional(height),
    bytes,
    focalPoint,
    ...MediaTextInput.properties,
  },
  { description: 'The picture that stands for the story, in every language; its texts are of this one' },
);

export const ImportLine = closed(
  {
    externalId: Text(200, 'Id in the system the story came from: lines that share it are translations of one story'),
    locale: Locale,
    title: Headline,
    body: Type.Union([Paragraphs, ref(BodyInput)], {
      description: 'Paragraphs of plain text, or the body in one of the four forms',
    }),
    kind: Type.Optional(KindSchema),
    slug: Type.Optional(Slug),
    proposedSlug: Type.Optional(
      Text(200, 'What a new story would like for a slug: it is brought into form, and gets a number where it is taken'),
    ),
    standfirst: Type.Optional(nullable(Text(2000))),
    publishedAt: Type.Optional(DateTime),
    updatedAt: Type.Optional(DateTime),
    region: Type.Optional(nullable(Key, { description: 'The rubric' })),
    regions: Type.Optional(Type.Array(Term, { maxItems: 50 })),
    tags: Type.Optional(Type.Array(Term, { maxItems: 100 })),
    byline: Type.Optional(Type.Union([Byline, Type.Array(Byline, { maxItems: 50 })])),
    image: Type.Optional(nullable(Picture)),
    corrections: Type.Optional(Corrections),
    rights: Type.Optional(nullable(Type.Partial(Rights, { additionalProperties: false }))),
    withdrawn: Type.Optional(closed({ at: DateTime, notice: Type.Optional(nullable(Text(2000, 'Shown in public'))) })),
    views: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'How often it was viewed in this language before it came here',
      }),
    ),
    oldPaths: Type.Optional(
      Type.Array(Type.String({ pattern: '^/[^?#]*$', maxLength: 3000 }), {
        maxItems: 20,
        description: 'Paths that it had on another site; each leads to it, once it is public',
      }),
    ),
    status: Type.Optional(oneOf(['draft', 'published'], { description: 'published, if it is not given' })),
  },
  {
    $id: 'ImportLine',
    description:
      'A story in one language. What is absent of the text is empty; what is absent of kind, regions, tags, byline, image and rights is left as the story has it.',
  },
);
export type ImportLine = Static<typeof ImportLine>;
