// Examples of comments for the OpenAPI document.
import type { Static } from 'typebox';
import type { Comment, CommentAnswer, CommentInput, CommentListAnswer } from './schemas.ts';

const comment: Comment = {
  id: '01980a2e-000c-7000-8000-00000000000c',
  articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
  locale: 'en',
  parent: null,
  pointer: '/title',
  text: 'Has anybody heard the railway itself?',
  author: { type: 'person', id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
  isResolved: false,
  resolvedAt: null,
  resolvedBy: null,
  version: 1,
  createdAt: '2026-05-26T10:20:00.000Z',
  updatedAt: '2026-05-26T10:20:00.000Z',
};
const answer: Comment = {
  ...comment,
  id: '01980a2e-000d-7000-8000-00000000000d',
  parent: comment.id,
  text: 'Yes, this morning.',
};
const self = `http://localhost:3000/v1/desk/comments/${comment.id}`;
export const one: Static<typeof CommentAnswer> = { data: comment, meta: {}, links: { self } };
export const list: Static<typeof CommentListAnswer> = {
  data: [comment, answer],
  meta: {},
  links: { self: `http://localhost:3000/v1/desk/articles/${comment.articleId}/comments`, next: null, prev: null },
};
export const input: CommentInput = { text: comment.text, locale: 'en', pointer: '/title' };
export const patch = { text: 'Has anybody heard the railway itself, or its spokesman?' };
