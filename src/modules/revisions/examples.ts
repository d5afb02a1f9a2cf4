// Examples of revisions for the OpenAPI document.
import type { Static } from 'typebox';
import { article, draft } from '../desk/examples.ts';
import type {
  ArticleRevisionAnswer,
  DraftRevisionAnswer,
  RestoreInput,
  Revision,
  RevisionDiffAnswer,
  RevisionListAnswer,
} from './schemas.ts';

const { articleId, title, standfirst, slug, body, corrections } = draft.data;
const self = `http://localhost:3000/v1/desk/articles/${articleId}`;
const head: Revision = {
  version: 2,
  createdAt: '2026-05-26T11:46:00.000Z',
  createdBy: { type: 'person', id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
  note: 'Hour of departure as the railway gives it.',
  restoredFrom: null,
  isPublished: true,
};

export const list = (of: string): Static<typeof RevisionListAnswer> => ({
  data: [head],
  meta: { currentVersion: 2 },
  links: { self: `${self}${of}/revisions`, next: null, prev: null },
});
export const draftRevision: Static<typeof DraftRevisionAnswer> = {
  data: { articleId, locale: 'en', ...head, content: { title, standfirst, slug, body, corrections, extra: {} } },
  meta: {},
  links: { self: `${self}/locales/en/revisions/2` },
};
const { kind, externalId, region, regions, tags, byline, image, rights, related, follows, originalLocale } = article;
export const articleRevision: Static<typeof ArticleRevisionAnswer> = {
  data: {
    articleId,
    ...head,
    content: {
      kind,
      externalId,
      region,
      regions,
      tags,
      byline,
      image,
      rights,
      related,
      follows,
      originalLocale,
      extra: {},
    },
  },
  meta: {},
  links: { self: `${self}/revisions/2` },
};
export const draftDiff: Static<typeof RevisionDiffAnswer> = {
  data: {
    from: 1,
    to: 2,
    changes: [
      {
        field: 'title',
        type: 'text',
        parts: [
          { type: 'same', text: 'Mountain line opens' },
          { type: 'added', text: ' at last' },
        ],
        isSameText: false,
        isCoarse: false,
      },
    ],
  },
  meta: {},
  links: { self: `${self}/locales/en/revisions/2/diff?from=1` },
};
export const articleDiff: Static<typeof RevisionDiffAnswer> = {
  data: {
    from: 1,
    to: 2,
    changes: [
      { field: 'region', type: 'value', before: null, after: 'highlands' },
      { field: 'tags', type: 'list', added: ['railways'], removed: [], isReordered: false },
    ],
  },
  meta: {},
  links: { self: `${self}/revisions/2/diff?from=1` },
};
export const restoreInput: Static<typeof RestoreInput> = { note: 'Back to what the railway confirmed.' };
