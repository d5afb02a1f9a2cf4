// How stories are made and changed in what all their languages share: each function is given an open transaction and leaves rows,
// revision and audit behind. Drafts are those of drafting.ts.
// It publishes nothing: what readers see changes in publishing.ts alone.
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { mergePatch } from '../../merge-patch.ts';
import { differences, versionMismatch } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import type { Kind } from '../articles/kinds.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import type { Extra } from '../fields/values.ts';
import { loggedExtra, readExtras } from '../fields/writing.ts';
import { insertArticleRevisions, type Save } from '../revisions/recording.ts';
import type { Rights } from '../site/schemas.ts';
import { site } from '../site/tables.ts';
import { type AroundIds, checkFollows, lockEnds } from './around.ts';
import { checkKind, mergeExtra } from './extra.ts';
import { changeOriginal } from './originals.ts';
import type { PictureId } from './picturing.ts';
import {
  type ArticleRow,
  findDeskArticle,
  findTermIds,
  getArticleForUpdate,
  insertTerms,
  replaceTerms,
} from './queries.ts';
import type { TermIds } from './references.ts';
import { articles } from './tables.ts';

export interface NewArticle extends TermIds, AroundIds, PictureId {
  kind: Kind;
  externalId?: string | null;
  rights?: Partial<Rights> | null;
  /** A merge patch of custom fields. */
  extra?: Extra | undefined;
  /** The language it is written in; its other languages translate that. */
  originalLocale: string;
}

export async function createArticle(tx: Db, actor: Actor | null, input: NewArticle, save: Save): Promise<ArticleRow> {
  const [row] = await createArticles(tx, actor, [input], save);
  if (!row) throw new Error('an insert returned no row');
  return row;
}

/** Many in as few statements as one. @returns the rows in the order of the inputs */
export async function createArticles(
  tx: Db,
  actor: Actor | null,
  inputs: NewArticle[],
  save: Save = {},
): Promise<ArticleRow[]> {
  if (inputs.length === 0) return [];
  // A picture is locked by what names it, and who changes one holds the lock of surroundings before the picture.
  if (inputs.some(({ extra, imageId }) => extra || imageId)) await lockSurroundings(tx);
  await lockEnds(tx, null, { relatedIds: inputs.flatMap(({ relatedIds = [] }) => relatedIds) });
  const read = await readExtras(
    tx,
    inputs.map(({ kind, extra = {} }) => ({ kind, localised: false, extra, pointer: '' })),
  );
  const stories = inputs.map(({ extra: _, ...input }, at) => {
    const { extra, texts } = read[at] ?? { extra: {}, texts: [] };
    const fields = loggedExtra(extra, Object.keys(extra), texts);
    return { id: uuidv7(), input, extra: mergePatch({}, extra) as Extra, fields };
  });
  const rows = await tx
    .insert(articles)
    .values(
      stories.map(({ id, input, extra }) => ({
        id,
        extra,
        uri: permanentUri(id),
        externalId: input.externalId ?? null,
        kind: input.kind,
        regionId: input.regionId ?? null,
        relatedIds: input.relatedIds ?? [],
        followsId: input.followsId ?? null,
        imageId: input.imageId ?? null,
        rights: input.rights ?? null,
        originalLocale: input.originalLocale,
        createdBy: actor?.userId ?? null,
      })),
    )
    .returning();
  await insertTerms(
    tx,
    stories.map(({ id, input: { regionId = null, regionIds = [], tagIds = [], contributorIds = [] } }) => ({
      articleId: id,
      regionIds: withRubric(regionId, regionIds),
      tagIds,
      contributorIds,
    })),
  );
  await insertArticleRevisions(
    tx,
    stories.map(({ id }) => id),
    actor,
    save,
  );
  await insertAudit(
    tx,
    actor,
    stories.map(({ id, input, fields }) => ({
      action: 'article.create',
      entity: 'article',
      entityId: id,
      after: { ...input, ...(Object.keys(fields).length > 0 && { fields }) },
    })),
  );
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  return stories.flatMap(({ id }) => rowOf.get(id) ?? []);
}

/** RFC 4151: the host on the day of creation; that day makes the URI ours for good, even when the host is given up. */
const permanentUri = (id: string) => sql<string>`(
  select 'tag:' || substring(${site.baseUrl} from '^https?://([^/:]+)') || ',' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD') || ':article/' || ${id}::text from ${site})`;

