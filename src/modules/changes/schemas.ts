// The change feed on the wire: what is asked for, what became of which story, and how far the reader has come.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, KeyOrId, Locale, list, nullable, oneOf, query, ref } from '../../schemas.ts';
import { Article } from '../articles/schemas.ts';

const TYPES = ['upsert', 'delete', 'redirect'] as const;
export type ChangeType = (typeof TYPES)[number];
/** Seconds. */
const MOST_WAIT = 30;

const Token = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  maxLength: 400,
  description: 'How far the reader has come; made for these filters',
});
const filters = {
  since: Type.Optional(
    Type.Unsafe<string>({
      ...Token,
      description:
        '`meta.next` of an answer, or `id` of an event: what came about behind it. Without it, from the beginning: every story that is public, once at least, and then all that came about',
    }),
  ),
  types: Type.Optional(list(oneOf([...TYPES]), { maxItems: 3, description: 'Changes of these types alone' })),
  locales: Type.Optional(list(Locale, { maxItems: 50, description: 'In these languages; aliases will do' })),
  regions: Type.Optional(
    list(KeyOrId, {
      maxItems: 20,
      description:
        'Of stories in any of these regions or what they contain. One that is moved out of all of them is a `delete` with the reason `left`',
    }),
  ),
  include: Type.Optional(
    list(oneOf(['item']), { maxItems: 1, description: '`item`: the story itself, as it is at the time of the answer' }),
  ),
};
export const ChangesQuery = query({
  ...filters,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Changes in an answer, at most' }),
  ),
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MOST_WAIT,
      default: 0,
      description:
        'Seconds that the answer may wait for a change where there is none; it comes at once when there is one, and is empty when the time is over. A server that bears no more waiting answers 503 with `Retry-After` where there is nothing to tell',
    }),
  ),
});
export type ChangesQuery = Static<typeof ChangesQuery>;
export const ChangeStreamQuery = query({
  ...filters,
  seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 3_600,
      default: 600,
      description: 'How long the stream stays open; 0 ends it once all is told that there is',
    }),
  ),
});
export type ChangeStreamQuery = Static<typeof ChangeStreamQuery>;
export const ChangeStreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ description: '`id` of the last event that came, sent by browsers themselves; goes before `since`' }),
  ),
});

export const Change = closed(
  {
    id: Type.String({ description: 'The same wherever and however often the change is told' }),
    type: oneOf([...TYPES], {
      description:
        '`upsert`: there is a new state, take it; `delete`: drop it; `redirect`: drop it, another story stands for it',
    }),
    reason: oneOf(
      [
        'published',
        'updated',
        'entries',
        'rebuilt',
        'unpublished',
        'expired',
        'withdrawn',
        'deleted',
        'redirected',
        'left',
      ],
      {
        description:
          '`entries`: those of a live story; `rebuilt`: a name or another language that it shows has changed; `withdrawn` comes with a notice to readers, `deleted` without; `left`: it is not in the regions asked for any more',
      },
    ),
    at: { ...DateTime, description: 'When the transaction began that made it' },
    articleId: Id,
    uri: nullable(Type.String(), { description: 'Permanent tag URI (RFC 4151); null of changes before it was logged' }),
    locale: Locale,
    version: Type.Integer({ minimum: 1, description: 'Of the story in this language, when it came about' }),
    groups: Type.Array(Type.String(), {
      description: 'What caches have to drop: as in Surrogate-Key and Cache-Groups (RFC 9875)',
    }),
    links: closed({
      self: nullable(Type.String(), { description: 'Where the story is to be had; null where it is not any more' }),
      target: nullable(Type.String(), { description: 'The story that stands for it' }),
    }),
    item: Type.Optional(
      nullable(ref(Article), { description: 'With `include=item`; null where it is not public (any more)' }),
    ),
  },
  { $id: 'Change', description: 'What became of a story in one language' },
);
export type Change = Static<typeof Change>;

export const ChangesAnswer = closed({
  data: Type.Array(ref(Change), { description: 'In the order in which they became visible' }),
  meta: closed({
    next: Type.Unsafe<string>({ ...Token, description: 'For `since`, always: there may be more behind it by now' }),
    more: Type.Boolean({ description: 'There is more behind it already' }),
  }),
  links: closed({ self: Type.String(), next: Type.String() }),
});
export const ChangeStream = Type.String({
  description:
    'Events (WHATWG HTML 9.2): `ready` with where it begins, then `change`, with a change as JSON and its token as `id`; `expired` with a problem where the token is too old by now; `closed` with one where the key of a partner, or its quota, has come to its end',
});
