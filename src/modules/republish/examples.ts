// Examples of republished stories for the OpenAPI document.
import type { Static } from 'typebox';
import type { RepublishAnswer } from './schemas.ts';

const url = 'https://www.example.org/en/mountain-line-opens';
const creditHtml = `<a href="${url}" hreflang="en" lang="en" dir="ltr">Mountain line opens</a> · <bdi>Four Winds Courier</bdi>`;
const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const self = `http://localhost:3000/v1/articles/${id}/republish`;
const pixelUrl = `http://localhost:3000/v1/articles/${id}/pixel.gif?locale=en`;

export const html = `<article lang="en" dir="ltr">
<h1>Mountain line opens</h1>
<p>The first train left at dawn.</p>
<footer>
<p>${creditHtml}</p>
<img src="${pixelUrl}" width="1" height="1" alt="" loading="eager" referrerpolicy="no-referrer-when-downgrade">
</footer>
</article>`;
export const markdown = `# Mountain line opens\n\nThe first train left at dawn.\n\n---\n\n[Mountain line opens](${url}) · Four Winds Courier\n\n![](${pixelUrl})\n`;

export const republished: Static<typeof RepublishAnswer> = {
  data: {
    id,
    uri: `tag:www.example.org,2026-05-26:article/${id}`,
    locale: 'en',
    direction: 'ltr',
    title: 'Mountain line opens',
    standfirst: null,
    byline: [],
    publishedAt: '2026-05-26T11:46:00.000Z',
    updatedAt: '2026-05-26T11:46:00.000Z',
    canonicalUrl: url,
    html,
    markdown,
    bodyHtml: '<p>The first train left at dawn.</p>',
    creditHtml,
    pixelUrl,
    rights: {
      usageTerms: null,
      attributionRequired: true,
      attributionUrl: null,
      attributionHtml: creditHtml,
      holder: 'Four Winds Courier',
      licenceUrl: null,
      syndicatable: true,
      partnerEmbargoMinutes: 0,
      syndicatableFrom: '2026-05-26T11:46:00.000Z',
    },
  },
  meta: { requestedLocale: 'en', locale: 'en' },
  links: { self },
};
