// Writes sitemaps (sitemaps.org 0.9, with hreflang, pictures and news as Google describes them) from what was found. It asks for nothing.
import { XML_DECLARATION, xmlAttribute, xmlText } from '../../xml.ts';
import { alternatesOf, hrefOf } from '../articles/alternates.ts';
import { type File, MOST_URLS, type Month, type News, type Url } from './queries.ts';

export const PROTOCOL = 'http://www.sitemaps.org/schemas/sitemap/0.9';
const XHTML = 'http://www.w3.org/1999/xhtml';
const IMAGE = 'http://www.google.com/schemas/sitemap-image/1.1';
const NEWS = 'http://www.google.com/schemas/sitemap-news/0.9';
/** What an index may name; the newest come first. */
const MOST_FILES = 50_000;

const address = (url: string): string => xmlText(hrefOf(url));
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;
const document = (root: string, namespaces: string, lines: readonly string[]): string =>
  `${XML_DECLARATION}\n<${root} xmlns="${PROTOCOL}"${namespaces}>\n${lines.map((line) => `${line}\n`).join('')}</${root}>\n`;

export function indexXml(months: readonly Month[], base: string): string {
  const files = months.flatMap(({ locale, month, count, updatedAt }) =>
    Array.from({ length: Math.ceil(count / MOST_URLS) }, (_, n) => {
      const loc = element('loc', xmlText(`${base}/${locale}/${month}-${n + 1}.xml`));
      return element('sitemap', loc + element('lastmod', updatedAt));
    }),
  );
  const news = element('sitemap', element('loc', xmlText(`${base}/news.xml`)));
  return document('sitemapindex', '', [news, ...files.slice(0, MOST_FILES - 1)]);
}

export const fileXml = (file: File): string =>
  document(
    'urlset',
    ` xmlns:xhtml="${XHTML}" xmlns:image="${IMAGE}"`,
    file.urls.map((url) => urlElement(url, file)),
  );

function urlElement({ locale, url, updatedAt, image, translations }: Url, languages: File): string {
  // The same set in each language, each among them: else search engines heed none of it.
  const links = translations.length === 0 ? [] : alternatesOf([{ locale, url }, ...translations], languages);
  return element(
    'url',
    element('loc', address(url)) +
      element('lastmod', updatedAt) +
      links
        .map(
          ({ hreflang, href }) => `<xhtml:link rel="alternate" hreflang="${hreflang}" href="${xmlAttribute(href)}"/>`,
        )
        .join('') +
      pictured(image),
  );
}

const pictured = (image: string | null): string =>
  image === null ? '' : element('image:image', element('image:loc', address(image)));

export function newsXml({ items, names }: News): string {
  const lines = items.map(({ locale, url, image, title, publishedAt }) => {
    const name = element('news:name', xmlText(names[locale] ?? ''));
    const publication = element('news:publication', name + element('news:language', newsLanguage(locale)));
    const date = element('news:publication_date', publishedAt);
    const news = element('news:news', publication + date + element('news:title', xmlText(title)));
    return element('url', element('loc', address(url)) + news + pictured(image));
  });
  return document('urlset', ` xmlns:news="${NEWS}" xmlns:image="${IMAGE}"`, lines);
}

/** ISO 639, with two or three letters; Chinese is told by its script, as zh-cn and zh-tw. */
function newsLanguage(tag: string): string {
  const { language, script } = new Intl.Locale(tag).maximize();
  if (language !== 'zh') return language;
  return script === 'Hant' ? 'zh-tw' : 'zh-cn';
}
