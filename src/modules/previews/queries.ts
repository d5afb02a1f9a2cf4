// SQL of previews; tokens go in as digests only. The database's clock decides what has expired.
import { and, eq, isNull, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Actor } from '../access/queries.ts';
import { doerJson } from '../audit/queries.ts';
import type { Preview } from './schemas.ts';
import { previews } from './tables.ts';

const PREVIEW_JSON = sql.raw(`json_build_object('id', p.id, 'articleId', p.article_id, 'locale', p.locale,
  'state', case when p.revoked_at is not null then 'revoked' when p.expires_at <= now() then 'expired' else 'active' end,
  'expiresAt', ${iso('p.expires_at')}, 'revokedAt', ${iso('p.revoked_at')}, 'createdAt', ${iso('p.created_at')},
  'createdBy', ${doerJson('p')})`);

export async function insertPreview(
  tx: Db,
  { keyId, userId }: Actor,
  of: { articleId: string; locale: string; digest: Buffer; expiresIn: number },
): Promise<Preview> {
  const { expiresIn, ...row } = of;
  const id = uuidv7();
  await tx
    .insert(previews)
    .values({ ...row, id, keyId, userId, expiresAt: sql`now() + make_interval(secs => ${expiresIn})` });
  const { rows } = await tx.execute<{ preview: Preview }>(
    sql`select ${PREVIEW_JSON} as preview from previews p where p.id = ${id}`,
  );
  if (!rows[0]) throw new Error('an insert returned no row');
  return rows[0].preview;
}

export interface PreviewPage {
  /** Milliseconds since 1970 and id of the preview to go on behind. */
  after: [at: number, id: string] | null;
  backward: boolean;
  limit: number;
}
/** Newest first. @returns one more than the limit where there are more; in reverse when backward */
export async function listPreviews(
  db: Db,
  { articleId, locale }: { articleId: string; locale: string },
  { after, backward, limit }: PreviewPage,
): Promise<Preview[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { rows } = await db.execute<{ preview: Preview }>(sql`
    select ${PREVIEW_JSON} as preview from previews p where p.article_id = ${articleId} and p.locale = ${locale}
      ${after ? sql`and (p.created_at, p.id) ${beyond} (${new Date(after[0])}, ${after[1]}::uuid)` : sql``}
    order by p.created_at ${direction}, p.id ${direction} limit ${limit + 1}`);
  return rows.map(({ preview }) => preview);
}

/** What a holder may see with it now, and the clock that says so. */
export interface Opened {
  articleId: string;
  locale: string;
  expiresAt: string;
  now: string;
  [column: string]: unknown;
}
export async function findOpenPreview(db: Db, digest: Buffer): Promise<Opened | null> {
  const { rows } = await db.execute<Opened>(sql`
    select article_id as "articleId", locale, ${sql.raw(iso('expires_at'))} as "expiresAt", ${sql.raw(iso('now()'))} as now
    from previews where digest = ${digest} and revoked_at is null and expires_at > now()`);
  return rows[0] ?? null;
}

/** The draft of one that is not revoked. */
export async function findPreviewed(db: Db, id: string): Promise<{ articleId: string; locale: string } | null> {
  const [row] = await db
    .select({ articleId: previews.articleId, locale: previews.locale })
    .from(previews)
    .where(and(eq(previews.id, id), isNull(previews.revokedAt)));
  return row ?? null;
}

/** @returns the ids of those that were not revoked before */
export async function revokePreviews(db: Db, which: { id: string } | { articleId: string }): Promise<string[]> {
  const rows = await db
    .update(previews)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        'id' in which ? eq(previews.id, which.id) : eq(previews.articleId, which.articleId),
        isNull(previews.revokedAt),
      ),
    )
    .returning({ id: previews.id });
  return rows.map(({ id }) => id);
}
