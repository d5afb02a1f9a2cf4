// What contributors add to the taxonomy: a type, and links to pages of theirs.
import { sql } from 'drizzle-orm';
import { frontsWithTerm } from '../fronts/usage.ts';
import type { Noun } from '../taxonomy/noun.ts';
import {
  ContributorInput,
  ContributorListQuery,
  ContributorPatch,
  contributorAnswers,
  contributorExamples,
} from './schemas.ts';

export const contributorNoun: Noun = {
  name: 'contributor',
  plural: 'contributors',
  title: 'Contributor',
  heading: 'Contributors',
  sql: {
    table: 'contributors',
    texts: 'contributor_texts',
    links: 'article_contributors',
    published: 'contributor_ids',
  },
  members: [
    { name: 'type', sql: 't.type' },
    { name: 'links', sql: 't.links' },
  ],
  filter: { where: '($5::text[] is null or t.type = any($5))', values: ({ type }) => [type ?? null] },
  defaultLimit: 20,
  columnsOf: async (_tx, { type, links }) => ({
    ...(type !== undefined && { type: sql`${type}` }),
    ...(links !== undefined && { links: sql`${JSON.stringify(links)}::jsonb` }),
  }),
  usesOf: (_id, key) => ({ fronts: frontsWithTerm('contributor', key) }),
  schemas: {
    ListQuery: ContributorListQuery,
    Input: ContributorInput,
    Patch: ContributorPatch,
    ...contributorAnswers,
  },
  examples: contributorExamples,
};
