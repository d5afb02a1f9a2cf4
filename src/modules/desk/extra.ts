// How values of custom fields come into stories and drafts: read by their definitions, merged into what is there. It stores nothing.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid } from '../../errors.ts';
import { mergePatch } from '../../merge-patch.ts';
import type { Kind } from '../articles/kinds.ts';
import { listFields } from '../fields/queries.ts';
import type { Extra } from '../fields/values.ts';
import { loggedExtra, readExtras } from '../fields/writing.ts';

export interface Merged {
  extra: Extra;
  /** What was changed, as the audit log tells it. */
  logged: { before: { fields: Extra }; after: { fields: Extra } };
}

/** @returns nothing where nothing was given. @throws Problem validation_failed, unknown_reference */
export async function mergeExtra(
  tx: Db,
  given: Extra | undefined,
  current: Extra,
  place: { kind: Kind; localised: boolean },
): Promise<Merged | undefined> {
  if (given === undefined) return undefined;
  const [read] = await readExtras(tx, [{ ...place, extra: given, pointer: '' }]);
  if (!read) return undefined;
  const extra = mergePatch(current, read.extra) as Extra;
  const fields = (values: Extra) => ({ fields: loggedExtra(values, Object.keys(given), read.texts) });
  return { extra, logged: { before: fields(current), after: fields(extra) } };
}

export interface DraftExtraGiven {
  articleId: string;
  extra?: Extra | undefined;
  /** To the draft in the request; it is the request itself unless it is given. */
  pointer?: string;
}
/** Of new drafts, in their order. @throws Problem validation_failed, unknown_reference */
export async function readDraftExtras(tx: Db, drafts: readonly DraftExtraGiven[]): Promise<Extra[]> {
  const ids = [...new Set(drafts.filter(({ extra }) => extra).map(({ articleId }) => articleId))];
  if (ids.length === 0) return drafts.map(() => ({}));
  const kindOf = await findKinds(tx, ids);
  const given = drafts.map(({ articleId, extra = {}, pointer = '' }) => {
    return { kind: kindOf.get(articleId) ?? 'news', localised: true, extra, pointer };
  });
  return (await readExtras(tx, given)).map(({ extra }) => mergePatch({}, extra) as Extra);
}

export async function mergeDraftExtra(
  tx: Db,
  given: Extra | undefined,
  current: { articleId: string; extra: Extra },
): Promise<Merged | undefined> {
  if (given === undefined) return undefined;
  const kind = (await findKinds(tx, [current.articleId])).get(current.articleId) ?? 'news';
  return mergeExtra(tx, given, current.extra, { kind, localised: true });
}

async function findKinds(tx: Db, articleIds: string[]): Promise<ReadonlyMap<string, Kind>> {
  const { rows } = await tx.execute<{ id: string; kind: Kind }>(
    sql`select id, kind from articles where id = any(${sql.param(articleIds)}::uuid[])`,
  );
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}

/** No story holds what its kind does not have. @throws Problem validation_failed where it, or one of its drafts, would */
export async function checkKind(tx: Db, articleId: string, kind: Kind, extra: Extra): Promise<void> {
  const { rows } = await tx.execute<{ extra: Extra }>(
    sql`select extra from drafts where article_id = ${articleId} and extra <> '{}'`,
  );
  const held = new Set([extra, ...rows.map((row) => row.extra)].flatMap((values) => Object.keys(values)));
  if (held.size === 0) return;
  const beyond = (await listFields(tx)).filter(
    ({ key, kinds }) => held.has(key) && kinds.length > 0 && !kinds.includes(kind),
  );
  if (beyond.length === 0) return;
  const keys = beyond.map(({ key }) => key).join(', ');
  throw invalid({ pointer: '/kind' }, `the story holds ${keys}, which stories of the kind ${kind} do not have`, 'kind');
}
