// SQL of partners: the rows, and the one JSON by which a key knows what its partner may have. It tells no key.
import { randomInt } from 'node:crypto';
import { eq, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { regionKeys } from '../access/limits.ts';
import { partners } from './tables.ts';

/** SQL text of what entitlements.ts calls a Partner, beside a left join of partners p. */
export const PARTNER_JSON = `case when p.id is not null then json_build_object(
  'id', p.id, 'code', p.code, 'locales', p.locales, 'regionIds', p.region_ids, 'tagIds', p.tag_ids, 'kinds', p.kinds,
  'fullText', p.full_text, 'embargoed', p.embargoed, 'perMinute', p.per_minute, 'perDay', p.per_day) end`;

const PARTNER = {
  id: partners.id,
  key: partners.key,
  code: partners.code,
  name: partners.name,
  regions: regionKeys(partners.regionIds),
  tags: sql<string[] | null>`case when ${partners.tagIds} is not null then
    array(select t.key from tags t where t.id = any(${partners.tagIds}) order by t.key) end`,
  kinds: partners.kinds,
  locales: partners.locales,
  fullText: partners.fullText,
  embargoed: partners.embargoed,
  perMinute: partners.perMinute,
  perDay: partners.perDay,
  disabled: sql<boolean>`${partners.disabledAt} is not null`,
  version: partners.version,
  createdAt: partners.createdAt,
  updatedAt: partners.updatedAt,
};
export type PartnerRow = Awaited<ReturnType<typeof getPartner>>;

/** In order of making. */
export const listPartners = (db: Db) => db.select(PARTNER).from(partners).orderBy(partners.createdAt, partners.id);

/** @throws Problem not_found */
export async function getPartner(db: Db, id: string) {
  const [row] = await db.select(PARTNER).from(partners).where(eq(partners.id, id));
  if (!row) throw new Problem('not_found');
  return row;
}

/** Locks the row until the transaction ends. @throws Problem not_found */
export async function getPartnerForUpdate(tx: Db, id: string): Promise<PartnerRow> {
  const [row] = await tx.select(PARTNER).from(partners).where(eq(partners.id, id)).for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

/** By key or id. */
export async function findPartnerId(db: Db, given: string): Promise<string | null> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select id from partners where key = ${given} or id::text = lower(${given}) order by key = ${given} desc limit 1`);
  return rows[0]?.id ?? null;
}

export interface PartnerValues {
  name: string;
  locales: string[] | null;
  regionIds: string[] | null;
  tagIds: string[] | null;
  kinds: PartnerRow['kinds'];
  fullText: boolean;
  embargoed: boolean;
  perMinute: number;
  perDay: number;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** 51 bits: nobody finds one by trying, and the keys of views stay short. */
const newCode = () => Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('');

export async function insertPartner(tx: Db, values: PartnerValues & { key: string }): Promise<PartnerRow> {
  const id = uuidv7();
  await tx.insert(partners).values({ id, code: newCode(), ...values });
  return getPartner(tx, id);
}

export async function updatePartner(
  tx: Db,
  id: string,
  change: Partial<PartnerValues> & { disabledAt?: SQL | null },
): Promise<PartnerRow> {
  await tx
    .update(partners)
    .set({ ...change, version: sql`${partners.version} + 1`, updatedAt: sql`now()` })
    .where(eq(partners.id, id));
  return getPartner(tx, id);
}

/** Whether a page that counts views names a partner there is, or was. */
export async function isPartnerCode(db: Db, code: string): Promise<boolean> {
  const rows = await db.select({ id: partners.id }).from(partners).where(eq(partners.code, code));
  return rows.length > 0;
}
