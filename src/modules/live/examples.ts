// Examples of the OpenAPI document for live stories; the ferry does not exist.
import type { Static } from 'typebox';
import { article } from '../articles/examples.ts';
import type { Entry, EntryListAnswer } from './schemas.ts';

const { id } = article.data;
export const entry: Entry = {
  id: '01980a2e-0009-7000-8000-000000000009',
  at: '2026-05-26T11:46:00.000Z',
  title: 'The first train leaves',
  body: {
    html: '<p>On time.</p>',
    text: 'On time.',
    portableText: [
      {
        _type: 'block',
        _key: 'k0',
        style: 'normal',
        markDefs: [],
        children: [{ _type: 'span', _key: 'k1', text: 'On time.', marks: [] }],
      },
    ],
  },
  author: 'Night desk',
  isPinned: false,
  isKey: true,
  firstPublishedAt: '2026-05-26T11:47:00.000Z',
  updatedAt: '2026-05-26T11:47:00.000Z',
};
export const list: Static<typeof EntryListAnswer> = {
  data: [entry],
  pinned: [],
  meta: { requestedLocale: 'en', locale: 'en', position: 'AQAB' },
  links: { self: `http://localhost:3000/v1/articles/${id}/entries`, next: null, prev: null },
};
export const stream = `retry: 2000\nid: AQAB\nevent: ready\ndata: {"position":"AQAB"}\n\nid: AQAC\nevent: gone\ndata: {"id":"${entry.id}","isGone":true}\n\n`;
