// Examples of imports for the OpenAPI document.
import type { Static } from 'typebox';
import type { ImportAnswer, ImportJob } from './job-schemas.ts';

const job: ImportJob = {
  id: '01931f5e-8c00-7a10-8000-000000000010',
  status: 'done',
  format: 'wxr',
  options: { locale: 'en', region: 'caspian' },
  bytes: 4_218_330,
  position: 4_218_330,
  lines: 912,
  created: 640,
  updated: 0,
  unchanged: 12,
  refused: 1,
  problems: [{ line: 377, reason: '/title must NOT have fewer than 1 characters' }],
  report: {
    kinds: { news: 633, page: 19 },
    locales: { en: 652 },
    pictures: { 'media.example.org': 1204 },
    leftOut: { attachment: 259 },
    notes: { 'a comment of a reader was left out': 88 },
  },
  failure: null,
  createdAt: '2026-09-14T17:40:00.000Z',
  finishedAt: '2026-09-14T17:41:12.000Z',
};
const links = { self: `https://api.example.org/v1/desk/imports/${job.id}` };

export const done: Static<typeof ImportAnswer> = { data: job, meta: {}, links };
export const queued: Static<typeof ImportAnswer> = {
  data: {
    ...job,
    status: 'queued',
    position: 0,
    lines: 0,
    created: 0,
    unchanged: 0,
    refused: 0,
    problems: [],
    report: { kinds: {}, locales: {}, pictures: {}, leftOut: {}, notes: {} },
    finishedAt: null,
  },
  meta: {},
  links,
};
