// Examples of the OpenAPI document for views.
import type { Static } from '@sinclair/typebox';
import type { ViewsAnswer, ViewTotalsAnswer } from './schemas.ts';

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
