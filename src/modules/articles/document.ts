// Builds the two public texts of a story, card and document, from its snapshot and the names in force. It reads no database.
import { hash } from 'node:crypto';
import { headingsOf } from '../body/anchors.ts';
import { outboundLinks } from '../body/outbound.ts';
import { toHtml, toText } from '../body/rendering.ts';
import { countBodyWords, readingMinutes } from '../body/words.ts';
import { deliveredExtra, type ExtraSurroundings } from '../fields/delivering.ts';
import type { Image, MediaText } from '../media/schemas.ts';
import type { LocalisedText, Rights, SocialLink } from '../site/schemas.ts';
import { type Network, shareLinks } from '../site/sharing.ts';
import { hrefOf, type Languages, versionHeader } from './alternates.ts';
import { rightsOf } from './rights.ts';
import type { Article, ArticleCard } from './schemas.ts';
import { shortUrlOf } from './short-codes.ts';
import type { Snapshot } from './snapshot.ts';

export interface TermNames {
  id: string;
  key: string;
  /** Of a tag or contributor. */
  type?: string;
  texts: Record<string, { name: string; slug: string }>;
}
/** What is recorded of a picture, in every language. */
export interface Picture extends Omit<Image, keyof MediaText> {
  texts: Record<string, MediaText>;
}
/** What stands around a story: changes of these are what texts are rebuilt for. */
export interface Surroundings extends ExtraSurroundings {
  site: {
    name: LocalisedText;
    baseUrl: string;
    articleUrl: string;
    shortUrl: string | null;
    defaultLocale: string;
    rights: Rights;
    shareNetworks: Network[] | null;
    socialLinks: SocialLink[];
  };
  locales: ReadonlyMap<string, { direction: 'ltr' | 'rtl'; fallback: readonly string[]; position: number }>;
  regions: ReadonlyMap<string, TermNames>;
  tags: ReadonlyMap<string, TermNames>;
  contributors: ReadonlyMap<string, TermNames>;
  media: ReadonlyMap<string, Picture>;
}
export interface PublishedState {
  articleId: string;
  locale: string;
  slug: string;
  firstPublishedAt: Date;
  publishedAt: Date;
  updatedAt: Date;
  snapshot: Snapshot;
}
export interface Texts {
  card: string;
  document: string;
  etag: string;
  licenceUrl: string | null;
  /** Of the header Link: the page of each language. */
  link: string;
}

export function buildTexts(story: PublishedState, siblings: readonly PublishedState[], around: Surroundings): Texts {
  const card = buildCard(story, siblings, around);
  const { body, corrections, rights, originalLocale } = story.snapshot;
  const locales = [story, ...siblings].map(({ locale }) => locale);
  const document: Article = {
    ...card,
    body: { html: toHtml(body), text: toText(body), portableText: body },
    toc: [...headingsOf(body).values()],
    links: outboundLinks(body, hostsOf(around.site)),
    // Of one that is not public, nobody is told that it is there.
    originalLocale: originalLocale && locales.includes(originalLocale) ? originalLocale : null,
    share: shareOf(story, card, around),
    corrections,
    rights: rightsOf({ ...card, firstPublishedAt: story.firstPublishedAt }, around.site, rights, (text) =>
      bestOf(text, story.locale, around),
    ),
  };
  const json = JSON.stringify(document);
  const etag = hash('sha1', json, 'base64url');
  const link = versionHeader(card, languagesOf(around)).join(', ');
  return { card: JSON.stringify(card), document: json, etag, licenceUrl: document.rights.licenceUrl, link };
}

