// What search reads: of every public story in each language its words, and the words of titles for guessing at typing errors. Publishing
// writes both; neither ever holds anything of unpublished work, and a document goes with its story.
import { foreignKey, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tsvector, uuidArray } from '../../db/columns.ts';
import { publishedArticles } from '../articles/tables.ts';
import { locales } from '../site/tables.ts';

export const searchDocuments = pgTable(
  'search_documents',
  {
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    kind: text('kind').notNull(),
    publishedAt: instant('published_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** With all ancestors; these and the tags are counted as facets. */
    regionIds: uuidArray('region_ids'),
    tagIds: uuidArray('tag_ids'),
    /** Stems with their weights, and marks (marks.ts) of all that a search is narrowed by. */
    vector: tsvector('vector').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    foreignKey({
      name: 'search_documents_story',
      columns: [table.articleId, table.locale],
      foreignColumns: [publishedArticles.articleId, publishedArticles.locale],
    }).onDelete('cascade'),
    // What waits in its list is read by every search: indexing.ts brings it into the index in the same transaction, or at the end of an import,
    // and this many kB are the most that wait until then. 25 texts (some 200 kB) made a search of two words 0.06 ms slower.
    index('search_documents_vector')
      .using('gin', table.vector)
      .with({ fastupdate: true, gin_pending_list_limit: 2048 }),
  ],
);

/** Words of titles and of tags. Some may for a moment be of stories that are public no more: nothing tells of one before a document has it. */
export const searchWords = pgTable(
  'search_words',
  {
    locale: text('locale')
      .notNull()
      .references(() => locales.tag, { onDelete: 'cascade' }),
    word: text('word').notNull(),
    /** In Latin letters, so that trigrams are found under any locale of the server. */
    latin: text('latin').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.locale, table.word] }),
    index('search_words_latin').using('gin', table.latin.op('gin_trgm_ops')).with({ fastupdate: false }),
  ],
);

/** One row: how the documents were made, so that a newer way, or other stemmers, make them anew. */
export const searchState = pgTable('search_state', {
  format: text('format').primaryKey(),
  builtAt: instant('built_at').notNull(),
});
