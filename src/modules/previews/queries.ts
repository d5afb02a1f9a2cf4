// SQL of previews; tokens go in as digests only. The database's clock decides what has expired.
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Actor } from '../access/queries.ts';
import { doerJson } from '../audit/queries.ts';
import type { FrontPreview, Preview } from './schemas.ts';
import { previews } from './tables.ts';

/** What a preview shows. */
export type Shown = { articleId: string; locale: string } | { frontId: string };
type PreviewOf<Of extends Shown> = Of extends { frontId: string } ? FrontPreview : Preview;

const json = (shown: string) => `json_build_object('id', p.id, ${shown},
  'state', case when p.revoked_at is not null then 'revoked' when p.expires_at <= now() then 'expired' else 'active' end,
  'expiresAt', ${iso('p.expires_at')}, 'revokedAt', ${iso('p.revoked_at')}, 'createdAt', ${iso('p.created_at')},
  'createdBy', ${doerJson('p')})`;
const DRAFT = sql.raw(json(`'articleId', p.article_id, 'locale', p.locale`));
const FRONT = sql.raw(json(`'front', (select slug from fronts where id = p.front_id)`));
const jsonOf = (of: Shown) => ('frontId' in of ? FRONT : DRAFT);

export async function insertPreview<Of extends Shown>(
  tx: Db,
  { keyId, userId }: Actor,
  of: Of,
  { digest, expiresIn }: { digest: Buffer; expiresIn: number },
): Promise<PreviewOf<Of>> {
  const id = uuidv7();
  await tx
    .insert(previews)
    .values({ ...of, id, digest, keyId, userId, expiresAt: sql`now() + make_interval(secs => ${expiresIn})` });
  const { rows } = await tx.execute<{ preview: PreviewOf<Of> }>(
    sql`select ${jsonOf(of)} as preview from previews p where p.id = ${id}`,
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
export async function listPreviews<Of extends Shown>(
  db: Db,
  of: Of,
  { after, backward, limit }: PreviewPage,
): Promise<PreviewOf<Of>[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { rows } = await db.execute<{ preview: PreviewOf<Of> }>(sql`
    select ${jsonOf(of)} as preview from previews p
    where ${'frontId' in of ? sql`p.front_id = ${of.frontId}` : sql`p.article_id = ${of.articleId} and p.locale = ${of.locale}`}
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
const isOpen = (digest: Buffer) => sql`p.digest = ${digest} and p.revoked_at is null and p.expires_at > now()`;
const EXPIRES_AT = sql.raw(`${iso('p.expires_at')} as "expiresAt"`);

export async function findOpenPreview(db: Db, digest: Buffer): Promise<Opened | null> {
  const { rows } = await db.execute<Opened>(sql`
    select p.article_id as "articleId", p.locale, ${EXPIRES_AT}, ${sql.raw(iso('now()'))} as now
    from previews p where ${isOpen(digest)} and p.front_id is null`);
  return rows[0] ?? null;
}

export async function findOpenFront(db: Db, digest: Buffer): Promise<{ slug: string; expiresAt: string } | null> {
  const { rows } = await db.execute<{ slug: string; expiresAt: string }>(sql`
    select f.slug, ${EXPIRES_AT} from previews p join fronts f on f.id = p.front_id where ${isOpen(digest)}`);
  return rows[0] ?? null;
}

/** The draft of one that is not revoked. */
export async function findPreviewed(db: Db, id: string): Promise<{ articleId: string; locale: string } | null> {
  const { rows } = await db.execute<{ articleId: string; locale: string }>(sql`
    select article_id as "articleId", locale from previews where id = ${id} and front_id is null and revoked_at is null`);
  return rows[0] ?? null;
}

/** Those of a person that still open. */
export const listOpenOf = (db: Db, userId: string) =>
  db
    .select({ id: previews.id, articleId: previews.articleId, locale: previews.locale })
    .from(previews)
    .where(and(eq(previews.userId, userId), isNull(previews.revokedAt), gt(previews.expiresAt, sql`now()`)));

/** @returns the ids of those that were not revoked before */
export async function revokePreviews(
  db: Db,
  which: { id: string; frontId?: string } | { articleId: string } | { userId: string } | { keyId: string },
): Promise<string[]> {
  const columns = Object.entries(which) as ['id' | 'frontId' | 'articleId' | 'userId' | 'keyId', string][];
  const rows = await db
    .update(previews)
    .set({ revokedAt: sql`now()` })
    .where(and(...columns.map(([name, value]) => eq(previews[name], value)), isNull(previews.revokedAt)))
    .returning({ id: previews.id });
  return rows.map(({ id }) => id);
}

/** In batches, so that each statement is short: of what was made in years before anything was forgotten, there may be much. */
const BATCH = 10_000;
/** Until a month after they expired, revoked ones too, the desk sees who made them. */
export async function deletePastPreviews(db: Db): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH; ) {
    const { rowCount } = await db.execute(sql`
      delete from previews where id = any(array(
        select id from previews where expires_at < now() - interval '30 days' limit ${BATCH}))`);
    deleted = rowCount ?? 0;
  }
}
