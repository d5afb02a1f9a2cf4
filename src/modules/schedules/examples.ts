// Examples of the OpenAPI document for schedules.
import type { Static } from 'typebox';
import { article, card } from '../articles/examples.ts';
import type { Article } from '../articles/schemas.ts';
import type {
  EmbargoedAnswer,
  EmbargoedListAnswer,
  ExpiryInput,
  ExpiryPatch,
  JointScheduleInput,
  Schedule,
  ScheduleAnswer,
  ScheduleInput,
  ScheduleListAnswer,
  SchedulePatch,
  SchedulesAnswer,
} from './schemas.ts';

const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const self = `http://localhost:3000/v1/desk/articles/${id}`;
const [at, later] = ['2029-03-01T05:00:00.000Z', '2029-03-08T05:00:00.000Z'];

export const scheduleInput: ScheduleInput = { at, embargoed: true };
export const schedulePatch: Static<typeof SchedulePatch> = { at: later };
export const jointScheduleInput: Static<typeof JointScheduleInput> = {
  locales: { en: { version: 2, at }, ru: { version: 1, at, embargoed: true } },
};
export const expiryInput: Static<typeof ExpiryInput> = {
  at: later,
  type: 'withdrawn',
  notice: 'The offer that this story tells of has ended.',
};
export const expiryPatch: Static<typeof ExpiryPatch> = { at: later, notice: null };

const publication: Schedule = {
  articleId: id,
  locale: 'en',
  title: 'Mountain line opens',
  action: 'publish',
  at,
  draftVersion: 2,
  updateType: 'major',
  embargoed: true,
  removal: null,
  resumeStatus: 'approved',
  version: 1,
  createdAt: '2026-05-26T10:00:00.000Z',
  failedAt: null,
  failure: null,
};
const expiry: Schedule = {
  ...publication,
  action: 'unpublish',
  at: later,
  draftVersion: null,
  updateType: null,
  embargoed: false,
  removal: { type: 'withdrawn', notice: expiryInput.notice ?? null },
  resumeStatus: null,
};
const answerOf = (data: Schedule, path: string) => ({ data, meta: {}, links: { self: `${self}/locales/en/${path}` } });
export const schedule: Static<typeof ScheduleAnswer> = answerOf(publication, 'schedule');
export const expiryAnswer: Static<typeof ScheduleAnswer> = answerOf(expiry, 'expiry');
export const schedules: Static<typeof SchedulesAnswer> = {
  data: [publication, { ...publication, locale: 'ru', title: 'Горная линия открыта', draftVersion: 1 }],
  meta: {},
  links: { self: `${self}/schedule` },
};
export const scheduleList: Static<typeof ScheduleListAnswer> = {
  data: [publication, expiry],
  meta: {},
  links: { self: 'http://localhost:3000/v1/desk/schedules', next: null, prev: null },
};

export const embargoed: Static<typeof EmbargoedAnswer> = {
  data: { ...(article.data as Article), embargoedUntil: at },
  meta: {},
  links: { self: `http://localhost:3000/v1/embargoed/${id}` },
};
export const embargoedList: Static<typeof EmbargoedListAnswer> = {
  data: [{ ...card, embargoedUntil: at }],
  meta: {},
  links: { self: 'http://localhost:3000/v1/embargoed', next: null, prev: null },
};
