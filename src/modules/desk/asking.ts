// Tells what somebody may do with a draft now, and all that stands against the rest. It moves nothing.
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import { findLimit } from '../access/reach.ts';
import { findSchedule } from '../schedules/queries.ts';
import { listMissing } from './publishable.ts';
import type { DraftRow } from './queries.ts';
import { ACTIONS, type Action, type Reason, reasonsAgainst, targetOf } from './states.ts';

const GOES_OUT: ReadonlySet<Action> = new Set(['publish', 'schedule']);

export async function listTransitions(db: Db, actor: Actor, draft: DraftRow) {
  const { articleId, locale, status, version, publishedVersion } = draft;
  const plan = await findSchedule(db, { articleId, locale, action: 'publish' });
  const expiry = await findSchedule(db, { articleId, locale, action: 'unpublish' });
  const there: Reason[] =
    expiry && expiry.failedAt === null
      ? [{ code: 'state', message: 'An expiry is set already: move it, or cancel it first.' }]
      : [];
  const limit = await findLimit(db, actor, articleId, locale);
  const limits: Reason[] = limit ? [{ code: 'limit', limit, message: 'This draft lies beyond your limits.' }] : [];
  const missing = (await listMissing(db, articleId, locale)).map((key): Reason => {
    return { code: 'incomplete', message: `${key} has to be filled in before this is published.` };
  });
  const actions = ACTIONS.map((action) => {
    const reasons = [
      ...reasonsAgainst(action, draft, actor),
      ...limits,
      ...(GOES_OUT.has(action) ? missing : []),
      ...(action === 'expire' ? there : []),
    ];
    return { action, allowed: reasons.length === 0, to: targetOf(action, draft, plan?.resumeStatus), reasons };
  });
  return { articleId, locale, status, version, publishedVersion, actions };
}
