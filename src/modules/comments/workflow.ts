// How comments are made, changed, resolved and deleted: each function is given an open transaction. What the audit log keeps of one is
// that it was there, and never its text; no draft is changed, nor its version.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, unknownReference } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { insertAudit } from '../audit/queries.ts';
import { findDraft, getArticleForUpdate } from '../desk/queries.ts';
import { requireLocale } from '../desk/references.ts';
import * as queries from './queries.ts';
import type { Comment, CommentInput } from './schemas.ts';

/** @throws Problem not_found, forbidden, unknown_locale, unknown_reference, validation_failed */
export async function createComment(tx: Db, actor: Actor, articleId: string, input: CommentInput): Promise<Comment> {
  const article = await getArticleForUpdate(tx, articleId);
  const place =
    input.parent === undefined ? await placeOf(tx, article.id, input) : await answerTo(tx, article.id, input);
  await checkPlace(tx, actor, article.id, place.locale);
  const id = await queries.insertComment(tx, actor, { articleId: article.id, text: input.text, ...place });
  const comment = await getComment(tx, id);
  await audit(tx, actor, 'create', null, comment);
  return comment;
}

type Place = Pick<queries.NewComment, 'locale' | 'parentId' | 'pointer'>;
async function placeOf(tx: Db, articleId: string, { locale: given, pointer }: CommentInput): Promise<Place> {
  const locale = given === undefined ? null : await requireLocale(tx, given, { pointer: '/locale' });
  if (locale !== null && !(await findDraft(tx, articleId, locale)))
    throw invalid({ pointer: '/locale' }, `the story has no draft in ${locale}`, 'unknown');
  return { locale, parentId: null, pointer: pointer ?? null };
}

async function answerTo(tx: Db, articleId: string, { parent = '', locale, pointer }: CommentInput): Promise<Place> {
  const inherited = locale !== undefined ? '/locale' : pointer !== undefined ? '/pointer' : undefined;
  if (inherited) throw invalid({ pointer: inherited }, 'an answer has that of what it answers', 'inherited');
  const answered = await queries.findCommentForUpdate(tx, parent);
  if (answered?.articleId !== articleId)
    throw unknownReference({ pointer: '/parent' }, 'this story has no such comment');
  if (answered.parent !== null)
    throw invalid({ pointer: '/parent' }, 'is an answer itself; answer what it answers', 'nested');
  return { locale: answered.locale, parentId: answered.id, pointer: answered.pointer };
}

/** A note on the story as a whole is in no language, so that a limit to some of them does not stand against it. */
const checkPlace = (tx: Db, actor: Actor, articleId: string, locale: string | null): Promise<void> =>
  checkReach(tx, locale === null ? { ...actor, locales: null } : actor, articleId, locale);

/** The text is its author's: nobody else puts words into their mouth. @throws Problem not_found, forbidden, version_mismatch */
export async function changeComment(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  change: { text: string },
): Promise<Comment> {
  const before = await getForChange(tx, actor, id);
  if (!isAuthor(actor, before)) throw new Problem('forbidden', { detail: 'Only its author may change a comment.' });
  checkVersion(before, expected, change);
  await queries.updateText(tx, before.id, change.text);
  const after = await getComment(tx, id);
  await audit(tx, actor, 'change', before, after);
  return after;
}

/** With its answers; done already, it stays as it is. @throws Problem not_found, forbidden, conflict */
export async function resolveComment(tx: Db, actor: Actor, id: string, isResolved: boolean): Promise<Comment> {
  const before = await getForChange(tx, actor, id);
  if (before.parent !== null)
    throw new Problem('conflict', { detail: 'This is an answer; resolve or reopen what it answers.' });
  if (before.isResolved === isResolved) return before;
  await queries.updateResolved(tx, before.id, isResolved ? actor.name : null);
  const after = await getComment(tx, id);
  await audit(tx, actor, isResolved ? 'resolve' : 'reopen', before, after);
  return after;
}

/**
 * By its author, or by an administrator.
 * @param expected null for whoever names no version
 * @throws Problem not_found, forbidden, version_mismatch, in_use
 */
export async function removeComment(tx: Db, actor: Actor, id: string, expected: number | null): Promise<void> {
  const before = await getForChange(tx, actor, id);
  const isAdministrator = actor.scopes.has('articles:erase');
  if (!isAdministrator && !isAuthor(actor, before))
    throw new Problem('forbidden', { detail: 'Only its author or an administrator may delete a comment.' });
  checkVersion(before, expected);
  if (!isAdministrator && (await queries.hasAnswerOfOthers(tx, before.id, actor)))
    throw new Problem('in_use', { detail: 'Others have answered it; resolve it.' });
  await queries.deleteComment(tx, before.id);
  await audit(tx, actor, 'delete', before, null);
}

const isAuthor = ({ userId, keyId }: Actor, { author }: Comment): boolean => author?.id === (userId ?? keyId);

export async function getComment(db: Db, id: string): Promise<Comment> {
  const comment = await queries.findComment(db, id);
  if (!comment) throw new Problem('not_found');
  return comment;
}

async function getForChange(tx: Db, actor: Actor, id: string): Promise<Comment> {
  const comment = await queries.findCommentForUpdate(tx, id);
  if (!comment) throw new Problem('not_found');
  await checkPlace(tx, actor, comment.articleId, comment.locale);
  return comment;
}

const summaryOf = ({ articleId, locale, parent, pointer, isResolved, version }: Comment) => ({
  articleId,
  locale,
  parent,
  pointer,
  isResolved,
  version,
});
async function audit(tx: Db, actor: Actor, what: string, before: Comment | null, after: Comment | null): Promise<void> {
  await insertAudit(tx, actor, [
    {
      action: `comment.${what}`,
      entity: 'comment',
      entityId: before?.id ?? after?.id ?? '',
      before: before && summaryOf(before),
      after: after && summaryOf(after),
    },
  ]);
}
