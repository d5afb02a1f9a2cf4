// Tags on the wire: typed, for readers and for the desk.
import { type Static, Type } from 'typebox';
import { closed, list, oneOf } from '../../schemas.ts';
import { answers, deskFields, inputFields, listQuery, patchFields, termFields } from '../taxonomy/schemas.ts';
import { TAG_TYPES } from './tables.ts';

const own = { type: oneOf([...TAG_TYPES], { description: 'What kind of thing it names' }) };

export const Tag = closed(termFields(own), { $id: 'Tag', description: 'What stories are about' });
export const DeskTag = closed(deskFields(own), { $id: 'DeskTag', description: 'A tag as the desk sees it' });
export const TagInput = closed(inputFields(own), { $id: 'TagInput' });
export const TagPatch = Type.Partial(closed(patchFields(own)), {
  $id: 'TagPatch',
  additionalProperties: false,
  minProperties: 1,
});
export const TagListQuery = listQuery(
  { type: Type.Optional(list(own.type, { description: 'Of any of these types' })) },
  20,
);
export const tagAnswers = answers(Tag, DeskTag);

export const tagExamples = {
  term: {
    id: '01931f5e-8c00-7a10-8000-000000000002',
    key: 'transport',
    type: 'topic',
    locale: 'en',
    name: 'Transport',
    slug: 'transport',
    tagline: null,
    translations: [
      { locale: 'en', name: 'Transport', slug: 'transport' },
      { locale: 'ru', name: 'Транспорт', slug: 'транспорт' },
    ],
  } satisfies Static<typeof Tag>,
  desk: {
    id: '01931f5e-8c00-7a10-8000-000000000002',
    key: 'transport',
    type: 'topic',
    position: 0,
    texts: {
      en: { name: 'Transport', slug: 'transport', tagline: null },
      ru: { name: 'Транспорт', slug: 'транспорт', tagline: null },
    },
    version: 1,
    createdAt: '2026-03-02T08:15:00.000Z',
    updatedAt: '2026-03-02T08:15:00.000Z',
  } satisfies Static<typeof DeskTag>,
  input: {
    key: 'transport',
    type: 'topic',
    texts: { en: { name: 'Transport' }, ru: { name: 'Транспорт' } },
  } satisfies Static<typeof TagInput>,
  patch: { texts: { en: { name: 'Transport and roads' } } } satisfies Static<typeof TagPatch>,
};
