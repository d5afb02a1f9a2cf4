// Examples of the OpenAPI document for entries on the desk.
import type { Static } from 'typebox';
import { entry } from '../live/examples.ts';
import type { DeskEntry, EntryInput, EntryPatch } from './schemas.ts';

const { updatedAt, firstPublishedAt: _first, ...shown } = entry;
export const deskEntry: DeskEntry = {
  ...shown,
  articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
  locale: 'en',
  status: 'draft',
  firstPublishedAt: null,
  version: 1,
  createdAt: updatedAt,
  updatedAt,
};
export const entryInput: Static<typeof EntryInput> = {
  title: 'The first train leaves',
  body: { markdown: 'On time.' },
  author: 'Night desk',
  isKey: true,
};
export const entryPatch: Static<typeof EntryPatch> = { isPinned: true };
