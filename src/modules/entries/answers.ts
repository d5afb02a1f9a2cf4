// Builds what the desk answers of entries. It changes nothing.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { linksOf, walkFrom } from '../../paging.ts';
import { toHtml, toText } from '../body/rendering.ts';
import { getDraft } from '../desk/queries.ts';
import { localeOf } from '../desk/references.ts';
import { type EntryRow, listEntries } from './queries.ts';
import type { DeskEntry, DeskEntryListQuery } from './schemas.ts';

export function deskEntryOf({ userId: _userId, keyId: _keyId, body, ...row }: EntryRow): DeskEntry {
  return {
    ...row,
    body: { portableText: body, html: toHtml(body, `${row.id}-`), text: toText(body) },
    at: row.at.toISOString(),
    firstPublishedAt: row.firstPublishedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** @throws Problem not_found, unknown_locale, invalid_cursor */
export async function answerList(
  app: FastifyInstance,
  params: { id: string; locale: string },
  { limit = 20, cursor, status }: Static<typeof DeskEntryListQuery>,
  url: string,
) {
  const db = app.db.desk;
  const { articleId, locale } = await getDraft(db, params.id, await localeOf(db, params.locale));
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['desk entries', articleId, locale, status]), cursor);
  const after = walk.after && ([Number(walk.after[0]), walk.after[1]] as [number, string]);
  const rows = await listEntries(db, { articleId, locale, status }, { after, backward: walk.backward, limit });
  const page = rows.slice(0, limit);
  if (walk.backward) page.reverse();
  const place = (row: EntryRow | undefined): [number, string] | null => (row ? [row.at.getTime(), row.id] : null);
  const turned = { more: rows.length > limit, first: place(page[0]), last: place(page.at(-1)) };
  return { data: page.map(deskEntryOf), meta: {}, links: linksOf(cursors, url, walk, turned) };
}
