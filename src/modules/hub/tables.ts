// Tables of the WebSub hub: who follows which feed, what of a feed was told already, and what is being told. None is public.
import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
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

/** What was asked for; its callback has to confirm it. Kept for a while, since requests are counted by it. */
export const hubIntents = pgTable(
  'hub_intents',
  {
    id: id(),
    mode: text('mode').$type<'subscribe' | 'unsubscribe'>().notNull(),
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
