// Examples of the OpenAPI document for translation work.
import type { Static } from 'typebox';
import type { TaskListAnswer, TranslationListAnswer, TranslationState, TranslationStatesAnswer } from './schemas.ts';

const articleId = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const desk = 'http://localhost:3000/v1/desk';
const original: TranslationState = {
  locale: 'en',
  state: 'original',
  title: 'Mountain line opens',
  status: 'published',
  isLive: true,
  version: 4,
  sourceVersion: null,
  versionsBehind: 0,
  outdatedSince: null,
  assignee: null,
};
const russian: TranslationState = {
  ...original,
  locale: 'ru',
  state: 'outdated',
  title: 'Горная линия открыта',
  version: 2,
  sourceVersion: 3,
  versionsBehind: 1,
  outdatedSince: '2026-05-27T08:00:00.000Z',
};

export const states: Static<typeof TranslationStatesAnswer> = {
  data: [original, russian],
  meta: {},
  links: { self: `${desk}/articles/${articleId}/translations` },
};
export const work: Static<typeof TranslationListAnswer> = {
  data: [
    {
      articleId,
      kind: 'news',
      original: {
        locale: 'en',
        title: 'Mountain line opens',
        status: 'published',
        isLive: true,
        version: 4,
        createdAt: '2026-05-26T10:00:00.000Z',
        updatedAt: '2026-05-27T08:00:00.000Z',
      },
      translation: russian,
    },
  ],
  meta: {},
  links: { self: `${desk}/translations?locale=ru`, next: null, prev: null },
};
export const tasks: Static<typeof TaskListAnswer> = {
  data: [
    {
      type: 'update',
      articleId,
      locale: 'ru',
      kind: 'news',
      originalLocale: 'en',
      title: 'Горная линия открыта',
      waitingSince: '2026-05-27T08:00:00.000Z',
      assignee: { id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
    },
  ],
  meta: {},
  links: { self: `${desk}/tasks?type=update`, next: null, prev: null },
};