/** A story always stands in its own rubric. */
export const withRubric = (regionId: string | null, regionIds: string[]) =>
  regionId && !regionIds.includes(regionId) ? [regionId, ...regionIds] : regionIds;

export interface ArticleChange extends TermIds, AroundIds, PictureId {
  kind?: Kind;
  externalId?: string | null;
  /** As a whole. */
  rights?: Partial<Rights> | null;
  /** A merge patch of them. */
  rightsPatch?: object | null;
  /** A merge patch of custom fields. */
  extra?: Extra;
  originalLocale?: string;
}
/**
 * @param of.expected the version that the change is based on; null for an import, which follows its source
 * @param options.asked the change in the words of the request, to tell the editor what differs from a newer version
 */
export async function changeArticle(
  tx: Db,
  actor: Actor | null,
  { id, expected }: { id: string; expected: number | null },
  change: ArticleChange,
  { asked = {}, ...save }: Save & { asked?: object } = {},
): Promise<ArticleRow> {
  if (change.extra || change.kind || change.imageId) await lockSurroundings(tx);
  await lockEnds(tx, id, change);
  const current = await getArticleForUpdate(tx, id);
  await checkReach(tx, actor, id, null);
  await checkScheduled(tx, actor, id);
  const asStored = withRights(change, current.rights);
  const { regionIds, tagIds, contributorIds, ...columns } = asStored;
  if (expected !== null && current.version !== expected)
    throw versionMismatch(current.version, differences(asked, (await findDeskArticle(tx, id)) ?? {}));
  await checkFollows(tx, id, change.followsId);
  const before = { ...current, ...(await findTermIds(tx, id)) };
  if (change.originalLocale) await changeOriginal(tx, id, current.originalLocale, change.originalLocale);
  const kind = change.kind ?? current.kind;
  const merged = await mergeExtra(tx, change.extra, current.extra, { kind, localised: false });
  if (kind !== current.kind) await checkKind(tx, id, kind, merged?.extra ?? current.extra);
  const [row] = await tx
    .update(articles)
    .set({
      ...columns,
      ...(merged && { extra: merged.extra }),
      version: sql`${articles.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(articles.id, id))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  await replaceTerms(tx, id, {
    ...(regionIds && { regionIds: withRubric(row.regionId, regionIds) }),
    ...(tagIds && { tagIds }),
    ...(contributorIds && { contributorIds }),
  });
  if (!regionIds && row.regionId) await addRubric(tx, id, row.regionId);
  // Nor may a change lead the story out of reach.
  await checkReach(tx, actor, id, null);
  await insertArticleRevisions(tx, [id], actor, save);
  await insertAudit(tx, actor, [
    {
      action: 'article.change',
      entity: 'article',
      entityId: id,
      before: { ...pick(asStored, before), ...merged?.logged.before },
      after: { ...asStored, ...merged?.logged.after, ...(save.restoredFrom && { restoredFrom: save.restoredFrom }) },
    },
  ]);
  return row;
}

/** Merged with the story locked: of two patches that come at once, the second is merged into what the first has left. */
function withRights(
  { rightsPatch, ...change }: ArticleChange,
  current: Partial<Rights> | null,
): Omit<ArticleChange, 'rightsPatch'> {
  if (rightsPatch === undefined) return change;
  return { ...change, rights: mergePatch(current, rightsPatch) as Partial<Rights> | null };
}

/** What is scheduled goes out with all of it by itself, without another look. @throws Problem conflict */
async function checkScheduled(tx: Db, actor: Actor | null, id: string): Promise<void> {
  if (!actor || actor.scopes.has('articles:publish')) return;
  const { rows } = await tx.execute<{ locale: string }>(
    sql`select locale from drafts where article_id = ${id} and status = 'scheduled' order by locale`,
  );
  if (rows.length === 0) return;
  const locales = rows.map(({ locale }) => locale);
  throw new Problem('conflict', {
    detail: `It is scheduled in ${locales.join(', ')}: this needs the scope articles:publish as well.`,
    extra: { scope: 'articles:publish', locales },
  });
}

async function addRubric(tx: Db, articleId: string, regionId: string): Promise<void> {
  await tx.execute(sql`
    insert into article_regions (article_id, term_id, position)
    select ${articleId}::uuid, ${regionId}::uuid, coalesce(min(position), 1) - 1 from article_regions where article_id = ${articleId}::uuid
    on conflict do nothing`);
}

const pick = (like: object, row: object) => Object.fromEntries(Object.entries(row).filter(([name]) => name in like));
