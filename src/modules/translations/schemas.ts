// Translation work on the wire: where each language of a story stands beside its original, and what waits for whom.
import { type Static, Type } from 'typebox';
import {
  Cursor,
  closed,
  DateTime,
  Id,
  KeyOrId,
  Limit,
  Links,
  Locale,
  list,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
} from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';
import { DRAFT_STATUSES } from '../desk/schemas.ts';

const status = oneOf([...DRAFT_STATUSES]);
export const TranslationState = closed(
  {
    locale: Locale,
    state: oneOf(['missing', 'outdated', 'current', 'original'], {
      description: 'Outdated: the original has moved on since the version that this translation follows',
    }),
    title: nullable(Type.String()),
    status: nullable(status, { description: 'Of the draft; null where there is none' }),
    isLive: Type.Boolean({ description: 'Whether it is public, in whatever version' }),
    version: nullable(Type.Integer()),
    sourceVersion: nullable(Type.Integer(), { description: 'Version of the original that it follows' }),
    versionsBehind: Type.Integer({ minimum: 0, description: 'How many versions the original has moved on' }),
    outdatedSince: nullable(DateTime, { description: 'When the original first moved on' }),
    assignee: nullable(Id),
  },
  { $id: 'TranslationState', description: 'Where a story stands in one language of the newsroom' },
);
export type TranslationState = Static<typeof TranslationState>;
export const TranslationStatesAnswer = closed({
  data: Type.Array(ref(TranslationState)),
  meta: ref(NoMeta),
  links: ref(Links),
});

export const TranslationWork = closed(
  {
    articleId: Id,
    kind: ref(KindSchema),
    original: closed({
      locale: Locale,
      title: Type.String(),
      status,
      isLive: Type.Boolean(),
      version: Type.Integer(),
      createdAt: DateTime,
      updatedAt: DateTime,
    }),
    translation: ref(TranslationState),
  },
  { $id: 'TranslationWork', description: 'A story that lacks a translation, or has one that is behind' },
);
export type TranslationWork = Static<typeof TranslationWork>;
export const WORK_STATES = ['missing', 'outdated'] as const;
export const TranslationListQuery = query({
  locale: Type.String({
    ...Locale,
    description: 'The language that is looked at: a tag (BCP 47, RFC 5646) or an alias',
  }),
  state: Type.Optional(list(oneOf([...WORK_STATES]), { description: 'In any of these states; both without it' })),
  kind: Type.Optional(list(ref(KindSchema), { description: 'Of any of these kinds' })),
  region: Type.Optional(list(KeyOrId, { description: 'In any of these regions or what they contain' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const TranslationListAnswer = closed({
  data: Type.Array(ref(TranslationWork)),
  meta: ref(NoMeta),
  links: ref(PageLinks),
});

export const TASK_TYPES = ['write', 'review', 'publish', 'translate', 'update'] as const;
export type TaskType = (typeof TASK_TYPES)[number];
export const Task = closed(
  {
    type: oneOf([...TASK_TYPES], {
      description:
        'review: it is in review; publish: it is approved; translate: the language is missing; update: the original has moved on; write: it is assigned to somebody who has not handed it in',
    }),
    articleId: Id,
    locale: Locale,
    kind: ref(KindSchema),
    originalLocale: nullable(Locale),
    title: Type.String({ description: 'Of the draft, or of the original where there is none' }),
    waitingSince: DateTime,
    assignee: nullable(closed({ id: Id, name: Type.String() }), {
      description: 'Whom it waits for; null: anybody who may do it',
    }),
  },
  { $id: 'Task', description: 'What waits to be done with a story in one language' },
);
export type Task = Static<typeof Task>;
export const TaskQuery = query({
  for: Type.Optional(
    oneOf(['me', 'anyone'], {
      default: 'me',
      description:
        'me: what is assigned to you, and what is assigned to nobody and you may do; anyone: all that lies within your languages and regions',
    }),
  ),
  type: Type.Optional(list(oneOf([...TASK_TYPES]), { description: 'Of any of these types' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const TaskListAnswer = closed({ data: Type.Array(ref(Task)), meta: ref(NoMeta), links: ref(PageLinks) });
