// Reads pages of the change log for one reader and writes them as the wire has them. It waits for nothing.
import type { PublicDb } from '../../db/pipeline.ts';
import type { Cursors } from '../../plugins/cursors.ts';
import type { Article } from '../articles/schemas.ts';
import { cutTo, type Entitlements } from '../partners/entitlements.ts';
import type { Taking } from '../partners/takings.ts';
import type { Hold } from './holding.ts';
import { type ChangeFilters, type ChangeRow, listChanges } from './queries.ts';
import type { Change } from './schemas.ts';
import { encodeToken, type Progress, progressOf } from './tokens.ts';

export interface Reader {
  db: PublicDb;
  cursors: Cursors;
  baseUrl: string;
  filters: ChangeFilters;
  withItems: boolean;
  /** Who it is cut to; null for the public. */
  partner: Entitlements | null;
  hold: Hold;
}
export interface Told {
  /** JSON of each change, and how far it brings the reader. */
  changes: { json: string; token: string }[];
  progress: Progress;
  token: string;
  more: boolean;
  /** Whose texts are in it. */
  taken: Taking[];
}

/** @throws Problem token_expired */
export async function readOn(reader: Reader, from: Progress, limit: number): Promise<Told> {
  const { db, cursors, filters, withItems, partner } = reader;
  const page = await listChanges(db, from, filters, { limit, withItems });
  const progress = progressOf(from, page);
  return {
    changes: page.rows.map((row) => ({
      json: changeJson(row, reader),
      token: encodeToken(cursors, filters, { ...progress, transaction: row.transaction, id: row.id }),
    })),
    progress,
    token: encodeToken(cursors, filters, progress),
    more: page.more,
    taken: withItems && partner?.fullText ? page.rows.filter(({ item }) => item !== null) : [],
  };
}

function changeJson(row: ChangeRow, { baseUrl, withItems, partner }: Reader): string {
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
  return withItems ? `${json.slice(0, -1)},"item":${itemJson(row.item, partner)}}` : json;
}

function itemJson(item: string | null, partner: Entitlements | null): string {
  if (item === null) return 'null';
  const isWhole = !partner || (partner.fullText && partner.locales === null);
  return isWhole ? item : JSON.stringify(cutTo(JSON.parse(item) as Article, partner));
}
