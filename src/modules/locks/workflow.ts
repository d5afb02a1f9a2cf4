// How a text is opened, kept open and taken over: each function is given an open transaction. No draft is changed, nor its version.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { getDraft } from '../desk/queries.ts';
import { claimLock, type Draft, deleteLock, findLock, type Holder, replaceLock } from './queries.ts';
import type { Lock } from './schemas.ts';

/** The person, or the key where no person stands behind it. */
function holderOf({ userId, keyId, name }: Actor): Holder {
  const id = userId ?? keyId;
  if (!id) throw new Error('an actor is a person or a key');
  return { id, name };
}

/** @throws Problem not_found, forbidden, locked */
export async function openDraft(
  tx: Db,
  actor: Actor,
  of: Draft,
  { leaseSeconds, takeover }: { leaseSeconds: number; takeover: boolean },
): Promise<Lock> {
  const { articleId, locale } = await getDraft(tx, of.articleId, of.locale);
  await checkReach(tx, actor, articleId, locale);
  const holder = holderOf(actor);
  const claimed = await claimLock(tx, { articleId, locale }, holder, leaseSeconds);
  if (claimed) return claimed;
  const held = await findLock(tx, { articleId, locale });
  if (held && !takeover) throw lockedBy(held);
  const lock = await replaceLock(tx, { articleId, locale }, holder, leaseSeconds);
  await insertAudit(tx, actor, [
    {
      action: 'lock.takeover',
      entity: 'lock',
      entityId: draftId(lock),
      before: { holder: held?.holder },
      after: { holder },
    },
  ]);
  return lock;
}

const lockedBy = ({ holder, acquiredAt, expiresAt }: Lock): Problem =>
  new Problem('locked', {
    detail: `Open by ${holder.name} until ${expiresAt}, unless it is renewed.`,
    extra: { lock: { holder, acquiredAt, expiresAt } },
  });

/** Of one's own; what somebody else took over stays theirs. @throws Problem not_found */
export async function closeDraft(tx: Db, actor: Actor, of: Draft): Promise<void> {
  await getDraft(tx, of.articleId, of.locale);
  await deleteLock(tx, of, holderOf(actor).id);
}
