// The audit log on the wire: who did what, when, and which fields that changed. No text of a story and no secret stands in it.
import { type Static, Type } from 'typebox';
import {
  Cursor,
  closed,
  DateTime,
  dateTime,
  Id,
  Limit,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
} from '../../schemas.ts';

export const Doer = closed(
  {
    type: oneOf(['person', 'key']),
    id: Id,
    name: nullable(Type.String(), { description: 'Null where nothing is left of it but the id' }),
  },
  { $id: 'Doer', description: 'Who did it: a person who had signed in, or an API key' },
);
export const AuditEntry = closed(
  {
    id: Type.Integer({ description: 'Grows with every entry' }),
    at: DateTime,
    actor: nullable(ref(Doer), { description: 'Null for what the server or a command on its machine did' }),
    action: Type.String({ description: 'For example draft.publish' }),
    entity: Type.String({ description: 'Kind of thing, for example article, draft, tag, key' }),
    entityId: Type.String({
      description: 'Which one; of a draft the id of its story and the locale, parted by a slash',
    }),
    changes: Type.Array(
      closed({
        field: Type.String({ description: 'Member, or path to it, for example texts.en.name' }),
        before: Type.Unknown({ description: 'Null where there was nothing' }),
        after: Type.Unknown({ description: 'Null where there is nothing any more' }),
      }),
      { description: 'What differs; secrets, the text of stories and the addresses of people are left out' },
    ),
  },
  { $id: 'AuditEntry' },
);
export type AuditEntry = Static<typeof AuditEntry>;

const NAME = '[a-z]+([_-][a-z]+)*';
export const AuditQuery = query({
  entity: Type.Optional(Type.String({ pattern: `^${NAME}$`, maxLength: 40, description: 'Of this kind of thing' })),
  entityId: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9]{2,36}(-[A-Za-z0-9]+)*(/[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$',
      maxLength: 80,
      description: 'Of this one, best together with `entity`',
    }),
  ),
  action: Type.Optional(Type.String({ pattern: `^${NAME}\\.${NAME}$`, maxLength: 60, description: 'Of this action' })),
  actor: Type.Optional(Type.String({ ...Id, description: 'Id of a person or of a key' })),
  from: Type.Optional(dateTime('At or after this time')),
  to: Type.Optional(dateTime('Before this time')),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const AuditListAnswer = closed({ data: Type.Array(ref(AuditEntry)), meta: ref(NoMeta), links: ref(PageLinks) });
