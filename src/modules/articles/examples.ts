// Examples of the OpenAPI document for public stories: one invented story in two languages.
import type { Static } from 'typebox';
import { image } from '../media/examples.ts';
import type {
  ArticleAnswer,
  ArticleCard,
  ArticleListAnswer,
  ContributorRef,
  TagRef,
  TranslationsAnswer,
} from './schemas.ts';

const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const region = { id: '01980a2e-0001-7000-8000-000000000001', key: 'highlands', name: 'Highlands', slug: 'highlands' };
const tag: Static<typeof TagRef> = {
  id: '01980a2e-0002-7000-8000-000000000002',
  key: 'railways',
  type: 'topic',
  name: 'Railways',
  slug: 'railways',
};
const desk: Static<typeof ContributorRef> = {
  id: '01980a2e-0003-7000-8000-000000000003',
  key: 'desk',
  type: 'organisation',
  name: 'Four Winds Courier',
  slug: 'four-winds-courier',
};
const russian = {
  locale: 'ru',
  slug: 'горная-линия-открыта',
  title: 'Горная линия открыта',
  url: 'https://www.example.org/ru/%D0%B3%D0%BE%D1%80%D0%BD%D0%B0%D1%8F-%D0%BB%D0%B8%D0%BD%D0%B8%D1%8F-%D0%BE%D1%82%D0%BA%D1%80%D1%8B%D1%82%D0%B0',
};
const english = {
  locale: 'en',
  slug: 'mountain-line-opens',
  title: 'Mountain line opens',
  url: 'https://www.example.org/en/mountain-line-opens',
};

export const card: ArticleCard = {
  id,
  uri: `tag:www.example.org,2026-05-26:article/${id}`,
  kind: 'news',
  direction: 'ltr',
  ...english,
  standfirst: 'The first train left at dawn.',
  firstPublishedAt: '2026-05-26T11:46:00.000Z',
  publishedAt: '2026-05-26T11:46:00.000Z',
  updatedAt: '2026-05-27T08:00:00.000Z',
  region,
  regions: [region],
  tags: [tag],
  byline: [desk],
  image,
  wordCount: 6,
  readingMinutes: 1,
  extra: { season: 'spring' },
  translations: [russian],
};
const meta = { requestedLocale: 'en', locale: 'en' };
const self = `http://localhost:3000/v1/articles/${id}`;

export const article: Static<typeof ArticleAnswer> = {
  data: {
    ...card,
    body: {
      html: '<p>The first train left at dawn.</p>',
      text: 'The first train left at dawn.',
      portableText: [
        {
          _type: 'block',
          _key: 'k0',
          style: 'normal',
          markDefs: [],
          children: [{ _type: 'span', _key: 'k1', text: 'The first train left at dawn.', marks: [] }],
        },
      ],
    },
    toc: [{ level: 2, text: 'The way up', anchor: 's-the-way-up' }],
    links: [{ url: 'https://rail.example/timetable', text: 'timetable', rel: ['noopener'] }],
    originalLocale: 'en',
    share: {
      title: english.title,
      text: 'The first train left at dawn.',
      image,
      url: english.url,
      shortUrl: 'https://ferry.example/en/AZgKLl08fFGaQw9vbS96EA',
      links: [
        {
          network: 'telegram',
          url: 'https://t.me/share/url?url=https%3A%2F%2Fwww.example.org%2Fen%2Fmountain-line-opens&text=Mountain%20line%20opens',
        },
      ],
    },
    corrections: [{ at: '2026-05-27T08:00:00.000Z', text: 'An earlier version gave the wrong hour of departure.' }],
    rights: {
      usageTerms: 'Use is free with a link to the source.',
      attributionRequired: true,
      attributionUrl: 'https://www.example.org',
      attributionHtml: `<a href="${english.url}" hreflang="en" lang="en" dir="ltr">${english.title}</a> · <a href="https://www.example.org"><bdi>Four Winds Courier</bdi></a>`,
      holder: 'Four Winds Courier',
      licenceUrl: null,
      syndicatable: true,
      partnerEmbargoMinutes: 0,
      syndicatableFrom: card.firstPublishedAt,
    },
  },
  meta: { ...meta, isFallback: false, views: { [id]: 260 } },
  links: { self },
};

export const list: Static<typeof ArticleListAnswer> = {
  data: [card],
  meta: { ...meta, count: { value: 41, relation: 'exact' } },
  links: {
    self: 'http://localhost:3000/v1/articles?region=highlands',
    next: 'http://localhost:3000/v1/articles?region=highlands&cursor=AQAB',
    prev: null,
  },
};

export const translations: Static<typeof TranslationsAnswer> = {
  data: [english, russian],
  meta: {},
  links: {
    self: `${self}/translations`,
    alternate: [
      { hreflang: 'en', href: english.url },
      { hreflang: 'ru', href: russian.url },
      { hreflang: 'x-default', href: english.url },
    ],
  },
};
