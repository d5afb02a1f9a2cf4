// Examples of the OpenAPI document for redirects and for what a path leads to.
import type { Static } from 'typebox';
import type { Redirect, RedirectBatch, RedirectInput, RedirectPatch, Resolution } from './schemas.ts';

export const redirect: Redirect = {
  id: '01980a2e-0009-7000-8000-000000000009',
  path: '/about.html',
  target: '/en/about',
  story: null,
  status: 301,
  version: 1,
  createdAt: '2026-05-26T10:00:00.000Z',
  updatedAt: '2026-05-26T10:00:00.000Z',
};
export const redirectInput: RedirectInput = { path: '/about.html', target: '/en/about' };
export const redirectPatch: RedirectPatch = { target: 'https://www.example.com/about', status: 302 };
export const redirectBatch: Static<typeof RedirectBatch> = {
  redirects: [redirectInput, { path: '/old-shop', status: 410 }],
};
export const resolution: Resolution = {
  status: 301,
  location: '/en/mountain-line-opens',
  article: { id: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', locale: 'en', slug: 'mountain-line-opens', kind: 'news' },
  term: null,
  notice: null,
};
