// How the site and its locales are changed: each function is given an open transaction and leaves rows, audit and job behind.
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { WRITTEN } from '../../db/columns.ts';
import { enqueue } from '../../db/jobs.ts';
import { refuseWhileUsed } from '../../db/uses.ts';
import { mergePatch } from '../../merge-patch.ts';
import { checkVersion } from '../../preconditions.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundingsAlone } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';
import { checkLocale, checkSite } from './checking.ts';
import { getLocale, getSite, listLocales } from './queries.ts';
import type { DeskLocale, DeskSite, LocaleInput, LocalePatch, SitePatch } from './schemas.ts';
import { locales, site } from './tables.ts';
import { usesOfLocale } from './usage.ts';

/**
 * @param expected the version that the change is based on
 * @throws Problem version_mismatch, validation_failed, unknown_locale, unknown_reference
 */
export async function changeSite(tx: Db, actor: Actor | null, expected: number, patch: SitePatch): Promise<DeskSite> {
  if (actor) checkUnlimited(actor, 'The site');
  await lockSurroundingsAlone(tx);
  const before = await getSite(tx);
  checkVersion(before, expected, patch);
  const {
    locales: known,
    version: _version,
    updatedAt: _updatedAt,
    ...merged
  } = withNulls(mergePatch(before, withAddresses(before, patch)) as DeskSite);
  await checkSite(tx, merged, known);
  await tx.update(site).set({ ...merged, version: sql`${site.version} + 1`, updatedAt: WRITTEN });
  const after = await getSite(tx);
  await insertAudit(tx, actor, [{ action: 'site.change', entity: 'site', entityId: 'site', before, after }]);
  await enqueueAll(tx);
  return after;
}

/** Followers of feeds are told of what comes in the languages that these are in from now on, or that there is no such feed any more. */
const enqueueHub = (tx: Db) => enqueue(tx, 'renew_hub', {}, { key: 'renew_hub' });

/** With what shows the site, which is built anew. */
async function enqueueAll(tx: Db): Promise<void> {
  await enqueueRebuild(tx, { noun: 'site' });
  await enqueueHub(tx);
}

/** Stories that stand under the address of the site move along with it, unless they are given one of their own. */
function withAddresses(before: DeskSite, patch: SitePatch): SitePatch {
  const [from, to] = [before.baseUrl, patch.baseUrl].map((url) => url?.replace(/\/*$/, '/'));
  if (!from || !to || patch.articleUrl !== undefined || !before.articleUrl.startsWith(from)) return patch;
  return { ...patch, articleUrl: to + before.articleUrl.slice(from.length) };
}

/** A merge patch says null to remove a member; these are there with the value null when they are not set. */
function withNulls(merged: DeskSite): DeskSite {
  const { rights, branding, revisionDays = null, shareNetworks = null, shortUrl = null } = merged;
  return {
    ...merged,
    revisionDays,
    shareNetworks,
    shortUrl,
    rights: { ...{ attributionUrl: null, holder: null, licenceUrl: null }, ...rights },
    branding: { light: { ...{ logoUrl: null }, ...branding.light }, dark: { ...{ logoUrl: null }, ...branding.dark } },
  };
}

/** No job: no story can be in a language that has just been made. */
export async function createLocale(tx: Db, actor: Actor | null, input: LocaleInput): Promise<DeskLocale> {
  if (actor) checkUnlimited(actor, 'A language');
  await lockSurroundingsAlone(tx);
  checkLocale(input, await listLocales(tx));
  await tx.insert(locales).values({ ...input, updatedAt: WRITTEN });
  const after = await getLocale(tx, input.tag);
  await insertAudit(tx, actor, [{ action: 'locale.create', entity: 'locale', entityId: input.tag, after }]);
  return after;
}

/** @throws Problem not_found, version_mismatch, validation_failed, conflict */
export async function changeLocale(
  tx: Db,
  actor: Actor | null,
  tag: string,
  expected: number,
  patch: LocalePatch,
): Promise<DeskLocale> {
  if (actor) checkUnlimited(actor, 'A language');
  await lockSurroundingsAlone(tx);
  const before = await getLocale(tx, tag);
  checkVersion(before, expected, patch);
  checkLocale(
    { ...before, ...patch },
    (await listLocales(tx)).filter((other) => other.tag !== tag),
  );
  await tx
    .update(locales)
    .set({ ...patch, version: sql`${locales.version} + 1`, updatedAt: WRITTEN })
    .where(eq(locales.tag, tag));
  const after = await getLocale(tx, tag);
  await insertAudit(tx, actor, [{ action: 'locale.change', entity: 'locale', entityId: tag, before, after }]);
  await enqueueAll(tx);
  return after;
}

/** No story shows it. @throws Problem not_found, version_mismatch, in_use */
export async function removeLocale(tx: Db, actor: Actor | null, tag: string, expected: number): Promise<void> {
  if (actor) checkUnlimited(actor, 'A language');
  await lockSurroundingsAlone(tx);
  const before = await getLocale(tx, tag);
  checkVersion(before, expected);
  await refuseWhileUsed(tx, usesOfLocale(tag));
  // Former slugs of terms that have no name in it any more.
  await tx.execute(sql`delete from term_redirects where locale = ${tag}`);
  await tx.delete(locales).where(eq(locales.tag, tag));
  // When the list of languages last changed is not told by those that are left.
  await tx.execute(sql`update site set updated_at = ${WRITTEN}`);
  await enqueueHub(tx);
  await insertAudit(tx, actor, [{ action: 'locale.delete', entity: 'locale', entityId: tag, before }]);
}
