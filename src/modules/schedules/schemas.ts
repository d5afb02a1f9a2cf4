// Schedules on the wire: what goes out or is taken back by itself, when, and what partners see of it before.
import { type Static, Type } from 'typebox';
import { documented, part, where, withMember } from '../../conditions.ts';
import { ProblemSchema } from '../../problem.ts';
import {
  Cursor,
  closed,
  DateTime,
  dateTime,
  Id,
  Limit,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  onlyIn,
  PageLinks,
  query,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { Article, ArticleCard } from '../articles/schemas.ts';
import { DRAFT_STATUSES } from '../desk/schemas.ts';
import { PublishInput, perLocale } from '../desk/transition-schemas.ts';

const At = dateTime("In the future by the database's clock, and within five years");
const Embargoed = Type.Boolean({
  description: 'Whether partners with the scope embargoed:read may see it before, as embargoed until then',
});
const RemovalType = oneOf(['gone', 'withdrawn', 'draft'], {
  description: '`gone` tells nothing, `withdrawn` tells the notice, `draft` is as if it had never been public',
});
const Notice = Text(2000, 'Shown in public; of the type `withdrawn` only');

const plan = {
  at: At,
  updateType: Type.Optional(PublishInput.properties.updateType),
  embargoed: Type.Optional(Embargoed),
};
export const ScheduleInput = closed(plan, { $id: 'ScheduleInput' });
export type ScheduleInput = Static<typeof ScheduleInput>;
// Without a default: what a patch does not name stays as it is.
const UpdateType = oneOf(['major', 'minor'], { description: 'A minor edit does not move updatedAt' });
export const SchedulePatch = Type.Partial(closed({ at: At, updateType: UpdateType, embargoed: Embargoed }), {
  $id: 'SchedulePatch',
  additionalProperties: false,
  minProperties: 1,
});
export const JointScheduleInput = closed(
  { locales: perLocale(closed({ version: Version, ...plan })) },
  { $id: 'JointScheduleInput', description: 'The languages that are scheduled together, each for its time' },
);
/** A notice is shown with the type withdrawn (expiry-routes.ts). */
const noticeByType = documented(where('type', 'withdrawn', {}, withMember('type', part({ notice: { type: 'null' } }))));
export const ExpiryInput = closed(
  { at: At, type: RemovalType, notice: Type.Optional(Notice) },
  { $id: 'ExpiryInput', ...noticeByType },
);
export const ExpiryPatch = Type.Partial(closed({ at: At, type: RemovalType, notice: nullable(Notice) }), {
  $id: 'ExpiryPatch',
  additionalProperties: false,
  minProperties: 1,
  ...noticeByType,
});

export const Removal = closed({ type: RemovalType, notice: nullable(Type.String()) });
export type Removal = Static<typeof Removal>;
export const Schedule = closed(
  {
    articleId: Id,
    locale: Locale,
    title: Type.String(),
    action: oneOf(['publish', 'unpublish']),
    at: DateTime,
    draftVersion: nullable(Version, { description: 'The version of the text that goes out; it follows edits' }),
    updateType: nullable(oneOf(['major', 'minor'])),
    embargoed: Embargoed,
    removal: nullable(Removal, { description: 'How it is taken back' }),
    resumeStatus: nullable(oneOf([...DRAFT_STATUSES]), { description: 'Where the draft goes when this is cancelled' }),
    version: Version,
    createdAt: DateTime,
    failedAt: nullable(DateTime, { description: 'It was tried then, and refused: somebody has to look' }),
    failure: nullable(ref(ProblemSchema), { description: 'Why it was refused' }),
  },
  { $id: 'Schedule', description: 'What happens by itself to a story in one language' },
);
export type Schedule = Static<typeof Schedule>;

export const ScheduleAnswer = closed({ data: ref(Schedule), meta: ref(NoMeta), links: ref(Links) });
export const SchedulesAnswer = closed({ data: Type.Array(ref(Schedule)), meta: ref(NoMeta), links: ref(Links) });
export const ScheduleListAnswer = closed({ data: Type.Array(ref(Schedule)), meta: ref(NoMeta), links: ref(PageLinks) });
export const ScheduleListQuery = query({
  from: Type.Optional(dateTime('At or after this time')),
  to: Type.Optional(dateTime('Before this time')),
  locale: Type.Optional(onlyIn('Texts')),
  action: Type.Optional(oneOf(['publish', 'unpublish'], { description: 'Those that do this' })),
  failed: Type.Optional(Type.Boolean({ description: 'Only those that were refused, or only the others' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

const embargoedUntil = dateTime('Not to be published, quoted or sent on before this time');
export const EmbargoedArticle = closed(
  { ...Article.properties, embargoedUntil },
  { $id: 'EmbargoedArticle', description: 'A story as it will be public' },
);
export const EmbargoedCard = closed(
  { ...ArticleCard.properties, embargoedUntil },
  { $id: 'EmbargoedCard', description: 'A story as lists will show it' },
);
export const EmbargoedAnswer = closed({ data: ref(EmbargoedArticle), meta: ref(NoMeta), links: ref(Links) });
export const EmbargoedListAnswer = closed({
  data: Type.Array(ref(EmbargoedCard)),
  meta: ref(NoMeta),
  links: ref(PageLinks),
});
export const EmbargoedListQuery = query({
  locale: Type.Optional(onlyIn('Stories')),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
