// What fills a slot of a front behind what is pinned, on the wire. It finds no story.
import { type Static, Type } from 'typebox';
import { documented, none, part, where } from '../../conditions.ts';
import { closed, KeyOrId, oneOf, ref } from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';
import { SPANS } from '../trending/spans.ts';

const SOURCES = ['none', 'filter', 'mostRead', 'latestPerRegion'] as const;
const names = (description: string) =>
  Type.Array(KeyOrId, { minItems: 1, maxItems: 20, uniqueItems: true, description });
/** What goes with each type (checking.ts). */
export const MEMBERS = {
  none: [],
  filter: ['region', 'tag', 'tagAll', 'contributor', 'kind'],
  mostRead: ['window', 'region', 'tag'],
  latestPerRegion: ['region', 'each'],
} as const;
/** As in /v1/trending: each pair of region and tag is a list of its own. */
export const MOST_READ_NAMES = 5;
function membersByType() {
  const all = [...new Set<string>(Object.values(MEMBERS).flat())];
  const foreign = (type: keyof typeof MEMBERS) =>
    none(...all.filter((name) => !MEMBERS[type].some((member) => member === name)));
  const few = { maxItems: MOST_READ_NAMES };
  const mostRead = part({ ...foreign('mostRead'), region: few, tag: few });
  const perRegion = part(foreign('latestPerRegion'), ['region']);
  return where(
    'type',
    'filter',
    part(foreign('filter')),
    where('type', 'mostRead', mostRead, where('type', 'latestPerRegion', perRegion, part(foreign('none')))),
  );
}
/** One object and no union, so that a wrong member is told by its own pointer (checking.ts). */
export const Source = closed(
  {
    type: oneOf([...SOURCES], {
      description:
        'What fills the slot behind what is pinned: nothing; the newest of a filter; what is read most; the newest of each region',
    }),
    region: Type.Optional(names('Any of these regions; of `latestPerRegion`, each of them in this order')),
    tag: Type.Optional(names('With `filter` and `mostRead`: any of these tags')),
    tagAll: Type.Optional(names('With `filter`: all of these tags')),
    contributor: Type.Optional(names('With `filter`: by any of these contributors')),
    kind: Type.Optional(
      Type.Array(ref(KindSchema), {
        minItems: 1,
        uniqueItems: true,
        description: 'With `filter`: of any of these kinds; without it, all but pages',
      }),
    ),
    window: Type.Optional(
      oneOf([...SPANS], { description: 'With `mostRead`: read most in this time; 24h without it' }),
    ),
    each: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 20,
        description: 'With `latestPerRegion`: stories of each region; 3 without it',
      }),
    ),
  },
  { description: 'Terms are kept by their keys', ...documented(membersByType()) },
);
export type Source = Static<typeof Source>;
