// The states of a draft and what leads from one to another: the one table that editing, reviewing, publishing and schedules
// obey, and that the desk is told of. It changes nothing.
import { Problem } from '../../errors.ts';
import type { Limit } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import type { Scope } from '../access/scopes.ts';
import type { DraftStatus } from './schemas.ts';

/** `back` is `published` where a version is live, else `draft`; `before` is where the draft stood when it was scheduled. */
type Target = DraftStatus | 'back' | 'before';
type Need = 'live' | 'notLive' | 'changes' | 'liveSoon';

export interface Transition {
  scope: Scope;
  /** From each state in which it may be done to the one that it leads to. */
  moves: Readonly<Partial<Record<DraftStatus, Target>>>;
  /** What else must hold. */
  needs?: Need;
  /** In some states only those may do it who hold this scope as well. */
  reserved?: Readonly<Partial<Record<DraftStatus, Scope>>>;
}

// Whether a version is live is not part of the state: the working copy of a public story can be in review, approved or
// scheduled. `draft`, `withdrawn` and `archived` are never live, `published` always is.
export const TRANSITIONS = {
  edit: {
    scope: 'articles:write',
    // What was approved was another text.
    moves: {
      draft: 'draft',
      in_review: 'in_review',
      approved: 'in_review',
      scheduled: 'scheduled',
      published: 'published',
      withdrawn: 'withdrawn',
    },
    // It goes out by itself, without another look.
    reserved: { scheduled: 'articles:publish' },
  },
  submit: { scope: 'articles:write', moves: { draft: 'in_review', published: 'in_review' }, needs: 'changes' },
  approve: { scope: 'articles:review', moves: { in_review: 'approved' } },
  reject: { scope: 'articles:review', moves: { in_review: 'back', approved: 'back' } },
  publish: {
    scope: 'articles:publish',
    moves: {
      draft: 'published',
      in_review: 'published',
      approved: 'published',
      scheduled: 'published',
      published: 'published',
      withdrawn: 'published',
    },
  },
  schedule: {
    scope: 'articles:publish',
    moves: {
      draft: 'scheduled',
      in_review: 'scheduled',
      approved: 'scheduled',
      published: 'scheduled',
      withdrawn: 'scheduled',
    },
  },
  cancel: { scope: 'articles:publish', moves: { scheduled: 'before' } },
  expire: {
    scope: 'articles:publish',
    moves: { in_review: 'in_review', approved: 'approved', scheduled: 'scheduled', published: 'published' },
    needs: 'liveSoon',
  },
  unpublish: {
    scope: 'articles:publish',
    moves: { in_review: 'draft', approved: 'draft', scheduled: 'draft', published: 'draft' },
    needs: 'live',
  },
  withdraw: {
    scope: 'articles:publish',
    moves: { in_review: 'withdrawn', approved: 'withdrawn', scheduled: 'withdrawn', published: 'withdrawn' },
    needs: 'live',
  },
  archive: {
    scope: 'articles:write',
    moves: { draft: 'archived', withdrawn: 'archived' },
    needs: 'notLive',
  },
  reopen: { scope: 'articles:write', moves: { archived: 'draft', withdrawn: 'draft' } },
} as const satisfies Record<string, Transition>;

export type Action = keyof typeof TRANSITIONS;
export const ACTIONS = Object.keys(TRANSITIONS) as Action[];
const transitionOf = (action: Action): Transition => TRANSITIONS[action];

export interface State {
  locale: string;
  status: DraftStatus;
  version: number;
  publishedVersion: number | null;
}

const isLive = ({ publishedVersion }: State) => publishedVersion !== null;
const NEEDS: Record<Need, { holds(state: State): boolean; otherwise: string }> = {
  live: { holds: isLive, otherwise: 'It is not public in this locale.' },
  notLive: { holds: (state) => !isLive(state), otherwise: 'It is public in this locale.' },
  changes: {
    holds: ({ version, publishedVersion }) => version !== publishedVersion,
    otherwise: 'Nothing has changed since it was published.',
  },
  liveSoon: {
    holds: (state) => isLive(state) || state.status === 'scheduled',
    otherwise: 'It is neither public in this locale nor scheduled.',
  },
};

export interface Reason {
  code: 'scope' | 'state' | 'limit' | 'incomplete';
  message: string;
  scope?: Scope;
  limit?: Limit;
}

/** Why this cannot be done in this state; null where it can. The scope itself is another matter. */
function obstacleOf(action: Action, state: State, actor: Pick<Actor, 'scopes'>): Reason | null {
  const { moves, needs, reserved } = transitionOf(action);
  const scope = reserved?.[state.status];
  if (!moves[state.status]) return { code: 'state', message: `This cannot be done in the state ${state.status}.` };
  if (needs && !NEEDS[needs].holds(state)) return { code: 'state', message: NEEDS[needs].otherwise };
  if (scope && !actor.scopes.has(scope))
    return { code: 'state', scope, message: `In the state ${state.status} this needs the scope ${scope} as well.` };
  return null;
}

/** @returns all that stands against it; empty where it may be done. Limits of the actor are for reach.ts to tell */
export function reasonsAgainst(action: Action, state: State, actor: Pick<Actor, 'scopes'>): Reason[] {
  const { scope } = transitionOf(action);
  const obstacle = obstacleOf(action, state, actor);
  return [
    ...(actor.scopes.has(scope) ? [] : [{ code: 'scope' as const, scope, message: `This needs the scope ${scope}.` }]),
    ...(obstacle ? [obstacle] : []),
  ];
}

/** @param before where the draft stood when it was scheduled */
export function targetOf(action: Action, state: State, before?: DraftStatus | null): DraftStatus {
  const target = transitionOf(action).moves[state.status] ?? state.status;
  if (target === 'before') return before ?? settled(state);
  return target === 'back' ? settled(state) : target;
}

/** Where a draft stands with which nothing is going on. */
const settled = (state: Pick<State, 'publishedVersion'>): DraftStatus =>
  state.publishedVersion === null ? 'draft' : 'published';

/**
 * The state that it leads to; null for the actor is an import, which follows its source whatever the state.
 * @throws Problem conflict with the present state and what the actor may do in it
 */
export function checkTransition(action: Action, state: State, actor: Actor | null): DraftStatus {
  const obstacle = actor && obstacleOf(action, state, actor);
  if (!obstacle) return targetOf(action, state);
  const allowedActions = ACTIONS.filter((other) => reasonsAgainst(other, state, actor).length === 0);
  throw new Problem('conflict', {
    detail: obstacle.message,
    extra: { locale: state.locale, state: state.status, allowedActions },
  });
}
