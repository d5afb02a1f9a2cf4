// Reads pages of the change log for one reader and writes them as the wire has them. It waits for nothing.
import type { PublicDb } from '../../db/pipeline.ts';
import type { Cursors } from '../../plugins/cursors.ts';
import { type ChangeFilters, type ChangeRow, listChanges } from './queries.ts';
import type { Change } from './schemas.ts';
import { encodeToken, type Progress, progressOf } from './tokens.ts';

export interface Reader {
  db: PublicDb;
  cursors: Cursors;
  baseUrl: string;
  filters: ChangeFilters;
  withItems: boolean;
}
export interface Told {
  /** JSON of each change, and how far it brings the reader. */
  changes: { json: string; token: string }[];
  progress: Progress;
  token: string;
  more: boolean;
}

/** @throws Problem token_expired */
export async function readOn(reader: Reader, from: Progress, limit: number): Promise<Told> {
  const { db, cursors, baseUrl, filters, withItems } = reader;
  const page = await listChanges(db, from, filters, limit, withItems);
  const progress = progressOf(from, page);
  return {
    changes: page.rows.map((row) => ({
      json: changeJson(row, baseUrl, withItems),
      token: encodeToken(cursors, filters, { ...progress, transaction: row.transaction, id: row.id }),
    })),
    progress,
    token: encodeToken(cursors, filters, progress),
    more: page.more,
  };
}

function changeJson(row: ChangeRow, baseUrl: string, withItems: boolean): string {
  const { transaction, id, type, articleId, locale, targetId } = row;
  const urlOf = (article: string) => `${baseUrl}/v1/articles/${article}?locale=${locale}`;
  const change: Omit<Change, 'item'> = {
    id: `${transaction}-${id}`,
    type,
    reason: row.reason as Change['reason'],
    at: row.at.toISOString(),
    articleId,
    uri: row.uri,
    locale,
    version: row.version,
    groups: row.groups,
    links: { self: row.isPublic ? urlOf(articleId) : null, target: targetId && urlOf(targetId) },
  };
  const json = JSON.stringify(change);
  // The text is spliced in as it is stored: byte for byte what the story's own address answers.
  return withItems ? `${json.slice(0, -1)},"item":${row.item ?? 'null'}}` : json;
}
