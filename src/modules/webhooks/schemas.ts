// Webhooks and their deliveries on the wire; a signing secret is told once, when it is made.
import { type Static, Type } from 'typebox';
import { documented } from '../../conditions.ts';
import {
  Cursor,
  closed,
  DateTime,
  Id,
  Key,
  KeyOrId,
  keywordsOf,
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
  Version,
  WebUrl,
} from '../../schemas.ts';
import { EVENTS, PING } from './events.ts';

const MOST_NAMES = 50;
const Event = oneOf([...EVENTS]);
const Status = oneOf(['pending', 'delivered', 'failed'], {
  description: '`pending` is to be tried, or tried again; `failed` was given up after ten tries, or by a 410',
});
const url = Type.String({ ...WebUrl, description: 'Where messages are sent by POST: https, at a public address' });
const urlInput = Type.String({
  ...url,
  description: `${keywordsOf(url).description}, without credentials; with OUTBOUND_ALLOW=loopback, http to this machine itself is taken as well`,
  ...documented({ pattern: '^https://[^/?#@]+([/?#]|$)' }),
});
const description = Type.String({ maxLength: 200, description: 'What it is for' });
const secret = Type.String({ description: 'Signs the messages (Standard Webhooks): told now and never again' });

export const Webhook = closed(
  {
    id: Id,
    url,
    description,
    events: nullable(Type.Array(Event), {
      description:
        'These alone; null for all. Texts that are built anew for a changed name are told by `/v1/changes` alone',
    }),
    locales: nullable(Type.Array(Locale), { description: 'Stories in these locales alone; null for all' }),
    regions: nullable(Type.Array(Key), {
      description: 'Stories of these regions, and of what lies in them, alone; null for all',
    }),
    tags: nullable(Type.Array(Key), { description: 'Stories with any of these tags alone; null for all' }),
    disabled: Type.Boolean({ description: 'Nothing is sent, and what happens meanwhile is not kept for it' }),
    disabledAt: nullable(DateTime),
    disabledReason: nullable(oneOf(['manual', 'gone', 'failing']), {
      description: '`manual` by an editor, `gone` since it answered 410, `failing` since nothing arrived for five days',
    }),
    failures: Type.Integer({ minimum: 0, description: 'Tries in a row that failed' }),
    failingSince: nullable(DateTime, { description: 'When the first of them was' }),
    pausedUntil: nullable(DateTime, { description: 'It failed, or asked for it, and is left alone until then' }),
    lastDeliveredAt: nullable(DateTime),
    secrets: Type.Array(closed({ createdAt: DateTime, expiresAt: nullable(DateTime) }), {
      description: 'Those that messages are signed with: two while a rotation overlaps',
    }),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'Webhook', description: 'A receiver of messages on what becomes public, changes or goes' },
);
export type Webhook = Static<typeof Webhook>;

const only = <T extends typeof Locale>(items: T, what: string) =>
  Type.Optional(
    nullable(Type.Array(items, { minItems: 1, maxItems: MOST_NAMES, uniqueItems: true }), {
      description: `${what} alone; null, and absent in something new, for all`,
    }),
  );
const filters = {
  events: Type.Optional(
    nullable(Type.Array(Event, { minItems: 1, maxItems: EVENTS.length, uniqueItems: true }), {
      description: 'These alone; null, and absent in something new, for all',
    }),
  ),
  locales: only(Locale, 'Stories in these locales or aliases'),
  regions: only(KeyOrId, 'Stories of these regions (key or id), and of what lies in them,'),
  tags: only(KeyOrId, 'Stories with any of these tags (key or id)'),
};
const disabled = Type.Optional(Type.Boolean({ description: 'False starts it again with no failure counted' }));

