// Examples of the OpenAPI document for views.
import type { Static } from 'typebox';
import type { Correction, CounterImport, DeskViewsAnswer, ViewsAnswer, ViewTotalsAnswer } from './schemas.ts';

const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const asOf = '2026-05-27T09:30:00.000Z';

export const views: Static<typeof ViewsAnswer> = {
  data: { id, total: 301, locales: { en: 260, ru: 41 }, sources: { web: 280, ios: 21 } },
  meta: { asOf },
  links: { self: `http://localhost:3000/v1/articles/${id}/views` },
};
export const totals: Static<typeof ViewTotalsAnswer> = {
  data: { [id]: 301 },
  meta: { asOf },
  links: { self: `http://localhost:3000/v1/views?ids=${id}` },
};

const bucket = { hour: '2026-05-26T12:00:00.000Z', locale: 'en', source: 'web' as const };
export const deskViews: Static<typeof DeskViewsAnswer> = {
  data: { id, version: 2, total: 301, buckets: [{ ...bucket, views: 260 }] },
  meta: {},
  links: { self: `http://localhost:3000/v1/desk/articles/${id}/views` },
};
export const correction: Correction = {
  reason: 'A monitor of our own had loaded the page each second',
  buckets: [{ ...bucket, views: 260 }],
};
export const counterImport: CounterImport = {
  reason: 'Counters of the old site',
  counters: [{ article: 'old:1789', locale: 'en', views: 1_204 }],
};
