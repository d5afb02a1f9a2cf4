// What regions, tags and contributors differ in: each describes itself as a Noun, and one implementation serves all three.

import type { SQL } from 'drizzle-orm';
import type { TObject, TSchema } from 'typebox';
import type { Db } from '../../db/client.ts';
import type { Uses } from '../../db/uses.ts';

export interface TermText {
  name: string;
  slug: string;
  tagline: string | null;
}
/** A term as the desk sees it, with the members that its noun adds. */
export interface DeskTerm {
  id: string;
  key: string;
  position: number;
  texts: Record<string, TermText>;
  version: number;
  createdAt: string;
  updatedAt: string;
  [own: string]: unknown;
}
export interface TermInput {
  key: string;
  position?: number;
  texts: Record<string, { name: string; slug?: string; tagline?: string | null }>;
  [own: string]: unknown;
}
/** A merge patch: null removes a language. */
export interface TermPatch {
  position?: number;
  texts?: Record<string, { name?: string; slug?: string; tagline?: string | null } | null>;
  [own: string]: unknown;
}
export interface TermListQuery {
  locale?: string;
  fallback?: string[];
  include?: 'counts'[];
  tree?: boolean;
  limit?: number;
  cursor?: string;
  [filter: string]: unknown;
}

export interface Noun {
  name: 'region' | 'tag' | 'contributor';
  plural: 'regions' | 'tags' | 'contributors';
  /** Begins the names of its operations and schemas. */
  title: 'Region' | 'Tag' | 'Contributor';
  /** Its group in the OpenAPI document. */
  heading: 'Regions' | 'Tags' | 'Contributors';
  /** Tables, and the column of published_articles that holds its ids. */
  sql: { table: string; texts: string; links: string; published: string };
  /** SQL of the members it adds to every shape, of row `t`, each with its name. */
  members: readonly { name: string; sql: string }[];
  /** Filters of its list: SQL with `$5` and further parameters, and their values; `reference` is true where the row named exists. */
  filter: { where: string; values(query: TermListQuery): unknown[]; reference?: { parameter: string; sql: string } };
  defaultLimit: number;
  /** The columns that a change writes. @throws Problem unknown_reference or validation_failed */
  columnsOf(tx: Db, given: Record<string, unknown>, id: string): Promise<Record<string, SQL>>;
  /** What else than links of stories keeps it from being deleted. */
  usesOf(id: string, key: string): Uses;
  /**
   * What else of a term that is merged goes over to the one that stays.
   * @returns the stories that held it otherwise than by a link
   * @throws Problem where it cannot
   */
  absorb?(tx: Db, from: string, into: string): Promise<string[]>;
  schemas: {
    ListQuery: TObject;
    ListAnswer: TSchema;
    Answer: TSchema;
    Input: TSchema;
    Patch: TSchema;
    DeskListAnswer: TSchema;
    DeskAnswer: TSchema;
  };
  examples: { term: object; desk: DeskTerm; input: TermInput; patch: TermPatch };
}