export const WebhookInput = closed(
  { url: urlInput, description: Type.Optional(description), ...filters, disabled },
  { $id: 'WebhookInput' },
);
export type WebhookInput = Static<typeof WebhookInput>;
export const WebhookPatch = Type.Partial(closed({ url: urlInput, description, ...filters, disabled }), {
  $id: 'WebhookPatch',
  additionalProperties: false,
  minProperties: 1,
});
export type WebhookPatch = Static<typeof WebhookPatch>;
export const NewWebhook = closed({ ...Webhook.properties, secret }, { $id: 'NewWebhook' });
export type NewWebhook = Static<typeof NewWebhook>;

export const SecretRotation = closed(
  {
    overlapSeconds: Type.Integer({
      minimum: 0,
      maximum: 604_800,
      description: 'How long messages are signed with the old secret, too, at most seven days; 0 ends it at once',
    }),
  },
  { $id: 'SecretRotation' },
);

/** What came of one try. */
const result = {
  responseStatus: nullable(Type.Integer(), { description: 'HTTP status of the answer; null where there was none' }),
  durationMs: nullable(Type.Integer({ minimum: 0 }), { description: 'Milliseconds from the first byte to the last' }),
  answer: nullable(Type.String(), { description: 'The first 1,000 characters of the answer' }),
  error: nullable(Type.String(), { description: 'Why it failed, in words' }),
};
export const Ping = closed(
  {
    event: Type.Unsafe<typeof PING>({ type: 'string', const: PING }),
    messageId: Type.String({ description: 'Sent as `webhook-id`' }),
    delivered: Type.Boolean({ description: 'It was answered by 2xx' }),
    ...result,
  },
  { $id: 'WebhookPing', description: 'What came of a test message, which is tried once and not logged' },
);
export type Ping = Static<typeof Ping>;

const DeliveryId = Type.String({
  pattern: '^msg_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'Id of the message, sent as `webhook-id` at every try: receivers tell by it what they have already',
});
export const Delivery = closed(
  {
    id: DeliveryId,
    event: Event,
    reason: Type.String({ description: 'As in the change log' }),
    articleId: Id,
    locale: Locale,
    status: Status,
    attempts: Type.Integer({ minimum: 0, description: 'Tries that came to an end, ten at most' }),
    nextAttemptAt: nullable(DateTime, { description: 'Null once nothing more is tried' }),
    attemptedAt: nullable(DateTime, { description: 'The last try; what follows is of it' }),
    ...result,
    createdAt: DateTime,
    finishedAt: nullable(DateTime),
  },
  { $id: 'WebhookDelivery', description: 'A message to a receiver; kept for 30 days' },
);
export type Delivery = Static<typeof Delivery>;

export const ReplayInput = closed(
  {
    from: DateTime,
    to: DateTime,
    statuses: Type.Optional(
      Type.Array(oneOf(['delivered', 'failed']), { minItems: 1, maxItems: 2, uniqueItems: true }),
    ),
  },
  { $id: 'WebhookReplay', description: 'Messages made from `from` on and before `to`; without `statuses`, both' },
);

export const WebhookAnswer = closed({ data: ref(Webhook), meta: ref(NoMeta), links: ref(Links) });
export const NewWebhookAnswer = closed({ data: ref(NewWebhook), meta: ref(NoMeta), links: ref(Links) });
export const WebhookListAnswer = closed({ data: Type.Array(ref(Webhook)), meta: ref(NoMeta), links: ref(Links) });
export const PingAnswer = closed({ data: ref(Ping), meta: ref(NoMeta), links: ref(Links) });
export const DeliveryAnswer = closed({ data: ref(Delivery), meta: ref(NoMeta), links: ref(Links) });
export const DeliveryListAnswer = closed({ data: Type.Array(ref(Delivery)), meta: ref(NoMeta), links: ref(PageLinks) });
export const ReplayAnswer = closed({
  data: closed({ replayed: Type.Integer({ minimum: 0, description: 'Messages that are sent again' }) }),
  meta: ref(NoMeta),
  links: ref(Links),
});
export const WebhookParams = closed({ id: Id });
export const DeliveryParams = closed({ id: Id, deliveryId: DeliveryId });
export const DeliveryListQuery = query({
  status: Type.Optional(list(Status, { maxItems: 3, description: 'In any of these states' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
