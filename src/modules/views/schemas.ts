// Views on the wire: what a reader's beacon may say, the numbers that come back, and what an administrator sets.
import { type Static, Type } from 'typebox';
import { documented } from '../../conditions.ts';
import {
  closed,
  DAY,
  DateTime,
  dateTime,
  Id,
  Links,
  Locale,
  list,
  NoMeta,
  oneOf,
  query,
  ReadLocale,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { INTERVALS, MOST_POINTS } from './series.ts';
import { SOURCE_PATTERN, SOURCES } from './sources.ts';

export const ViewParams = closed({ id: Id });
export const ViewQuery = query({
  locale: Type.Optional(ReadLocale),
  source: Type.Optional(oneOf([...SOURCES], { default: 'web', description: 'Where it was read' })),
});
export const ArticleViewsQuery = query({
  interval: Type.Optional(
    oneOf([...INTERVALS], { description: `Adds a series of hours or days (UTC), of up to ${MOST_POINTS}` }),
  ),
  from: Type.Optional(
    dateTime(
      'With `interval`: the hour or day in which this lies is the first; 24 hours or 30 days before the end without it',
    ),
  ),
  to: Type.Optional(
    dateTime(
      'With `interval`: the series ends before this time, with the whole hour or day that it cuts; with the present one without it',
    ),
  ),
});
export const ViewsQuery = query({ ids: list(Id, { maxItems: 100, description: 'Stories whose views are wanted' }) });

const byLocale = Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'Views by language' });
const Series = closed(
  {
    interval: oneOf([...INTERVALS]),
    from: DateTime,
    to: dateTime('Where the last of them ends'),
    points: Type.Array(
      closed({
        at: dateTime('Where the hour or day begins'),
        views: Type.Integer({ minimum: 0 }),
        locales: byLocale,
      }),
    ),
  },
  { description: 'Every hour or day from the first to the last, those without a view as well' },
);
const total = Type.Integer({ minimum: 0, description: 'All views since it was first published, in all languages' });
export const ViewsAnswer = closed({
  data: closed({
    id: Id,
    total,
    locales: byLocale,
    sources: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
      description: 'Views by source; `import` are those of another system, `republished` those in pages of others',
    }),
    series: Type.Optional(Series),
  }),
  meta: closed({ asOf: DateTime }),
  links: ref(Links),
});
export const ViewTotalsAnswer = closed({
  data: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description: 'Total views by article id; stories that are not public are absent',
  }),
  meta: closed({ asOf: DateTime }),
  links: ref(Links),
});

const views = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
/** With the offsets that clocks have: of half past somewhere, or a quarter to, it is o'clock in UTC. */
const HOUR = `^${DAY}[Tt]([01]\\d|2[0-3]):(00:00(\\.0{1,9})?([Zz]|[+-](0\\d|1[0-5]):00)|30:00(\\.0{1,9})?[+-](0\\d|1[0-5]):30|45:00(\\.0{1,9})?\\+(0\\d|1[0-5]):45)$`;
const Bucket = closed({
  hour: Type.String({
    ...DateTime,
    description: 'Beginning of an hour (UTC) that is over',
    ...documented({ pattern: HOUR }),
  }),
  locale: Type.String({ ...Locale, description: 'BCP 47 tag of a language in which the story has a text' }),
  source: Type.String({
    pattern: SOURCE_PATTERN,
    maxLength: 40,
    description:
      '`import` is another system; `republished`, with the code of a partner behind a colon, pages elsewhere',
  }),
  views,
});
const reason = Text(500, 'Why; stands in the audit log');

export const DeskViewsQuery = query({
  from: Type.Optional(dateTime('24 hours before `to` without it')),
  to: Type.Optional(dateTime('The end of the present hour without it')),
});
export type DeskViewsQuery = Static<typeof DeskViewsQuery>;
export const DeskViews = closed(
  { id: Id, version: Version, total, buckets: Type.Array(Bucket) },
  { $id: 'DeskViews', description: 'What was counted of a story, hour by hour' },
);
export type DeskViews = Static<typeof DeskViews>;
export const DeskViewsAnswer = closed({
  data: ref(DeskViews),
  meta: ref(NoMeta),
  links: ref(Links),
});
export const Correction = closed(
  {
    reason,
    buckets: Type.Array(Bucket, {
      minItems: 1,
      maxItems: 500,
      description: 'What was counted in these hours, instead of what stands there; all others stay',
    }),
  },
  { $id: 'ViewCorrection' },
);
export type Correction = Static<typeof Correction>;

export const CounterImport = closed(
  {
    reason,
    counters: Type.Array(
      closed({
        article: Text(200, 'Id of the story, or its id in the system that it came from'),
        locale: Locale,
        views,
        at: Type.Optional(
          Type.String({
            ...DateTime,
            description: 'An hour of the past to put them into; the one in which it first went out, without it',
          }),
        ),
      }),
      { minItems: 1, maxItems: 1_000 },
    ),
  },
  { $id: 'CounterImport', description: 'Replaces what was imported before of the stories and languages it names' },
);
export type CounterImport = Static<typeof CounterImport>;
export const CounterImportAnswer = closed({
  data: closed({ changed: Type.Integer(), unchanged: Type.Integer() }),
  meta: ref(NoMeta),
  links: ref(Links),
});
