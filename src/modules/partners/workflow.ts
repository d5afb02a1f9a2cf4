// How partners come and change: each function is given an open transaction. None is deleted, since pages go on naming it; it is disabled.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { differences, versionMismatch } from '../../preconditions.ts';
import { checkUnlimited, resolveLimits } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { getPartnerForUpdate, insertPartner, type PartnerRow, type PartnerValues, updatePartner } from './queries.ts';
import type { Partner, PartnerInput, PartnerPatch } from './schemas.ts';

export const partnerOf = ({ createdAt, updatedAt, ...row }: PartnerRow): Partner => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

const USUAL = { fullText: true, embargoed: false, perMinute: 60, perDay: 10_000 };
const ALL = { locales: null, regionIds: null, tagIds: null, kinds: null };

/** @throws Problem forbidden for whoever is limited, unknown_reference, key_taken */
export async function createPartner(tx: Db, actor: Actor, { key, ...input }: PartnerInput): Promise<PartnerRow> {
  checkUnlimited(actor, 'A partner');
  // Before any row: a region or tag that is named is not deleted or merged meanwhile.
  await lockSurroundings(tx);
  const after = await insertPartner(tx, { ...USUAL, ...ALL, ...(await columnsOf(tx, input)), name: input.name, key });
  await insertAudit(tx, actor, [
    { action: 'partner.create', entity: 'partner', entityId: after.id, after: partnerOf(after) },
  ]);
  return after;
}

/**
 * @param expected the version that the change is based on
 * @throws Problem forbidden for whoever is limited, not_found, version_mismatch, unknown_reference
 */
export async function changePartner(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  { disabled, ...patch }: PartnerPatch,
): Promise<PartnerRow> {
  checkUnlimited(actor, 'A partner');
  await lockSurroundings(tx);
  const before = await getPartnerForUpdate(tx, id);
  if (before.version !== expected) {
    const wanted = { ...patch, ...(disabled !== undefined && { disabled }) };
    throw versionMismatch(before.version, differences(wanted, partnerOf(before)));
  }
  const after = await updatePartner(tx, id, {
    ...(await columnsOf(tx, patch)),
    ...(disabled !== undefined && { disabledAt: disabled ? sql`coalesce(disabled_at, now())` : null }),
  });
  await insertAudit(tx, actor, [
    { action: 'partner.change', entity: 'partner', entityId: id, before: partnerOf(before), after: partnerOf(after) },
  ]);
  return after;
}

/** What is absent stays absent. */
async function columnsOf(tx: Db, input: Omit<PartnerPatch, 'disabled'>): Promise<Partial<PartnerValues>> {
  const { regions, tags, locales, ...columns } = input;
  const limits = await resolveLimits(tx, {
    ...(regions !== undefined && { regions }),
    ...(tags !== undefined && { tags }),
    ...(locales !== undefined && { locales }),
  });
  return { ...columns, ...limits };
}
