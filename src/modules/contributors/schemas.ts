// Contributors on the wire: who stands in bylines, for readers and for the desk. Public, so no e-mail address belongs here.
import { type Static, Type } from 'typebox';
import { closed, list, oneOf, WebUrl } from '../../schemas.ts';
import { answers, deskFields, inputFields, listQuery, patchFields, termFields } from '../taxonomy/schemas.ts';
import { CONTRIBUTOR_TYPES } from './tables.ts';

const type = oneOf([...CONTRIBUTOR_TYPES]);
const links = Type.Array(WebUrl, { maxItems: 20, description: 'Pages of theirs elsewhere' });
const own = { type, links };

export const Contributor = closed(termFields(own), {
  $id: 'Contributor',
  description: 'A person or organisation that stories are by',
});
export const DeskContributor = closed(deskFields(own), {
  $id: 'DeskContributor',
  description: 'A contributor as the desk sees it',
});
export const ContributorInput = closed(inputFields({ type, links: Type.Optional(links) }), { $id: 'ContributorInput' });
export const ContributorPatch = Type.Partial(closed(patchFields(own)), {
  $id: 'ContributorPatch',
  additionalProperties: false,
  minProperties: 1,
});
export const ContributorListQuery = listQuery(
  { type: Type.Optional(list(type, { description: 'Of any of these types' })) },
  20,
);
export const contributorAnswers = answers(Contributor, DeskContributor);

export const contributorExamples = {
  term: {
    id: '01931f5e-8c00-7a10-8000-000000000003',
    key: 'harbour-desk',
    type: 'organisation',
    links: ['https://www.example.org/about/harbour-desk'],
    locale: 'en',
    name: 'The harbour desk',
    slug: 'the-harbour-desk',
    tagline: 'Reports from the quays',
    translations: [{ locale: 'en', name: 'The harbour desk', slug: 'the-harbour-desk' }],
  } satisfies Static<typeof Contributor>,
  desk: {
    id: '01931f5e-8c00-7a10-8000-000000000003',
    key: 'harbour-desk',
    type: 'organisation',
    links: ['https://www.example.org/about/harbour-desk'],
    position: 0,
    texts: { en: { name: 'The harbour desk', slug: 'the-harbour-desk', tagline: 'Reports from the quays' } },
    version: 2,
    createdAt: '2026-03-02T08:15:00.000Z',
    updatedAt: '2026-05-20T11:02:09.120Z',
  } satisfies Static<typeof DeskContributor>,
  input: {
    key: 'harbour-desk',
    type: 'organisation',
    links: ['https://www.example.org/about/harbour-desk'],
    texts: { en: { name: 'The harbour desk', tagline: 'Reports from the quays' } },
  } satisfies Static<typeof ContributorInput>,
  patch: { links: [], texts: { ru: { name: 'Портовая редакция' } } } satisfies Static<typeof ContributorPatch>,
};
