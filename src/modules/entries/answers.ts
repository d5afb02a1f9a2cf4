// Builds what the desk answers of entries. It changes nothing.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
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
  const rows = await listEntries(
    db,
    { articleId, locale, status },
    { after: timeAndId(walk), backward: walk.backward, limit },
  );
  const { page, turned } = turnPage(rows, walk, limit, ({ at, id }) => [at.getTime(), id]);
  return { data: page.map(deskEntryOf), meta: {}, links: linksOf(cursors, url, walk, turned) };
}
