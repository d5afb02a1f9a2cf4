// A story in ninjs 3.1 of the IPTC, with its other languages and pictures as associations. It says nothing that the story does not say.
import { hrefOf } from '../articles/alternates.ts';
import type { Article } from '../articles/schemas.ts';
import { absoluteIn } from '../body/absolute.ts';
import { toHtml } from '../body/rendering.ts';
import type { Block } from '../body/schemas.ts';
import type { Image } from '../media/schemas.ts';
import { hasText } from '../republish/withholding.ts';
import type { SiteFace } from '../site/face.ts';
import type { Ninjs, NinjsTerm } from './ninjs-schemas.ts';

const STANDARD = {
  name: 'ninjs',
  version: '3.1',
  schema: 'http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json',
} as const;
const plain = 'text/plain' as const;
/** Terms have no address that lasts; their ids do. */
const uriOf = (id: string): string => `urn:uuid:${id}`;

type Tag = Article['tags'][number];

export function ninjsOf(story: Article, site: Pick<SiteFace, 'name' | 'baseUrl'>): Ninjs {
  const { rights, byline, tags, standfirst, corrections, title, wordCount } = story;
  const body = absoluteIn(story.body.portableText ?? [], site.baseUrl);
  const html = toHtml(body);
  const text = story.body.text ?? '';
  const about = (...types: Tag['type'][]): NinjsTerm[] =>
    tags.filter(({ type }) => types.includes(type)).map((tag) => termOf(tag, 'about'));
  const authors = byline.map((contributor) => ({ ...termOf(contributor, 'author'), type: contributor.type }));
  const authorsWho = (isPerson: boolean): NinjsTerm[] =>
    authors.filter(({ type }) => (type === 'person') === isPerson).map(({ type: _, ...term }) => term);
  return {
    uri: story.uri,
    standard: STANDARD,
    type: 'text',
    representationType: hasText(story) ? 'full' : 'partial',
    pubStatus: 'usable',
    language: story.locale,
    firstCreated: story.firstPublishedAt,
    contentCreated: story.publishedAt,
    versionCreated: story.updatedAt,
    title,
    slugline: story.slug,
    by: byline.map(({ name }) => name).join(', ') || site.name,
    headlines: [{ role: 'main', contentType: plain, value: title }],
    ...(standfirst && { descriptions: [{ role: 'summary', contentType: plain, value: standfirst }] }),
    bodies: hasText(story)
      ? [
          { role: 'main', contentType: 'text/html', wordCount, charCount: [...html].length, value: html },
          { role: 'main', contentType: plain, wordCount, charCount: [...text].length, value: text },
        ]
      : [],
    subjects: tags
      .filter(({ type }) => type === 'topic' || type === 'series')
      .map((tag) => ({ ...termOf(tag, tag.type === 'series' ? 'partOf' : 'about'), creator: site.baseUrl })),
    genres: [
      { name: story.kind, literal: story.kind },
      ...tags
        .filter(({ type }) => type === 'tone')
        .map(({ id, key, name }) => ({ name, uri: uriOf(id), literal: key })),
    ],
    places: [...story.regions.map((region) => termOf(region, 'about')), ...about('place')],
    people: [...authorsWho(true), ...about('person')],
    organisations: [...authorsWho(false), ...about('organisation')],
    events: about('event'),
    infoSources: [{ name: site.name, role: 'publisher', uri: hrefOf(site.baseUrl) }],
    altIds: [
      { role: 'id', value: story.id },
      { role: 'canonical', value: hrefOf(story.url) },
    ],
    renditions: [{ name: 'web', href: hrefOf(story.url), contentType: 'text/html', title }],
    associations: [
      ...story.translations.map(translationOf),
      ...(story.image ? [mainPictureOf(story.image)] : []),
      ...body.flatMap(pictureOf),
    ],
    ...(corrections.length > 0 && { edNote: corrections.map(({ at, text: said }) => `${at}: ${said}`).join('\n') }),
    ...(rights.holder && { copyrightHolder: rights.holder, copyrightNotice: `© ${rights.holder}` }),
    ...(rights.usageTerms && { usageTerms: rights.usageTerms }),
    ...(rights.licenceUrl && { rightsInfo: { linkedRights: hrefOf(rights.licenceUrl) } }),
  };
}

const termOf = ({ id, key, name }: { id: string; key: string; name: string }, rel: NinjsTerm['rel']): NinjsTerm => ({
  name,
  rel,
  uri: uriOf(id),
  literal: key,
});

/** The permanent URI is that of all languages, so that each is told by its address. */
const translationOf = ({ locale, title, url }: Article['translations'][number]): Ninjs['associations'][number] => ({
  name: `translation-${locale}`,
  rel: 'translation',
  uri: hrefOf(url),
  type: 'text',
  representationType: 'partial',
  language: locale,
  title,
});

function pictureOf(block: Block): Ninjs['associations'] {
  const href = block._type === 'image' ? URL.parse(block.src)?.href : undefined;
  if (block._type !== 'image' || href === undefined) return [];
  return [
    {
      ...wordsOf(block),
      name: `picture-${block._key}`,
      rel: 'picture',
      uri: href,
      type: 'picture',
      representationType: 'partial',
      renditions: [{ name: 'original', href }],
    },
  ];
}

/**
 * That which stands for the story; its record lasts longer than its address. Who made it is said, and on which terms it may be used is
 * not: those of the story are of its text, and a picture may be somebody else's.
 */
function mainPictureOf({ id, url, ...picture }: Image): Ninjs['associations'][number] {
  const { mimeType, width, height, bytes, focalPoint } = picture;
  const isMeasured = width !== null && height !== null;
  return {
    ...wordsOf(picture),
    name: 'picture-main',
    rel: 'picture',
    uri: uriOf(id),
    type: 'picture',
    representationType: 'partial',
    renditions: [
      {
        name: 'original',
        href: hrefOf(url),
        ...(mimeType && { contentType: mimeType }),
        ...(isMeasured && { width, height }),
        ...(bytes && { sizeInBytes: bytes }),
        ...(isMeasured &&
          focalPoint && { poi: { x: Math.round(focalPoint.x * width), y: Math.round(focalPoint.y * height) } }),
      },
    ],
  };
}

interface Words {
  alt: string;
  caption?: string | null | undefined;
  credit?: string | null | undefined;
}
function wordsOf({ alt, caption, credit }: Words): Pick<Ninjs['associations'][number], 'descriptions' | 'by'> {
  const texts = [
    { role: 'alt', contentType: plain, value: alt },
    { role: 'caption', contentType: plain, value: caption ?? '' },
  ].filter(({ value }) => value !== '');
  return { ...(texts.length > 0 && { descriptions: texts }), ...(credit && { by: credit }) };
}
