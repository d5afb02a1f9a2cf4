// Comments on the wire: notes of the desk on a story or on one language of it. Plain text; no public answer holds any of it.
import { type Static, Type } from 'typebox';
import { documented, withMember, without } from '../../conditions.ts';
import {
  Cursor,
  closed,
  DateTime,
  Id,
  Limit,
  Links,
  Locale,
  NoMeta,
  nullable,
  PageLinks,
  query,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { Doer } from '../audit/schemas.ts';

const text = Text(5_000, 'Plain text');
const Pointer = Type.String({
  pattern: '^(/([^/~]|~[01])*)+$',
  maxLength: 500,
  description: 'JSON Pointer (RFC 6901) to the place that it speaks of, for example /title',
});
export const Comment = closed(
  {
    id: Id,
    articleId: Id,
    locale: nullable(Locale, { description: 'Null where it is on the story in all languages' }),
    parent: nullable(Id, { description: 'The comment that it answers' }),
    pointer: nullable(Pointer),
    text,
    author: nullable(ref(Doer)),
    isResolved: Type.Boolean({ description: 'Of an answer, whether what it answers is' }),
    resolvedAt: nullable(DateTime),
    resolvedBy: nullable(Type.String()),
    version: Version,
    createdAt: DateTime,
    updatedAt: { ...DateTime, description: 'When its text was last changed' },
  },
  { $id: 'Comment', description: 'A note of the desk, or an answer to one' },
);
export type Comment = Static<typeof Comment>;
export const CommentInput = closed(
  {
    text,
    locale: Type.Optional(
      Type.Unsafe<string>({ ...Locale, description: 'On this language; without it, on the story' }),
    ),
    parent: Type.Optional(
      Type.Unsafe<string>({ ...Id, description: 'The comment that it answers, whose language and place it has' }),
    ),
    pointer: Type.Optional(Pointer),
  },
  { $id: 'CommentInput', ...documented(withMember('parent', without('locale', 'pointer'))) },
);
export type CommentInput = Static<typeof CommentInput>;
export const CommentPatch = closed({ text }, { $id: 'CommentPatch' });

export const CommentParams = closed({ id: Id });
export const CommentListQuery = query({
  locale: Type.Optional(Type.Unsafe<string>({ ...Locale, description: 'On this language alone' })),
  resolved: Type.Optional(Type.Boolean({ description: 'Those that are resolved, or those that are not' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const CommentAnswer = closed({ data: ref(Comment), meta: ref(NoMeta), links: ref(Links) });
export const CommentListAnswer = closed({ data: Type.Array(ref(Comment)), meta: ref(NoMeta), links: ref(PageLinks) });
