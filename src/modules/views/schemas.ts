// Views on the wire: what a reader's beacon may say, and the numbers that come back.
import { Type } from '@sinclair/typebox';
import { closed, DateTime, Id, Locale, list, oneOf, query } from '../../schemas.ts';

export const SOURCES = ['web', 'amp', 'ios', 'android', 'feed', 'partner'] as const;

export const ViewParams = closed({ id: Id });
export const ViewQuery = query({
  locale: Type.Optional(Locale),
  source: Type.Optional(oneOf([...SOURCES], { default: 'web', description: 'Where it was read' })),
});
export const ViewsQuery = query({ ids: list(Id, { maxItems: 100, description: 'Stories whose views are wanted' }) });

const total = Type.Integer({ minimum: 0, description: 'All views since it was first published, in all languages' });
export const ViewsAnswer = closed({
  data: closed({
    id: Id,
    total,
    locales: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'Views by language' }),
    sources: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'Views by source' }),
  }),
  meta: closed({ asOf: DateTime }),
  links: closed({ self: Type.String() }),
});
export const ViewTotalsAnswer = closed({
  data: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description: 'Total views by article id; stories that are not public are absent',
  }),
  meta: closed({ asOf: DateTime }),
  links: closed({ self: Type.String() }),
});
