// Examples of the OpenAPI document for the desk.
import type { Static } from 'typebox';
import { image } from '../media/examples.ts';
import type {
  ArticleInput,
  ArticlePatch,
  DeskArticle,
  DeskArticleAnswer,
  DeskListAnswer,
  DraftAnswer,
  DraftPatch,
  DraftState,
  NewTranslation,
} from './schemas.ts';
import type {
  JointPublishInput,
  MoveInput,
  PublishInput,
  TransitionsAnswer,
  WithdrawInput,
} from './transition-schemas.ts';

const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const self = `http://localhost:3000/v1/desk/articles/${id}`;
const times = { createdAt: '2026-05-26T10:00:00.000Z', updatedAt: '2026-05-26T11:46:00.000Z' };
const state: Static<typeof DraftState> = {
  locale: 'en',
  title: 'Mountain line opens',
  slug: 'mountain-line-opens',
  status: 'published',
  version: 2,
  publishedVersion: 2,
  changedSincePublished: false,
  storyChangedSincePublished: false,
  firstPublishedAt: '2026-05-26T11:46:00.000Z',
  publishedAt: '2026-05-26T11:46:00.000Z',
  updatedAt: times.updatedAt,
  assignee: null,
  sourceVersion: null,
  lock: null,
};
export const article: DeskArticle = {
  id,
  kind: 'news',
  externalId: null,
  region: 'highlands',
  regions: ['highlands'],
  tags: ['railways'],
  byline: ['desk'],
  image: image.id,
  rights: null,
  related: [],
  follows: null,
  extra: { season: 'spring' },
  originalLocale: 'en',
  createdBy: null,
  locales: [state],
  version: 1,
  ...times,
};

export const articleInput: ArticleInput = {
  kind: 'news',
  region: 'highlands',
  tags: ['railways'],
  byline: ['desk'],
  locales: {
    en: {
      title: 'Mountain line opens',
      standfirst: 'The first train left at dawn.',
      body: { markdown: 'The first train left at **dawn**.' },
    },
    ru: { title: 'Горная линия открыта', body: { text: 'Первый поезд отправился на рассвете.' } },
  },
};
export const articlePatch: ArticlePatch = { tags: ['railways', 'tourism'] };
export const newTranslation: Static<typeof NewTranslation> = {
  locale: 'ru',
  title: 'Горная линия открыта',
  body: { html: '<p>Первый поезд отправился на рассвете.</p>' },
};
export const draftPatch: DraftPatch = {
  title: 'Mountain line opens at last',
  corrections: [{ at: '2026-05-27T08:00:00Z', text: 'An earlier version gave the wrong hour of departure.' }],
  note: 'Hour of departure as the railway gives it.',
};
export const publishInput: Static<typeof PublishInput> = { updateType: 'minor' };
export const jointPublishInput: Static<typeof JointPublishInput> = {
  locales: { en: { version: 2 }, ru: { version: 1, updateType: 'minor' } },
};
export const moveInput: Static<typeof MoveInput> = { note: 'The second source has not been heard yet.' };
export const transitions: Static<typeof TransitionsAnswer> = {
  data: {
    articleId: id,
    locale: 'en',
    status: 'in_review',
    version: 2,
    publishedVersion: null,
    actions: [
      { action: 'edit', allowed: true, to: 'in_review', reasons: [] },
      {
        action: 'approve',
        allowed: false,
        to: 'approved',
        reasons: [{ code: 'scope', scope: 'articles:review', message: 'This needs the scope articles:review.' }],
      },
    ],
  },
  meta: {},
  links: { self: `${self}/locales/en/transitions` },
};
export const withdrawInput: Static<typeof WithdrawInput> = {
  notice: 'We withdrew this story because its source could not be confirmed.',
};

export const deskArticle: Static<typeof DeskArticleAnswer> = { data: article, meta: {}, links: { self } };
export const deskList: Static<typeof DeskListAnswer> = {
  data: [article],
  meta: {},
  links: { self: 'http://localhost:3000/v1/desk/articles', next: null, prev: null },
};
const { lock: _lock, storyChangedSincePublished: _changed, ...text } = state;
export const draft: Static<typeof DraftAnswer> = {
  data: {
    articleId: id,
    ...text,
    standfirst: 'The first train left at dawn.',
    corrections: [],
    extra: { dateline: 'Kazbegi' },
    createdAt: times.createdAt,
    body: {
      portableText: [
        {
          _type: 'block',
          _key: 'k0',
          style: 'normal',
          markDefs: [],
          children: [{ _type: 'span', _key: 'k1', text: 'The first train left at dawn.', marks: [] }],
        },
      ],
      html: '<p>The first train left at dawn.</p>',
      text: 'The first train left at dawn.',
    },
  },
  meta: {},
  links: { self: `${self}/locales/en` },
};
