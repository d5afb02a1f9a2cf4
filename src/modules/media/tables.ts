// Records of pictures that stand at an address of their own, with what is said of them in each language. No bytes of a picture are kept.
// Readers are answered from it: the role that serves them sees a record only while a published story shows it.
import { sql } from 'drizzle-orm';
import { bigint, check, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, updatedAt, version } from '../../db/columns.ts';
import type { FocalPoint, MediaText } from './schemas.ts';

export const MEDIA_TYPES = ['image'] as const;

export const media = pgTable(
  'media',
  {
    id: uuid('id').primaryKey(),
    url: text('url').notNull(),
    type: text('type').$type<(typeof MEDIA_TYPES)[number]>().notNull().default('image'),
    mimeType: text('mime_type').notNull(),
    /** Pixels. */
    width: integer('width'),
    height: integer('height'),
    bytes: bigint('bytes', { mode: 'number' }),
    focalPoint: jsonb('focal_point').$type<FocalPoint>(),
    /** By locale. */
    texts: jsonb('texts').$type<Record<string, MediaText>>().notNull().default({}),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('media_url').on(table.url),
    check('media_type', sql`${table.type} in ('image', 'video', 'audio')`),
    check(
      'media_size',
      sql`${table.type} <> 'image' or (num_nulls(${table.width}, ${table.height}) = 0 and ${table.width} > 0 and ${table.height} > 0)`,
    ),
  ],
);
