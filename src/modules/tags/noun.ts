// What tags add to the taxonomy: a type.
import { sql } from 'drizzle-orm';
import type { Noun } from '../taxonomy/noun.ts';
import { DeskTag, Tag, TagInput, TagListQuery, TagPatch, tagAnswers, tagExamples } from './schemas.ts';

export const tagNoun: Noun = {
  name: 'tag',
  plural: 'tags',
  title: 'Tag',
  heading: 'Tags',
  sql: { table: 'tags', texts: 'tag_texts', links: 'article_tags', published: 'tag_ids' },
  members: [{ name: 'type', sql: 't.type' }],
  filter: { where: '($5::text[] is null or t.type = any($5))', values: ({ type }) => [type ?? null] },
  defaultLimit: 20,
  columnsOf: async (_tx, { type }) => (type === undefined ? {} : { type: sql`${type}` }),
  usedBy: (_id, key) => [
    sql`exists (select from site where jsonb_path_exists(menus, '$[*].items[*] ? (@.tag == $key)', jsonb_build_object('key', ${key}::text)))`,
  ],
  schemas: { Term: Tag, ListQuery: TagListQuery, DeskTerm: DeskTag, Input: TagInput, Patch: TagPatch, ...tagAnswers },
  examples: tagExamples,
};
