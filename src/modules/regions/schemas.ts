// Regions on the wire: a tree with countries, for readers and for the desk.
import { type Static, Type } from 'typebox';
import { Country, closed, Key, KeyOrId, list, nullable } from '../../schemas.ts';
import { answers, deskFields, inputFields, listQuery, patchFields, termFields } from '../taxonomy/schemas.ts';

const countries = Type.Array(Country, { maxItems: 300, uniqueItems: true, description: 'Countries that it covers' });
const parentKey = nullable(Key, { description: 'The region that contains it, or null' });
const own = { parent: parentKey, countries };
const ownInput = {
  parent: nullable(KeyOrId, { description: 'Key or id of the region that contains it, or null' }),
  countries,
};

export const Region = closed(
  {
    ...termFields(own),
    children: Type.Optional(
      Type.Array(Type.Unsafe<object>(Type.Ref('Region')), { description: 'What it contains; with `tree=true`' }),
    ),
  },
  { $id: 'Region', description: 'Where stories are about: a place, or a part of the world' },
);
export const DeskRegion = closed(deskFields(own), { $id: 'DeskRegion', description: 'A region as the desk sees it' });
export const RegionInput = closed(
  inputFields({ parent: Type.Optional(ownInput.parent), countries: Type.Optional(countries) }),
  { $id: 'RegionInput' },
);
export const RegionPatch = Type.Partial(closed(patchFields(ownInput)), {
  $id: 'RegionPatch',
  additionalProperties: false,
  minProperties: 1,
});

export const RegionListQuery = listQuery(
  {
    country: Type.Optional(list(Country, { description: 'Covering any of these countries' })),
    parent: Type.Optional(Type.Unsafe<string>({ ...KeyOrId, description: 'Directly within this region (key or id)' })),
    tree: Type.Optional(
      Type.Boolean({
        description:
          'Nested: all regions, each with its `children`; not together with limit, cursor, country and parent',
      }),
    ),
  },
  100,
);
export const regionAnswers = answers(Region, DeskRegion);

export const regionExamples = {
  term: {
    id: '01931f5e-8c00-7a10-8000-000000000001',
    key: 'caspian',
    parent: 'region',
    countries: ['AZ', 'IR', 'KZ', 'RU', 'TM'],
    locale: 'en',
    name: 'Caspian',
    slug: 'caspian',
    tagline: 'Five shores of one sea',
    translations: [
      { locale: 'en', name: 'Caspian', slug: 'caspian' },
      { locale: 'ru', name: 'Каспий', slug: 'каспий' },
    ],
  } satisfies Static<typeof Region>,
  desk: {
    id: '01931f5e-8c00-7a10-8000-000000000001',
    key: 'caspian',
    parent: 'region',
    countries: ['AZ', 'IR', 'KZ', 'RU', 'TM'],
    position: 10,
    texts: {
      en: { name: 'Caspian', slug: 'caspian', tagline: 'Five shores of one sea' },
      ru: { name: 'Каспий', slug: 'каспий', tagline: null },
    },
    version: 3,
    createdAt: '2026-03-02T08:15:00.000Z',
    updatedAt: '2026-09-14T17:40:21.500Z',
  } satisfies Static<typeof DeskRegion>,
  input: {
    key: 'caspian',
    parent: 'region',
    countries: ['AZ', 'IR', 'KZ', 'RU', 'TM'],
    position: 10,
    texts: { en: { name: 'Caspian', tagline: 'Five shores of one sea' }, ru: { name: 'Каспий' } },
  } satisfies Static<typeof RegionInput>,
  patch: { texts: { en: { tagline: 'Five shores of one sea' }, hy: null } } satisfies Static<typeof RegionPatch>,
};
