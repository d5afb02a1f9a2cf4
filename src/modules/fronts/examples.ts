// Examples of the OpenAPI document for fronts: the home page of an invented newsroom.
import type { Static } from 'typebox';
import { list } from '../articles/examples.ts';
import type {
  DeskFront,
  FrontAnswer,
  FrontChange,
  FrontChangeInput,
  FrontInput,
  FrontListAnswer,
  FrontPatch,
  Slot,
} from './schemas.ts';

const [card] = list.data;
const meta = { requestedLocale: 'en', locale: 'en' };
export const front: Static<typeof FrontAnswer> = {
  data: {
    slug: 'home',
    title: 'Home',
    description: 'The day at a glance',
    slots: [{ key: 'lead', title: null, items: card ? [card] : [] }],
  },
  meta,
  links: { self: 'http://localhost:3000/v1/fronts/home?locale=en' },
};
export const fronts: Static<typeof FrontListAnswer> = {
  data: [{ slug: 'home', title: 'Home', description: 'The day at a glance', slots: ['lead'] }],
  meta,
  links: { self: 'http://localhost:3000/v1/fronts' },
};

const lead: Slot = {
  key: 'lead',
  title: {},
  size: 3,
  pinned: [
    {
      articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
      from: null,
      until: '2026-05-27T04:00:00.000Z',
      position: null,
    },
  ],
  source: { type: 'filter', kind: ['news'] },
};
const election: Slot = {
  key: 'lead',
  title: { en: 'Election night' },
  size: 6,
  pinned: [],
  source: { type: 'filter', kind: ['live', 'news'] },
};
const at = '2026-06-07T18:00:00.000Z';
const change: FrontChange = {
  id: '01980a2e-0009-7000-8000-000000000009',
  at,
  slot: election,
  createdAt: '2026-05-26T10:00:00.000Z',
  createdBy: { type: 'key', id: '01931f5e-8c00-7a10-8000-000000000004', name: 'Night desk' },
};
export const deskFront: DeskFront = {
  id: '01980a2e-0008-7000-8000-000000000008',
  slug: 'home',
  title: { en: 'Home' },
  description: { en: 'The day at a glance' },
  public: true,
  position: 0,
  slots: [lead],
  changes: [change],
  version: 2,
  createdAt: '2026-05-26T09:00:00.000Z',
  updatedAt: '2026-05-26T10:00:00.000Z',
};
export const frontInput: FrontInput = {
  slug: 'front-page',
  title: { en: 'Home' },
  description: { en: 'The day at a glance' },
  slots: [{ key: 'lead', size: 3, source: { type: 'filter', kind: ['news'] } }],
};
export const frontPatch: FrontPatch = { title: { en: 'Today' }, position: 1 };
export const changeInput: FrontChangeInput = {
  at: '2029-06-07T18:00:00Z',
  slot: { key: 'lead', title: { en: 'Election night' }, size: 6, source: { type: 'filter', kind: ['live', 'news'] } },
};
