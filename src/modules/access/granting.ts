// Nobody gives away a right that they do not hold, nor has power over one who holds more. It changes nothing.
import type { Db } from '../../db/client.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { type Limits, regionsOutside } from './limits.ts';
import type { Actor } from './queries.ts';

/** What a person or a key may do, or shall be able to do. */
export interface Rights extends Limits {
  scopes: Iterable<string>;
  ownOnly: boolean;
}
type Excess = { of: 'scopes' | 'locales' | 'regions'; what: string };

/** @returns all that the actor does not hold */
async function excessOf(db: Db, actor: Actor, rights: Rights): Promise<Excess[]> {
  const scopes = [...rights.scopes].filter((scope) => !actor.scopes.has(scope));
  const locales = actor.locales && (rights.locales?.filter((tag) => !actor.locales?.includes(tag)) ?? ['all locales']);
  const regions =
    actor.regionIds &&
    (rights.regionIds ? await regionsOutside(db, rights.regionIds, actor.regionIds) : ['all regions']);
  return [
    ...scopes.map((what): Excess => ({ of: 'scopes', what })),
    ...(actor.ownOnly && !rights.ownOnly ? [{ of: 'scopes', what: 'stories of others' } as const] : []),
    ...(locales ?? []).map((what): Excess => ({ of: 'locales', what })),
    ...(regions ?? []).map((what): Excess => ({ of: 'regions', what })),
  ];
}

/**
 * @param pointerOf where in the request a scope was asked for
 * @throws Problem forbidden, which says what is not held
 */
export async function checkGrant(
  db: Db,
  actor: Actor,
  rights: Rights,
  pointerOf: (scope: string) => string,
): Promise<void> {
  const excess = await excessOf(db, actor, rights);
  if (excess.length === 0) return;
  throw new Problem('forbidden', {
    detail: `Nobody gives away what they do not hold; you lack ${excess.map(({ what }) => what).join(', ')}.`,
    errors: excess.map(({ of, what }): ProblemDetail => {
      return { pointer: of === 'scopes' ? pointerOf(what) : `/${of}`, code: 'not_held', message: what };
    }),
  });
}

/** @throws Problem forbidden for one who holds more than the actor */
export async function checkPower(db: Db, actor: Actor, other: Rights): Promise<void> {
  if ((await excessOf(db, actor, other)).length > 0)
    throw new Problem('forbidden', { detail: 'This one holds rights that you do not hold.' });
}
