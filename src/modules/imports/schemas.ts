// One line of an import file: a story in one language. It is closed: a member that nobody knows is refused, never dropped.
import { type Static, Type } from '@sinclair/typebox';
import { closed, DateTime, Key, Locale, nullable, oneOf, ref, Slug, Text } from '../../schemas.ts';
import { Corrections, KindSchema } from '../articles/kinds.ts';
import { BodyInput, MAX_BLOCKS } from '../body/schemas.ts';
import { Rights } from '../site/schemas.ts';

const Paragraphs = Type.Array(Type.String(), { maxItems: MAX_BLOCKS });
const Byline = Text(200, 'Key of a contributor, or a name that becomes one');

export const ImportLine = closed(
  {
    externalId: Text(200, 'Id in the system the story came from: lines that share it are translations of one story'),
    locale: Locale,
    title: Text(500),
    body: Type.Union([Paragraphs, ref(BodyInput)], {
      description: 'Paragraphs of plain text, or the body in one of the four forms',
    }),
    kind: Type.Optional(KindSchema),
    slug: Type.Optional(Slug),
    standfirst: Type.Optional(nullable(Text(2000))),
    publishedAt: Type.Optional(DateTime),
    updatedAt: Type.Optional(DateTime),
    region: Type.Optional(nullable(Key, { description: 'The rubric' })),
    regions: Type.Optional(Type.Array(Key, { maxItems: 50 })),
    tags: Type.Optional(Type.Array(Key, { maxItems: 100 })),
    byline: Type.Optional(Type.Union([Byline, Type.Array(Byline, { maxItems: 50 })])),
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
    status: Type.Optional(oneOf(['draft', 'published'], { description: 'published, if it is not given' })),
  },
  {
    $id: 'ImportLine',
    description:
      'A story in one language. What is absent of the text is empty; what is absent of kind, regions, tags, byline and rights is left as the story has it.',
  },
);
export type ImportLine = Static<typeof ImportLine>;
