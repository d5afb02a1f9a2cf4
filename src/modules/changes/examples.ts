// Examples of the OpenAPI document for the change feed: the invented story of articles/examples.ts.
import type { Static } from 'typebox';
import { card } from '../articles/examples.ts';
import type { Change, ChangesAnswer } from './schemas.ts';

const { id, uri } = card;
const change: Change = {
  id: '812-41',
  type: 'upsert',
  reason: 'updated',
  at: '2026-05-26T12:10:00.000Z',
  articleId: id,
  uri,
  locale: 'en',
  version: 4,
  groups: [`article/${id}`, 'articles/en', 'articles/en/kind/news'],
  links: { self: `http://localhost:3000/v1/articles/${id}?locale=en`, target: null },
};
export const page: Static<typeof ChangesAnswer> = {
  data: [change],
  meta: { next: 'AQAB', more: false },
  links: { self: 'http://localhost:3000/v1/changes', next: 'http://localhost:3000/v1/changes?since=AQAB' },
};
export const stream = `retry: 2000\nid: AQAA\nevent: ready\ndata: {"next":"AQAA"}\n\nid: AQAB\nevent: change\ndata: ${JSON.stringify(change)}\n\n`;
