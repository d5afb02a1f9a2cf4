// Builds the oEmbed card of a story: a quotation of its headline and standfirst with the hyperlink that its licence asks for. Nothing in it runs, and nothing is loaded by it.
import { XML_DECLARATION, xmlText } from '../../xml.ts';
import { hrefOf } from '../articles/alternates.ts';
import { isolated } from '../articles/marking.ts';
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';
import type { Image } from '../media/schemas.ts';
import type { SiteFace } from '../site/face.ts';
import type { Card } from './schemas.ts';

/** Pixels that a headline and two sentences take, as far as that can be said of text. */
const SIZE = { width: 600, height: 200 } as const;
/** Seconds that others may show it for before they ask again. */
const CACHE_AGE = 300;

export interface Limits {
  maxwidth?: number;
  maxheight?: number;
}

export function cardOf(story: Article, site: SiteFace, limits: Limits): Card {
  const { maxwidth, maxheight } = limits;
  const names = story.byline.map(({ name }) => name).join(', ');
  return {
    version: '1.0',
    type: 'rich',
    title: story.title,
    ...(names && { author_name: names }),
    provider_name: site.name,
    provider_url: hrefOf(site.baseUrl),
    cache_age: CACHE_AGE,
    ...(story.image && thumbnailOf(story.image, limits)),
    html: quotation(story, site),
    width: Math.min(maxwidth ?? SIZE.width, SIZE.width),
    height: Math.min(maxheight ?? SIZE.height, SIZE.height),
  };
}

/**
 * oEmbed section 2.3.4: all three or none, and no larger than what was asked for. There is one size of a picture, and what
 * is said of it has to be what is sent.
 */
function thumbnailOf({ url, width, height }: Image, { maxwidth, maxheight }: Limits): Partial<Card> {
  if (width === null || height === null) return {};
  if (width > (maxwidth ?? width) || height > (maxheight ?? height)) return {};
  return { thumbnail_url: hrefOf(url), thumbnail_width: width, thumbnail_height: height };
}

function quotation({ url, title, standfirst, locale, direction, byline, rights }: Article, site: SiteFace): string {
  const link = (href: string, text: string, rel = '') =>
    `<a href="${escaped(hrefOf(href))}"${rel}>${escaped(text)}</a>`;
  const credit = [
    ...byline.map(({ name }) => isolated(name)),
    link(rights.attributionUrl ?? site.baseUrl, site.name),
  ].join(' · ');
  const terms = rights.usageTerms ?? rights.licenceUrl;
  const licence = terms && (rights.licenceUrl ? link(rights.licenceUrl, terms, ' rel="license"') : escaped(terms));
  return [
    `<blockquote cite="${escaped(hrefOf(url))}" lang="${escaped(locale)}" dir="${direction}">`,
    `<p>${link(url, title)}</p>`,
    standfirst ? `<p>${escaped(standfirst)}</p>` : '',
    `<footer>${credit}${licence ? `<br><small>${licence}</small>` : ''}</footer></blockquote>`,
  ].join('');
}

export const cardXml = (card: Card): string =>
  `${XML_DECLARATION}\n<oembed>${Object.entries(card)
    .map(([name, value]) => `<${name}>${xmlText(String(value))}</${name}>`)
    .join('')}</oembed>\n`;
