// Who is told of what becomes public, and every message to them until 30 days later. Readers have no right to any of it.
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant, updatedAt, version } from '../../db/columns.ts';
import type { EventArticle, EventType } from './events.ts';

export const webhooks = pgTable('webhooks', {
  id: uuid('id').primaryKey(),
  url: text('url').notNull(),
  description: text('description').notNull().default(''),
  /** Null: all; the same for the other filters. */
  events: text('events').array().$type<EventType[]>(),
  locales: text('locales').array(),
  /** Stories of these regions, and of what lies in them. */
  regionIds: uuid('region_ids').array(),
  tagIds: uuid('tag_ids').array(),
  disabledAt: instant('disabled_at'),
  disabledReason: text('disabled_reason').$type<DisabledReason>(),
  /** Tries in a row that failed. */
  failures: integer('failures').notNull().default(0),
  /** The first of them. */
  failingSince: instant('failing_since'),
  /** The receiver is left alone until then. */
  pausedUntil: instant('paused_until'),
  lastDeliveredAt: instant('last_delivered_at'),
  /** One node at a time sends to it; a node that dies holds it no longer than this. */
  leasedUntil: instant('leased_until'),
  /** Another one for each lease: a node whose lease ran out notes nothing over the one that took over. */
  lease: uuid('lease'),
  version: version(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
/** `manual`: an editor did it; `gone`: the receiver answered 410; `failing`: nothing arrived for days. */
export type DisabledReason = 'manual' | 'gone' | 'failing';

export const webhookSecrets = pgTable(
  'webhook_secrets',
  {
    id: uuid('id').primaryKey(),
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** As it is, and no digest: every message is signed with it. */
    secret: bytea('secret').notNull(),
    createdAt: createdAt(),
    /** Null for the newest. */
    expiresAt: instant('expires_at'),
  },
  (table) => [index('webhook_secrets_webhook').on(table.webhookId)],
);

/**
 * What is to be told, from the transaction of the change until it is spread to a delivery for each receiver: a trigger on `changes`
 * writes one row for an event, however many are told.
 */
export const webhookEvents = pgTable('webhook_events', {
  /** Id of the change. */
  id: bigint('id', { mode: 'number' }).primaryKey(),
  event: text('event').$type<EventType>().notNull(),
  reason: text('reason').notNull(),
  articleId: uuid('article_id').notNull(),
  /** As it was at the change; links are added when it is sent. */
  article: jsonb('article').$type<EventArticle>().notNull(),
  happenedAt: instant('happened_at').notNull(),
  /** Whose filters it passed at that moment. */
  webhookIds: uuid('webhook_ids').array().notNull(),
});

/** One message to one receiver. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    /** The message's id for the receiver, the same at every try. */
    id: uuid('id').primaryKey(),
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    event: text('event').$type<EventType>().notNull(),
    reason: text('reason').notNull(),
    articleId: uuid('article_id').notNull(),
    article: jsonb('article').$type<EventArticle>().notNull(),
    /** Id of the change. Those of one story are written under its lock, so that this is their order. */
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    happenedAt: instant('happened_at').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull().default('pending'),
    /** Tries that came to an end. */
    attempts: integer('attempts').notNull().default(0),
    /** Null once nothing more is tried. Whoever sends it puts this off, so that it is sent again if that node dies. */
    nextAt: instant('next_at').default(sql`date_trunc('milliseconds', now())`),
    /** Of the last try, as all that follow. */
    attemptedAt: instant('attempted_at'),
    responseStatus: integer('response_status'),
    /** The first characters of the answer. */
    answer: text('answer'),
    error: text('error'),
    durationMs: integer('duration_ms'),
    /** The time of the change, and not of the spreading: spans that are sent again are spans of changes. */
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('webhook_deliveries_due')
      .on(table.webhookId, table.nextAt, table.sequence)
      .where(sql`${table.status} = 'pending'`),
    index('webhook_deliveries_order')
      .on(table.webhookId, table.articleId, table.sequence)
      .where(sql`${table.status} = 'pending'`),
    index('webhook_deliveries_log').on(table.webhookId, table.id),
    index('webhook_deliveries_created').using('brin', table.createdAt),
    check('webhook_deliveries_status', sql`${table.status} in ('pending', 'delivered', 'failed')`),
  ],
);
export type DeliveryStatus = 'pending' | 'delivered' | 'failed';
