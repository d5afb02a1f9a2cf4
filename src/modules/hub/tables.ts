// Tables of the WebSub hub: who follows which feed, what of a feed was told already, and what is being told. None is public.
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, textArray } from '../../db/columns.ts';
import type { FeedQuery } from '../feeds/schemas.ts';
import type { Told } from './difference.ts';
import type { Format } from './topics.ts';

export const hubTopics = pgTable('hub_topics', {
  /** The canonical address of a feed. */
  url: text('url').primaryKey(),
  format: text('format').$type<Format>().notNull(),
  query: jsonb('query').$type<FeedQuery>().notNull(),
  /** Languages whose changes it shows. */
  locales: textArray('locales'),
  told: jsonb('told').$type<Told>().notNull(),
  /** Something changed in its languages, and it is looked at then; null while nothing is new. Whoever looks at it puts it off. */
  dueAt: instant('due_at'),
});

/** Languages in which something changed, written in the transaction of the change: a row each time, so that nobody waits for another. */
export const hubNews = pgTable('hub_news', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  locale: text('locale').notNull(),
});

const id = () => uuid('id').primaryKey().default(sql`gen_random_uuid()`);
const topic = () =>
  text('topic')
    .notNull()
    .references(() => hubTopics.url, { onDelete: 'cascade' });

export const hubSubscriptions = pgTable(
  'hub_subscriptions',
  {
    id: id(),
    topic: topic(),
    callback: text('callback').notNull(),
    /** Host of the callback. */
    host: text('host').notNull(),
    /** As the subscriber gave it: it signs what is sent, so that a digest would not do. */
    secret: text('secret'),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('hub_subscriptions_callback').on(table.topic, table.callback),
    index('hub_subscriptions_host').on(table.host),
  ],
);

/** What was asked for, which its callback has to confirm, or that it is refused, which its callback is told. Kept until it is answered, and for two minutes, since requests are counted by it. */
export const hubIntents = pgTable(
  'hub_intents',
  {
    id: id(),
    mode: text('mode').$type<'subscribe' | 'unsubscribe' | 'denied'>().notNull(),
    topic: text('topic').notNull(),
    format: text('format').$type<Format>().notNull(),
    query: jsonb('query').$type<FeedQuery>().notNull(),
    callback: text('callback').notNull(),
    host: text('host').notNull(),
    secret: text('secret'),
    leaseSeconds: integer('lease_seconds').notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('hub_intents_created').on(table.createdAt)],
);

/** What is sent to all that follow a feed, until it has been. */
export const hubContents = pgTable('hub_contents', {
  id: id(),
  topic: topic(),
  mediaType: text('media_type').notNull(),
  body: text('body').notNull(),
  createdAt: createdAt(),
});

/** Who is sent to: one node at a time sends to a host, and one that dies holds it no longer than its lease. */
export const hubHosts = pgTable('hub_hosts', {
  host: text('host').primaryKey(),
  leasedUntil: instant('leased_until'),
  /** Another one for each lease: a node whose lease ran out notes nothing over the one that took over. */
  lease: uuid('lease'),
  /** Requests in a row that failed. */
  failures: integer('failures').notNull().default(0),
  /** The host is left alone until then. */
  pausedUntil: instant('paused_until'),
});

/** A request that is to be made, until it has been answered or given up. */
export const hubRequests = pgTable(
  'hub_requests',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    host: text('host').notNull(),
    /** `verify`: an intent; `ping`: a hub of others, of a language; `deliver`: news to a follower. */
    kind: text('kind').$type<'verify' | 'ping' | 'deliver'>().notNull(),
    intentId: uuid('intent_id').references(() => hubIntents.id, { onDelete: 'cascade' }),
    hub: text('hub'),
    locale: text('locale'),
    subscriptionId: uuid('subscription_id').references(() => hubSubscriptions.id, { onDelete: 'cascade' }),
    contentId: uuid('content_id').references(() => hubContents.id, { onDelete: 'cascade' }),
    /** Tries that came to an end. */
    attempts: integer('attempts').notNull().default(0),
    /** Whoever makes it puts this off, so that it is made again if that node dies. */
    nextAt: instant('next_at').notNull().default(sql`date_trunc('milliseconds', now())`),
  },
  (table) => [
    index('hub_requests_due').on(table.host, table.nextAt),
    index('hub_requests_order').on(table.subscriptionId, table.id),
    index('hub_requests_intent').on(table.intentId),
    index('hub_requests_content').on(table.contentId),
    unique('hub_requests_ping').on(table.hub, table.locale),
    check(
      'hub_requests_kind',
      sql`case ${table.kind} when 'verify' then ${table.intentId} is not null when 'ping' then ${table.hub} is not null and ${table.locale} is not null
        when 'deliver' then ${table.subscriptionId} is not null and ${table.contentId} is not null else false end`,
    ),
  ],
);
