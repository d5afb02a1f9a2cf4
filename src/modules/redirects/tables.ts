// Addresses that lead elsewhere: paths that editors redirect, and names that merged terms had. Public.
import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, smallint, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, updatedAt, version } from '../../db/columns.ts';

export const pathRedirects = pgTable(
  'path_redirects',
  {
    id: uuid('id').primaryKey(),
    /** Path on the front end, decoded, in NFC, without a slash at its end. */
    path: text('path').notNull(),
    /** Path or URL; null where it leads to a story, or nowhere (410). */
    target: text('target'),
    articleId: uuid('article_id'),
    locale: text('locale'),
    status: smallint('status').$type<301 | 302 | 307 | 308 | 410>().notNull().default(301),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('path_redirects_path').on(table.path),
    // To flatten chains: what leads to a path that now leads elsewhere.
    index('path_redirects_target').on(table.target),
    index('path_redirects_article').on(table.articleId, table.locale),
    index('path_redirects_updated').on(table.updatedAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    check('path_redirects_status', sql`${table.status} in (301, 302, 307, 308, 410)`),
  ],
);

/** Keys (with locale '') and slugs that a merged term had. */
export const termRedirects = pgTable(
  'term_redirects',
  {
    noun: text('noun').$type<'region' | 'tag' | 'contributor'>().notNull(),
    locale: text('locale').notNull(),
    name: text('name').notNull(),
    termId: uuid('term_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.noun, table.locale, table.name] }),
    index('term_redirects_term').on(table.termId),
  ],
);
