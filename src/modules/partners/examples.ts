// Examples of partners for the OpenAPI document.
import type { Static } from 'typebox';
import type { Partner, PartnerInput, PartnerPatch, UsageAnswer, UsedStoriesAnswer } from './schemas.ts';

export const partner: Partner = {
  id: '01931f5e-8c00-7a10-8000-000000000021',
  key: 'valley-radio',
  code: 'k3v9x0q2ma',
  name: 'Valley Radio',
  regions: ['highlands'],
  tags: null,
  kinds: ['news', 'analysis'],
  locales: ['en'],
  fullText: true,
  embargoed: false,
  perMinute: 60,
  perDay: 10_000,
  disabled: false,
  version: 1,
  createdAt: '2026-09-01T07:30:00.000Z',
  updatedAt: '2026-09-01T07:30:00.000Z',
};
export const partnerInput: PartnerInput = {
  key: 'valley-radio',
  name: 'Valley Radio',
  kinds: ['news', 'analysis'],
  locales: ['en'],
};
export const partnerPatch: PartnerPatch = { perDay: 20_000, embargoed: true };

const self = `http://localhost:3000/v1/desk/partners/${partner.id}/usage`;
export const usage: Static<typeof UsageAnswer> = {
  data: {
    from: '2026-09-14',
    to: '2026-09-15',
    taken: 3,
    formats: { html: 2, article: 1 },
    reads: 41,
    points: [
      { day: '2026-09-14', taken: 3, reads: 12 },
      { day: '2026-09-15', taken: 0, reads: 29 },
    ],
  },
  meta: {},
  links: { self },
};
export const usedStories: Static<typeof UsedStoriesAnswer> = {
  data: [
    {
      articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
      locale: 'en',
      title: 'Mountain line opens',
      taken: 3,
      formats: { html: 2, article: 1 },
      reads: 41,
      firstTakenAt: '2026-09-14T08:00:00.000Z',
      lastTakenAt: '2026-09-14T08:10:00.000Z',
    },
  ],
  meta: { from: '2026-09-14', to: '2026-09-15' },
  links: { self: `${self}/stories`, next: null, prev: null },
};