function buildCard(story: PublishedState, siblings: readonly PublishedState[], around: Surroundings): ArticleCard {
  const { articleId, locale, slug, snapshot } = story;
  const name = (terms: ReadonlyMap<string, TermNames>, ids: readonly string[]) =>
    ids.flatMap((id) => nameIn(locale, terms.get(id), around));
  const regions = name(around.regions, snapshot.regionIds);
  const wordCount = countBodyWords(snapshot.body);
  return {
    id: articleId,
    uri: snapshot.uri,
    kind: snapshot.kind,
    locale,
    direction: around.locales.get(locale)?.direction ?? 'ltr',
    title: snapshot.title,
    standfirst: snapshot.standfirst,
    slug,
    url: urlOf(story, around.site.articleUrl),
    firstPublishedAt: story.firstPublishedAt.toISOString(),
    publishedAt: story.publishedAt.toISOString(),
    updatedAt: story.updatedAt.toISOString(),
    region: regions.find(({ id }) => id === snapshot.regionId) ?? null,
    regions,
    tags: name(around.tags, snapshot.tagIds) as ArticleCard['tags'],
    byline: name(around.contributors, snapshot.contributorIds) as ArticleCard['byline'],
    image: imageIn(locale, snapshot.imageId ? around.media.get(snapshot.imageId) : undefined, around),
    wordCount,
    readingMinutes: readingMinutes(wordCount, locale),
    extra: deliveredExtra(snapshot.extra, around),
    translations: siblings
      .filter((sibling) => sibling.locale !== locale)
      .map((sibling) => ({
        locale: sibling.locale,
        slug: sibling.slug,
        title: sibling.snapshot.title,
        url: urlOf(sibling, around.site.articleUrl),
      }))
      .sort((a, b) => byPlace(around)(a.locale, b.locale)),
  };
}

/** The order of the site's languages. */
const languagesOf = (around: Surroundings): Languages => ({
  defaultLocale: around.site.defaultLocale,
  locales: [...around.locales.keys()].sort(byPlace(around)),
});

const hostsOf = ({ baseUrl, articleUrl }: Surroundings['site']) =>
  new Set([baseUrl, articleUrl].flatMap((address) => URL.parse(address)?.host ?? []));

function shareOf(
  story: PublishedState,
  { title, standfirst, url, image }: ArticleCard,
  { site }: Surroundings,
): Article['share'] {
  return {
    title,
    text: standfirst,
    image,
    url,
    shortUrl: site.shortUrl && shortUrlOf(story, site.shortUrl),
    links: shareLinks({ title, url }, site),
  };
}

const position = (locale: string, around: Surroundings) => around.locales.get(locale)?.position ?? 0;
const byPlace = (around: Surroundings) => (a: string, b: string) =>
  position(a, around) - position(b, around) || (a < b ? -1 : 1);

/** A URI, as those who read it expect: RSS, JSON Feed and our own document know no other, whatever letters the template is written in. */
export function urlOf(story: { articleId: string; locale: string; slug: string }, template: string): string {
  const url = template
    .replaceAll('{locale}', story.locale)
    .replaceAll('{slug}', encodeURIComponent(story.slug))
    .replaceAll('{id}', story.articleId);
  return hrefOf(url);
}

/** The language itself, then its fallbacks, then the site's default, then whatever there is. */
function chain(locale: string, around: Surroundings): string[] {
  return [locale, ...(around.locales.get(locale)?.fallback ?? []), around.site.defaultLocale];
}

function bestOf<Text>(texts: Readonly<Record<string, Text>>, locale: string, around: Surroundings): Text | undefined {
  const best = chain(locale, around).find((candidate) => texts[candidate]);
  return best === undefined ? undefined : texts[best];
}

/** A text of another language is better than none. */
function textIn<Text>(locale: string, texts: Readonly<Record<string, Text>>, around: Surroundings): Text | undefined {
  const [first = ''] = Object.keys(texts).sort();
  return bestOf(texts, locale, around) ?? texts[first];
}

export function nameIn(locale: string, term: TermNames | undefined, around: Surroundings) {
  if (!term) return [];
  const text = textIn(locale, term.texts, around);
  return [
    {
      id: term.id,
      key: term.key,
      name: text?.name ?? term.key,
      slug: text?.slug ?? null,
      ...(term.type ? { type: term.type } : {}),
    },
  ];
}

function imageIn(locale: string, picture: Picture | undefined, around: Surroundings): Image | null {
  if (!picture) return null;
  const { texts, focalPoint, ...file } = picture;
  const { alt, caption, credit } = textIn(locale, texts, around) ?? NO_TEXT;
  return { ...file, alt, caption, credit, focalPoint };
}

const NO_TEXT: MediaText = { alt: '', caption: null, credit: null };
