// Records of pictures that stand at an address, with what is said of them in each language, and what was fetched from elsewhere. Bytes are
// in the folder of store.ts, none in the database. Readers are answered from it: the role that serves them sees a record only while a published story shows it.
import { sql } from 'drizzle-orm';
import { bigint, check, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, updatedAt, version } from '../../db/columns.ts';
import type { FocalPoint, MEDIA_TYPES, MediaText } from './schemas.ts';

export const media = pgTable(
  'media',
  {
    id: uuid('id').primaryKey(),
    url: text('url').notNull(),
    type: text('type').$type<(typeof MEDIA_TYPES)[number]>().notNull().default('image'),
    /** Null where nobody has told. */
    mimeType: text('mime_type'),
    /** Pixels; both or none, which is where nobody has told. */
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
      sql`${table.type} <> 'image' or (num_nulls(${table.width}, ${table.height}) <> 1 and ${table.width} > 0 and ${table.height} > 0)`,
    ),
  ],
);

/** Pictures of other hosts that were fetched, each address once; readers see none of it. */
export const mediaCopies = pgTable('media_copies', {
  /** Where it was fetched from. */
  address: text('address').primaryKey(),
  /** SHA-256 of its bytes in hex, and what they are: `<sha256>.<ext>`. */
  file: text('file').notNull(),
  mimeType: text('mime_type').notNull(),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  bytes: bigint('bytes', { mode: 'number' }).notNull(),
  createdAt: createdAt(),
});
