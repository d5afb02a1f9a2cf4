// What editors send to move a draft from one state to another, and what they may do now. It moves nothing.
import { type TSchema, Type } from 'typebox';
import { documented, none, part, where, without } from '../../conditions.ts';
import { byLocale, closed, dateTime, Id, Links, Locale, NoMeta, oneOf, ref, Text, Version } from '../../schemas.ts';
import { SCOPES } from '../access/scopes.ts';
import { DRAFT_STATUSES, DraftState } from './schemas.ts';
import { ACTIONS } from './states.ts';

export const PublishInput = closed(
  {
    publishedAt: Type.Optional(
      dateTime('Not in the future; needs the scope articles:backdate. Without it: the first time now, later unchanged'),
    ),
    updateType: Type.Optional(
      oneOf(['major', 'minor'], { default: 'major', description: 'A minor edit does not move updatedAt' }),
    ),
  },
  { $id: 'PublishInput' },
);
export const perLocale = <T extends TSchema>(input: T) =>
  byLocale(input, {
    minProperties: 1,
    maxProperties: 50,
    description: 'By locale, as {"en": {"version": 3}}',
  });
export const JointPublishInput = closed(
  { locales: perLocale(closed({ version: Version, ...PublishInput.properties })) },
  { $id: 'JointPublishInput', description: 'The languages that are published together' },
);
export const MoveInput = closed(
  { note: Type.Optional(Text(2000, 'Kept as a comment on the draft')) },
  { $id: 'MoveInput' },
);
const TransitionState = closed(
  {
    action: oneOf([...ACTIONS]),
    allowed: Type.Boolean(),
    to: oneOf([...DRAFT_STATUSES], { description: 'The state it leads to, or the present one' }),
    reasons: Type.Array(
      closed({
        code: oneOf(['scope', 'state', 'limit', 'incomplete']),
        message: Type.String(),
        scope: Type.Optional(oneOf([...SCOPES], { description: 'The scope that is missing' })),
        limit: Type.Optional(oneOf(['locale', 'region', 'own'], { description: 'The limit that it lies beyond' })),
      }),
      { description: 'All that stands against it' },
    ),
  },
  { description: 'What may be done with a draft, or why not' },
);
export const Transitions = closed(
  {
    articleId: Id,
    locale: Locale,
    status: DraftState.properties.status,
    version: Version,
    publishedVersion: DraftState.properties.publishedVersion,
    actions: Type.Array(TransitionState),
  },
  { $id: 'Transitions' },
);
export const TransitionsAnswer = closed({
  data: ref(Transitions),
  meta: ref(NoMeta),
  links: ref(Links),
});
export const WithdrawInput = closed(
  {
    type: Type.Optional(
      oneOf(['gone', 'withdrawn', 'redirect'], {
        default: 'withdrawn',
        description: 'gone: 410 without a word; withdrawn: 410 with the notice; redirect: 301 to another story',
      }),
    ),
    notice: Type.Optional(Text(2000, 'Shown in public with the 410; with the type withdrawn only')),
    redirectTo: Type.Optional(
      Type.Unsafe<string>({ ...Id, description: 'Another story, public in this locale; with the type redirect only' }),
    ),
  },
  {
    $id: 'WithdrawInput',
    ...documented(
      where(
        'type',
        'redirect',
        part(none('notice'), ['redirectTo']),
        where('type', 'gone', without('notice', 'redirectTo'), without('redirectTo')),
      ),
    ),
  },
);
