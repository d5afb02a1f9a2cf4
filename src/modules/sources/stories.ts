// What the readers of other systems' files have in common: how their categories, authors, dates and texts become those of an import line.
import { hash } from 'node:crypto';
import { slugOf } from '../articles/slugs.ts';
import { note } from '../imports/report.ts';
import type { ImportLine } from '../imports/schemas.ts';
import type { Mapping } from './mapping.ts';
import { nameIn, unescaped } from './names.ts';
import { type FoundPicture, figureOf, pictureIn, withWhole } from './pictures.ts';
import { oneLine, shortened } from './plain.ts';
import { escaped } from './xml.ts';

export interface ReaderOptions {
  /** The newsroom's name of the language that a file says, or of the one to take where it says none. */
  localeOf(declared: string | undefined): Promise<string>;
  /** Key of the rubric of stories that the mapping gives none. */
  region?: string;
  mapping: Mapping;
  /** Address of the site that the file came from, without a slash at its end. */
  site?: string;
  /** Nothing of it goes out by itself. */
  asDrafts?: boolean;
}
/** What a file says of a category, tag or author. */
export interface Named {
  /** Short name in addresses, as it was written there. */
  slug: string;
  name: string;
}
type Notes = Record<string, number>;

const MAX_KEY = 80;
/** RFC 3339 has years of four digits. */
const LAST_DAY = Date.UTC(9999, 0);

/** In Latin letters, whatever the script; null where there is nothing to make one of. */
function keyOf({ slug, name }: Named, locale: string): string | null {
  const of = (text: string) =>
    slugOf(text, locale, 'latin')
      .replaceAll(/[^a-z0-9-]+/g, '')
      .replaceAll(/-{2,}/g, '-')
      .slice(0, MAX_KEY)
      .replaceAll(/^-|-$/g, '');
  return of(unescaped(slug)) || of(name) || null;
}

/** Categories are tags, unless the mapping says that they are regions, a kind, or nothing. */
export function placeIn(
  categories: Named[],
  locale: string,
  { mapping, region }: ReaderOptions,
  notes: Notes,
): Pick<ImportLine, 'kind' | 'region' | 'regions' | 'tags'> {
  const regions = new Set<string>();
  const tags = new Map<string, { key: string; name: string } | string>();
  let rubric: string | undefined;
  let kind: ImportLine['kind'];
  for (const category of categories) {
    const place = mapping.categories.get(nameIn(category.slug)) ?? mapping.categories.get(nameIn(category.name));
    if (place === null) continue;
    if (place) {
      kind ??= place.kind;
      rubric ??= place.region;
      for (const key of place.regions ?? []) regions.add(key);
      for (const key of place.tags ?? []) tags.set(key, key);
      continue;
    }
    const key = keyOf(category, locale);
    if (key) tags.set(key, { key, name: oneLine(category.name || unescaped(category.slug)).slice(0, 200) });
    else note(notes, 'a category without a letter or digit was left out');
  }
  rubric ??= region;
  return {
    ...(kind && { kind }),
    ...(rubric && { region: rubric }),
    ...(regions.size > 0 && { regions: [...regions] }),
    ...(tags.size > 0 && { tags: [...tags.values()].slice(0, 100) }),
  };
}

export function bylineOf(
  authors: Named[],
  locale: string,
  { mapping }: ReaderOptions,
): Exclude<ImportLine['byline'], undefined | string | { key: string }> {
  const known = new Map<string, { key: string; name: string; type: 'person' } | string>();
  for (const author of authors) {
    const mapped = mapping.authors.get(nameIn(author.slug)) ?? mapping.authors.get(nameIn(author.name));
    const key = mapped ?? keyOf({ slug: author.name, name: author.slug }, locale);
    if (key) known.set(key, mapped ?? { key, name: oneLine(author.name || author.slug).slice(0, 200), type: 'person' });
  }
  return [...known.values()].slice(0, 50);
}

/** A story without a title is told by its first words. */
export function titleOf(title: string, html: string, notes: Notes): string {
  const given = shortened(title, 500);
  if (given) return given;
  const words = shortened(html.slice(0, 2_000), 80);
  if (words) note(notes, 'a story without a title got its first words for one');
  return words;
}

const ZONE = /(?:Z|\b(?!AM|PM)[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?|\))$/i;
/** Without a zone it would be read in that of the machine, and two nodes would tell two times. */
const inZone = (text: string) => (ZONE.test(text) ? text : text + (/\dT\d/.test(text) ? 'Z' : ' UTC'));

/** As in GMT+2, of which Date passes over the 2. */
const SIGNED_ZONE = /(?<=\d )(?:GMT|UTC)([+-])(\d\d?)$/i;
const OFFSET = /[T:\d ][+-](\d\d):?\d\d$/;
const DAY = /^\d{4}-\d\d-(\d\d)|(?:^|\s)((\d\d?)\s+[a-z]{3,}\.?\s+\d{2,4})\b/i;
/** Of a year below 100, with a blank, Date makes one of our time. */
const FIRST_CENTURY = /^(00\d\d-\d\d-\d\d) /;

