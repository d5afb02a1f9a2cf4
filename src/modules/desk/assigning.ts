// Whom a draft waits for, and which version of the original it is up to date with: what is said about a text without changing it.
// The version stays, so that neither a schedule nor the translations take this for another text.
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, unknownReference } from '../../errors.ts';
import { differences, versionMismatch } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { ROLES, SCOPES_OF } from '../access/roles.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { getDraftForUpdate } from './queries.ts';
import { drafts } from './tables.ts';

export interface Assignment {
  assignee?: string | null;
  sourceVersion?: number;
}

/** @throws Problem not_found, forbidden, version_mismatch, unknown_reference, validation_failed */
export async function assignDraft(
  tx: Db,
  actor: Actor,
  { articleId, locale, expected }: { articleId: string; locale: string; expected: number },
  { assignee, sourceVersion }: Assignment,
): Promise<void> {
  const current = await getDraftForUpdate(tx, articleId, locale);
  await checkReach(tx, actor, articleId, locale);
  if (current.version !== expected) {
    const there = { assignee: current.assigneeId, sourceVersion: current.sourceVersion };
    throw versionMismatch(
      current.version,
      differences({ ...(assignee !== undefined && { assignee }), ...(sourceVersion && { sourceVersion }) }, there),
    );
  }
  if (assignee) await checkAssignee(tx, assignee);
  if (sourceVersion !== undefined) await checkSourceVersion(tx, articleId, locale, sourceVersion);
  const change = {
    ...(assignee !== undefined && { assigneeId: assignee?.toLowerCase() ?? null }),
    ...(sourceVersion !== undefined && { sourceVersion }),
  };
  await tx
    .update(drafts)
    .set(change)
    .where(and(eq(drafts.articleId, articleId), eq(drafts.locale, locale)));
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, current[name as keyof typeof change]]));
  await insertAudit(tx, actor, [
    { action: 'draft.assign', entity: 'draft', entityId: draftId(current), before, after: change },
  ]);
}

/** To anybody else, no task would ever be shown. */
const READERS = ROLES.filter((role) => SCOPES_OF[role].includes('articles:read'));

async function checkAssignee(tx: Db, id: string): Promise<void> {
  const { rows } = await tx.execute(sql`
    select from users where id = ${id} and disabled_at is null and role = any(${sql.param(READERS)}::text[]) for share`);
  if (rows.length > 0) return;
  throw unknownReference({ pointer: '/assignee' }, 'no such person, or one who is disabled or may not read drafts');
}

async function checkSourceVersion(tx: Db, articleId: string, locale: string, wanted: number): Promise<void> {
  const { rows } = await tx.execute<{ locale: string; version: number }>(sql`
    select o.locale, o.version from articles a join drafts o on o.article_id = a.id and o.locale = a.original_locale
    where a.id = ${articleId}`);
  const [original] = rows;
  const pointer = '/sourceVersion';
  if (!original || original.locale === locale)
    throw invalid({ pointer }, 'this is the original, which follows nothing', 'original');
  if (wanted > original.version)
    throw invalid({ pointer }, `the original has come to version ${original.version} only`, 'maximum');
}
