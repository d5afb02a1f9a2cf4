// What search engines and networks are told of a story: addresses of all its languages, Open Graph, schema.org. It asks for nothing.
import type { Image } from '../media/schemas.ts';
import type { SiteFace } from '../site/face.ts';
import { alternatesOf, hrefOf } from './alternates.ts';
import type { Seo } from './page-schemas.ts';
import type { Article } from './schemas.ts';

/** @param views null leaves them out, since they move without the story */
export function seoOf(story: Article, site: SiteFace, views: number | null): Seo {
  return {
    canonical: hrefOf(story.url),
    alternates: alternatesOf(versionsOf(story), site).map(({ hreflang, href }) => ({ hreflang, url: href })),
    robots: 'index, follow, max-image-preview:large, max-snippet:-1, max-video-preview:-1',
    openGraph: openGraphOf(story, site),
    jsonLd: jsonLdOf(story, site, views),
  };
}

interface Version {
  locale: string;
  url: string;
  title: string;
}
const versionsOf = ({ locale, url, title, translations }: Article): Version[] => [
  { locale, url, title },
  ...translations,
];

/** language_TERRITORY (ogp.me): where none is named, that in which most speak it. */
function openGraphLocale(tag: string): string {
  const { language, region } = new Intl.Locale(tag).maximize();
  return region ? `${language}_${region}` : language;
}

/** The parts of a picture stand right behind its address (ogp.me, structured properties). */
const picturedBy = ({ url, mimeType, width, height, alt }: Image): [property: string, content: string | null][] => [
  ['og:image', url],
  ['og:image:type', mimeType],
  ['og:image:width', width === null ? null : String(width)],
  ['og:image:height', height === null ? null : String(height)],
  ['og:image:alt', alt],
];

function openGraphOf(story: Article, site: SiteFace): Seo['openGraph'] {
  const { title, standfirst, url, region, tags, translations, image } = story;
  const list: [property: string, content: string | null | undefined][] = [
    ['og:type', 'article'],
    ['og:title', title],
    ['og:description', standfirst],
    ['og:url', url],
    ['og:site_name', site.name],
    ['og:locale', openGraphLocale(story.locale)],
    ...translations.map(({ locale }): [string, string] => ['og:locale:alternate', openGraphLocale(locale)]),
    ['article:published_time', story.publishedAt],
    ['article:modified_time', story.updatedAt],
    ['article:section', region?.name],
    ...tags.map(({ name }): [string, string] => ['article:tag', name]),
    ...(image ? picturedBy(image) : []),
    ['twitter:card', image ? 'summary_large_image' : 'summary'],
  ];
  return list.flatMap(([property, content]) => (content ? [{ property, content }] : []));
}

const named = ({ locale, url, title }: Version) => ({
  '@type': 'NewsArticle',
  '@id': url,
  url,
  headline: title,
  inLanguage: locale,
});

/** JSON that can stand in a script element of a page as it is. */
export const jsonLdOf = (story: Article, site: SiteFace, views: number | null): string =>
  inScript(newsArticleOf(story, site, views));

/** schema.org/NewsArticle; JSON leaves out what is undefined. */
function newsArticleOf(story: Article, site: SiteFace, views: number | null): object {
  const { rights, standfirst, region, tags, byline, corrections, originalLocale, readingMinutes } = story;
  const publisher = {
    '@type': 'NewsMediaOrganization',
    name: site.name,
    url: site.baseUrl,
    ...(site.logoUrl && { logo: { '@type': 'ImageObject', url: site.logoUrl } }),
  };
  const original =
    originalLocale === story.locale ? undefined : story.translations.find(({ locale }) => locale === originalLocale);
  // Of a translation, the others are translations of the same original, and not of it.
  const translations = original || originalLocale === null ? [] : story.translations;
  return {
    '@context': 'https://schema.org',
    ...named(story),
    mainEntityOfPage: { '@type': 'WebPage', '@id': story.url },
    identifier: story.uri,
    description: standfirst ?? undefined,
    image: story.image ? imageObject(story.image) : undefined,
    datePublished: story.publishedAt,
    dateModified: story.updatedAt,
    author: byline.length > 0 ? byline.map(authorOf) : publisher,
    publisher,
    articleSection: region?.name,
    keywords: tags.length > 0 ? tags.map(({ name }) => name) : undefined,
    wordCount: story.wordCount,
    timeRequired: readingMinutes > 0 ? `PT${readingMinutes}M` : undefined,
    isAccessibleForFree: true,
    translationOfWork: original && named(original),
    workTranslation: translations.length > 0 ? translations.map(named) : undefined,
    license: rights.licenceUrl ?? undefined,
    usageInfo: rights.usageTerms
      ? { '@type': 'CreativeWork', text: rights.usageTerms, url: rights.licenceUrl ?? undefined }
      : undefined,
    copyrightHolder: rights.holder ? { '@type': 'Organization', name: rights.holder } : undefined,
    correction:
      corrections.length > 0
        ? corrections.map(({ at, text }) => ({ '@type': 'CorrectionComment', text, datePublished: at }))
        : undefined,
    interactionStatistic:
      views === null
        ? undefined
        : {
            '@type': 'InteractionCounter',
            interactionType: { '@type': 'ViewAction' },
            userInteractionCount: views,
          },
  };
}

const imageObject = ({ url, mimeType, width, height, alt, caption, credit }: Image) => ({
  '@type': 'ImageObject',
  url,
  contentUrl: url,
  encodingFormat: mimeType ?? undefined,
  width: width ?? undefined,
  height: height ?? undefined,
  caption: caption ?? (alt || undefined),
  creditText: credit ?? undefined,
});

const authorOf = ({ type, name }: Article['byline'][number]) => ({
  '@type': type === 'person' ? 'Person' : 'Organization',
  name,
});

const DANGEROUS = /[<>&\u2028\u2029]/g;
/** JSON that ends no element it stands in: no "</script>", no "<!--" (WHATWG HTML 4.12.1.3). */
const inScript = (value: object): string =>
  JSON.stringify(value).replace(
    DANGEROUS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
