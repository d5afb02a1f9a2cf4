// Brings the content of an older save back as a new one, by the same rules as any other save; nothing of it is public before it is published.
import type { Db } from '../../db/client.ts';
import { problemOf } from '../../db/violations.ts';
import { Problem } from '../../errors.ts';
import type { Actor } from '../access/queries.ts';
import { resolveAround } from '../desk/around.ts';
import { changeDraft } from '../desk/drafting.ts';
import { resolveImage } from '../desk/picturing.ts';
import { findDeskArticle, findDraft } from '../desk/queries.ts';
import { resolveTerms } from '../desk/references.ts';
import { resolveRights } from '../desk/rights.ts';
import { changeArticle } from '../desk/workflow.ts';
import type { Extra } from '../fields/values.ts';
import { getNeutral, getText } from './reading.ts';

export interface Restoring {
  /** The version whose content is wanted. */
  version: number;
  /** The version that the change is based on. */
  expected: number;
  note: string | undefined;
}

/** @throws Problem not_found, forbidden, version_mismatch, conflict, slug_taken */
export async function restoreDraft(
  tx: Db,
  actor: Actor,
  of: { articleId: string; locale: string },
  { version, expected, note }: Restoring,
): Promise<void> {
  const { content } = await getText(tx, of, version);
  const current = await findDraft(tx, of.articleId, of.locale);
  const change = { ...content, ...extraOf(content, current) };
  try {
    await changeDraft(tx, actor, { ...of, expected }, change, { note, restoredFrom: version });
  } catch (error) {
    checkFields(error, version);
    if (problemOf(error)?.code !== 'slug_taken') throw error;
    // The pointer would lead into the request, which names no slug.
    const detail = `Version ${version} has the slug ${content.slug}, which another story has now.`;
    throw new Problem('slug_taken', { detail, cause: error });
  }
}

/** @throws Problem not_found, forbidden, version_mismatch, conflict, unknown_reference */
export async function restoreNeutral(
  tx: Db,
  actor: Actor,
  articleId: string,
  { version, expected, note }: Restoring,
): Promise<void> {
  const { content } = await getNeutral(tx, articleId, version);
  const { region: _region, regions: _regions, tags: _tags, byline: _byline, originalLocale, ...others } = content;
  const { image: _image, related: _related, follows: _follows, rights, ...columns } = others;
  const current = await findDeskArticle(tx, articleId);
  const change = {
    ...columns,
    ...(rights !== undefined && { rights: await named(version, () => resolveRights(tx, rights)) }),
    ...(originalLocale && { originalLocale }),
    ...(await named(version, () => resolveTerms(tx, content))),
    ...(await named(version, () => resolveImage(tx, content))),
    ...(await named(version, () => resolveAround(tx, articleId, content))),
    ...extraOf(content, current),
  };
  const saved = { asked: content, note, restoredFrom: version };
  await changeArticle(tx, actor, { id: articleId, expected }, change, saved).catch((error: unknown) => {
    checkFields(error, version);
    if (error instanceof Problem && error.options.errors?.some(({ code }) => code === 'circle')) {
      const detail = `Version ${version} follows a story that follows this one by now.`;
      throw new Problem('conflict', { detail, cause: error });
    }
    throw error;
  });
}

/** Values of custom fields are merged into what is there: those that came later have to go by name. */
function extraOf(content: { extra?: Extra }, current: { extra: Extra } | null): { extra?: Extra } {
  if (!content.extra) return {};
  const gone = Object.keys(current?.extra ?? {}).map((key) => [key, null] as const);
  return { extra: { ...Object.fromEntries(gone), ...content.extra } };
}

/** @throws Problem conflict for values that the definitions of today do not take: the pointers would lead into the request */
function checkFields(error: unknown, version: number): void {
  if (!(error instanceof Problem) || !['validation_failed', 'unknown_reference'].includes(error.code)) return;
  const errors = error.options.errors?.filter(({ pointer }) => pointer?.startsWith('/extra/'));
  if (!errors?.length) return;
  const told = errors.map(({ pointer, message }) => `${pointer?.slice('/extra/'.length)}: ${message}`).join('; ');
  const detail = `Version ${version} holds values of custom fields that are not taken any more. ${told}.`;
  throw new Problem('conflict', { detail, cause: error });
}

/** What was merged is taken for what it was merged into. */
async function named<Ids>(version: number, resolve: () => Promise<Ids>): Promise<Ids> {
  try {
    return await resolve();
  } catch (error) {
    if (!(error instanceof Problem) || !['unknown_reference', 'unknown_locale'].includes(error.code)) throw error;
    // Pointers would lead into the request, which does not name them.
    const errors = error.options.errors?.map(({ code, message }) => ({ code, message }));
    const detail = `Version ${version} names what does not exist any more.`;
    throw new Problem('unknown_reference', { detail, ...(errors && { errors }), cause: error });
  }
}