/** @returns undefined where it is no date: Date makes 3 March of 31 February, and takes +9999 for four days */
export function dateOf(given: string | number): string | undefined {
  const time = typeof given === 'number' ? given : timeOf(given.trim());
  return Math.abs(time) < LAST_DAY ? new Date(time).toISOString() : undefined;
}

function timeOf(given: string): number {
  const text = given
    .replace(SIGNED_ZONE, (_, sign: string, hours: string) => `${sign}${hours.padStart(2, '0')}00`)
    .replace(FIRST_CENTURY, '$1T');
  const [date = '', iso, named, day = iso] = DAY.exec(text) ?? [];
  const isThere = day === undefined || new Date(`${named ?? date} UTC`).getUTCDate() === Number(day);
  return isThere && Number(OFFSET.exec(text)?.[1] ?? 0) < 16 ? Date.parse(inZone(text)) : Number.NaN;
}

/** Where an address stood on its old host; query and fragment are no part of a path that can be redirected. */
export function oldPathOf(link: string, notes: Notes): string[] {
  const url = URL.parse(link);
  if (!url || !/^https?:$/.test(url.protocol)) return [];
  if (url.pathname !== '/') return [url.pathname];
  if (url.search) note(notes, 'an old address that is all query, such as /?p=1, cannot be kept as a redirect');
  return [];
}

/** Plain text as HTML: blank lines part its paragraphs. @param lineEnd what its other line ends become */
export const htmlText = (text: string, lineEnd = '\n') =>
  text.trim() === ''
    ? ''
    : text
        .split(/\r?\n[ \t]*\r?\n/)
        .map((part) => `<p>${escaped(part.trim()).replaceAll(/\r?\n/g, lineEnd)}</p>`)
        .join('\n');

/** A story as a feed or another system tells it: texts in HTML, dates in RFC 3339. */
export interface FoundStory {
  id: string;
  language: string | undefined;
  title: string;
  html: string;
  standfirst: string;
  slug?: string;
  kind?: ImportLine['kind'];
  categories: Named[];
  authors: Named[];
  publishedAt: string | undefined;
  updatedAt: string | undefined;
  /** Where it stood. */
  link: string;
  /** The first stands for the story; the others are shown above the text, unless they stand in it. */
  pictures: FoundPicture[];
  /** What relative addresses of pictures stand for. */
  base?: string | undefined;
  isDraft?: boolean;
}

/** Ids that are no URIs are those of one feed alone: told apart by where it stands. */
export const idWithin = (id: string, feed: string): string =>
  id === '' || URL.canParse(id) ? id : `${feed.replace(/^https?:\/\//i, '').replace(/\/$/, '') || 'feed'}:${id}`;

/** One that is too long is told apart by its digest: its beginning may be that of another. */
const idIn = (id: string) =>
  id.length <= 200 ? id : `${id.slice(0, 150).toWellFormed()}#${hash('sha256', id, 'base64url')}`;

export const standsIn = (html: string, url: string): boolean => html.includes(url) || html.includes(escaped(url));

export async function storyOf(found: FoundStory, options: ReaderOptions, notes: Notes): Promise<ImportLine> {
  const locale = await options.localeOf(found.language);
  const { kind: mapped, ...place } = placeIn(found.categories, locale, options, notes);
  const kind = found.kind ?? mapped;
  const byline = bylineOf(found.authors, locale, options);
  const standfirst = shortened(found.standfirst, 2000);
  const [main, ...others] = found.pictures;
  const image = pictureIn(main, found.base, notes);
  const above = others.filter(({ url }) => /^https?:/i.test(url) && !standsIn(found.html, url)).map(figureOf);
  const isDraft = found.isDraft || options.asDrafts;
  if (!isDraft && !found.publishedAt) note(notes, 'a story without a date that can be read got that of the import');
  return {
    externalId: idIn(found.id),
    locale,
    title: titleOf(found.title, found.html, notes),
    body: { html: above.join('') + withWhole(found.html, found.base) },
    ...place,
    ...(kind && { kind }),
    ...(image && { image }),
    ...(standfirst && { standfirst }),
    ...(found.slug && { proposedSlug: unescaped(found.slug).slice(0, 200) }),
    ...(byline.length > 0 && { byline }),
    ...(isDraft
      ? { status: 'draft' }
      : {
          ...(found.publishedAt && { publishedAt: found.publishedAt }),
          ...(found.updatedAt && { updatedAt: found.updatedAt }),
          oldPaths: oldPathOf(found.link, notes),
        }),
  };
}
