// Redirects of paths as editors see them, and what a path leads to for a front end.
import { type Static, Type } from 'typebox';
import { documented, exactlyOne, notBoth, where, without } from '../../conditions.ts';
import {
  Cursor,
  closed,
  DateTime,
  Id,
  Key,
  Limit,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  Slug,
  Version,
} from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';

const STATUSES = [301, 302, 307, 308, 410] as const;
export type RedirectStatus = (typeof STATUSES)[number];

const statusOf = <const T extends readonly number[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'integer', enum: [...values], description });

/** Most of what normalizePath (paths.ts) refuses: odd segments, what is coded wrongly or had better not be, controls. */
const ODD_PATH =
  '^/(([^?#]*/)?(/|\\.{1,2}(/|$))|[^?#]*(%([01]|2[Ff]|5[Cc]|[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)|[?#\\\\\\x00-\\x1f\\x7f-\\x9f]))';
const path = Type.String({ pattern: '^/[^?#]*$', maxLength: 3000, description: 'Path on the front end' });
const pathInput = Type.String({
  ...path,
  description:
    'Path on the front end, percent-encoded or not, without a query; kept decoded, in NFC, without a slash at its end',
  ...documented({ not: { pattern: ODD_PATH } }),
});
const target = Type.String({
  pattern: '^(/|https?://)',
  maxLength: 2000,
  description: 'A path on the front end, or an absolute http or https URL elsewhere, without credentials',
  ...documented({ pattern: '^(/|https?://+[^/?#@\\s\\\\]+([/?#][^\\s\\\\]*)?$)', not: { pattern: ODD_PATH } }),
});
const story = closed(
  { articleId: Id, locale: Locale },
  { description: 'A story in one language, at whatever address it has then' },
);
const status = statusOf(STATUSES, '410 leads nowhere: what was there is gone');

export const Redirect = closed(
  {
    id: Id,
    path,
    target: nullable(Type.String(), {
      description: 'Path or URL; where it was redirected itself, the end of that way',
    }),
    story: nullable(story),
    status,
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'Redirect', description: 'A path of the front end that leads elsewhere, or nowhere' },
);
export type Redirect = Static<typeof Redirect>;
export const RedirectInput = closed(
  {
    path: pathInput,
    target: Type.Optional(target),
    story: Type.Optional(story),
    status: Type.Optional(Type.Unsafe<RedirectStatus>({ ...status, default: 301 })),
  },
  {
    $id: 'RedirectInput',
    description: 'With exactly one of target and story; with neither where the status is 410',
    ...documented(where('status', 410, without('target', 'story'), exactlyOne('target', 'story'))),
  },
);
export type RedirectInput = Static<typeof RedirectInput>;
export const RedirectPatch = Type.Partial(closed({ path: pathInput, target, story, status }), {
  $id: 'RedirectPatch',
  additionalProperties: false,
  minProperties: 1,
  description: 'A target replaces a story and the other way round; the status 410 takes both away',
  ...documented(where('status', 410, without('target', 'story'), notBoth('target', 'story'))),
});
export type RedirectPatch = Static<typeof RedirectPatch>;
export const RedirectBatch = closed(
  { redirects: Type.Array(ref(RedirectInput), { minItems: 1, maxItems: 1000 }) },
  { $id: 'RedirectBatch' },
);

export const RedirectAnswer = closed({ data: ref(Redirect), meta: ref(NoMeta), links: ref(Links) });
export const RedirectListAnswer = closed({ data: Type.Array(ref(Redirect)), meta: ref(NoMeta), links: ref(PageLinks) });
export const RedirectBatchAnswer = closed({ data: Type.Array(ref(Redirect)), meta: ref(NoMeta), links: ref(Links) });
export const RedirectListQuery = query({
  path: Type.Optional(Type.String({ pattern: '^/', maxLength: 500, description: 'Paths that begin like this' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const RedirectParams = closed({ id: Id });

export const Resolution = closed(
  {
    status: statusOf([200, ...STATUSES, 404], 'What the front end is to answer'),
    location: nullable(Type.String(), {
      description: 'Where a redirect leads: a path of the front end, or a URL; percent-encoded',
    }),
    article: nullable(closed({ id: Id, locale: Locale, slug: Slug, kind: ref(KindSchema) }), {
      description: 'The public story that stands there, or that it leads to',
    }),
    term: nullable(closed({ noun: oneOf(['region', 'tag', 'contributor']), key: Key, locale: Locale, slug: Slug }), {
      description:
        'Where no story has the slug: the region, or else tag, or else contributor that has it, or had it before',
    }),
    notice: nullable(Type.String(), { description: 'Of a story that was withdrawn' }),
  },
  { $id: 'Resolution', description: 'What a path of the front end leads to' },
);
export type Resolution = Static<typeof Resolution>;
export const ResolutionAnswer = closed({ data: ref(Resolution), meta: ref(NoMeta), links: ref(Links) });
export const ResolveQuery = query({
  path: Type.String({
    pattern: '^/[^?#]*$',
    maxLength: 3000,
    description: 'Path that a reader asked the front end for, without a query',
  }),
});
