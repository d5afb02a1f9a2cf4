// Reads RSS (2.0, and 1.0 of RDF) and Atom as lines of an import: one story for each item, under the id that the feed gives it.
import type { Line } from '../imports/reading.ts';
import { note, type Tally } from '../imports/report.ts';
import type { ImportLine } from '../imports/schemas.ts';
import { type FoundPicture, PICTURE } from './pictures.ts';
import { oneLine } from './plain.ts';
import { dateOf, type FoundStory, htmlText, idWithin, type Named, type ReaderOptions, storyOf } from './stories.ts';
import { childrenOf, type Element, htmlOf, readElements, textOf } from './xml.ts';

const DC = 'http://purl.org/dc/elements/1.1/';
const CONTENT = 'http://purl.org/rss/1.0/modules/content/';
const MEDIA = 'http://search.yahoo.com/mrss/';
const ATOM = 'http://www.w3.org/2005/Atom';

export async function* readFeed(source: AsyncIterable<Uint8Array>, options: ReaderOptions): AsyncGenerator<Line> {
  let language: string | undefined;
  let authors: Named[] = [];
  let home = '';
  let number = 0;
  let stripped = 0;
  for await (const { element, root, refusal, position, ...piece } of readElements(source)) {
    language ??= root.attributes['xml:lang'];
    stripped += piece.stripped;
    if (element.name !== 'item' && element.name !== 'entry') {
      if (element.name === 'language') language = textOf(element).trim() || language;
      if (element.name === 'link' && element.space !== ATOM) home = textOf(element).trim();
      if (element.name === 'author' && element.space === ATOM) authors = authorsOf([element]);
      continue;
    }
    number += 1;
    const notes: Tally = {};
    if (stripped > 0) note(notes, 'a control character was taken out', stripped);
    stripped = 0;
    if (refusal !== undefined) yield { number, position, refusal };
    else yield { number, position, notes, story: await readItem(element, { language, authors, home }, options, notes) };
  }
}

async function readItem(
  item: Element,
  feed: { language: string | undefined; authors: Named[]; home: string },
  options: ReaderOptions,
  notes: Tally,
): Promise<ImportLine> {
  const children = childrenOf(item);
  const all = (name: string, ...spaces: string[]) =>
    children.filter((child) => child.name === name && (spaces.length === 0 || spaces.includes(child.space)));
  const text = (name: string, ...spaces: string[]) => textOf(all(name, ...spaces)[0]).trim();
  const isAtom = item.space === ATOM;
  const link = isAtom ? addressOf(all('link', ATOM)) : text('link', item.space) || permalinkIn(all('guid')[0]);
  const summary = isAtom ? htmlIn(all('summary')[0]) : text('description', item.space);
  const content = isAtom ? htmlIn(all('content', ATOM)[0]) : text('encoded', CONTENT);
  const creators = isAtom
    ? authorsOf(all('author', ATOM))
    : namesIn([...all('creator', DC), ...all('author', item.space)]);
  const found: FoundStory = {
    id: idWithin(text(isAtom ? 'id' : 'guid') || item.attributes.about || link, feed.home),
    language: item.attributes['xml:lang'] ?? (text('language', DC) || feed.language),
    title: isAtom ? htmlIn(all('title', ATOM)[0]) : text('title', item.space),
    html: content || summary,
    standfirst: content ? summary : '',
    categories: [...all('category'), ...all('subject', DC)].flatMap(categoryOf),
    authors: creators.length > 0 ? creators : feed.authors,
    publishedAt: dateOf(text('published') || text('pubDate') || text('date', DC) || text('updated')),
    updatedAt: dateOf(text('updated')),
    link,
    pictures: picturesIn(children),
    base: link,
  };
  return storyOf(found, options, notes);
}

/** RFC 4287 section 3.1.1: text, HTML that is escaped, or XHTML within a div. */
function htmlIn(element: Element | undefined): string {
  if (!element) return '';
  const { type = 'text' } = element.attributes;
  if (type === 'xhtml' || type === 'application/xhtml+xml') return childrenOf(element).map(htmlOf).join('');
  return type === 'html' || type === 'text/html' ? textOf(element) : htmlText(textOf(element));
}

/** The first that leads to the story itself (RFC 4287 section 4.2.7.2). */
const addressOf = (links: Element[]) =>
  links.find(({ attributes: { rel = 'alternate' } }) => rel === 'alternate')?.attributes.href ?? '';

const authorsOf = (elements: Element[]) =>
  namesIn(elements.flatMap((author) => childrenOf(author).filter(({ name }) => name === 'name')));

/** RSS 2.0: unless it says otherwise, the id is where the story stands. */
const permalinkIn = (guid: Element | undefined) =>
  guid && guid.attributes.isPermaLink !== 'false' ? textOf(guid).trim() : '';

/** In RSS 2.0 it is an e-mail address with the name in brackets; an address alone names nobody. */
function namesIn(elements: Element[]): Named[] {
  return elements.flatMap((element) => {
    const text = oneLine(textOf(element));
    const name = /^\S[^\s@(]*@[^\s(]+\s*\((.+)\)$/.exec(text)?.[1] ?? text;
    return name === '' || /^\S[^\s@]*@\S+$/.test(name) ? [] : [{ slug: '', name }];
  });
}

function categoryOf(element: Element): Named[] {
  const { term = '', label = '' } = element.attributes;
  const name = oneLine(label || term || textOf(element));
  return name ? [{ slug: '', name }] : [];
}

const widestOf = (elements: Element[]): Element | undefined =>
  elements.toSorted((a, b) => Number(b.attributes.width ?? 0) - Number(a.attributes.width ?? 0))[0];

/** Sizes of one picture as a rule (Media RSS, `media:group`): the widest of them, else what is enclosed, else a thumbnail. */
function picturesIn(children: Element[]): FoundPicture[] {
  const all = children.flatMap((child) =>
    child.space === MEDIA && child.name === 'group' ? childrenOf(child) : [child],
  );
  // Both are optional (Media RSS 1.5.1), and large papers leave them out.
  const isPicture = ({ attributes: { medium, type, url = '' } }: Element) =>
    medium === undefined && type === undefined
      ? PICTURE.test(URL.parse(url)?.pathname ?? '')
      : medium === 'image' || /^image\//i.test(type ?? '');
  const media = all.filter(
    (one) => one.space === MEDIA && one.name === 'content' && one.attributes.url && isPicture(one),
  );
  const enclosed = all.find(
    ({ name, space, attributes: { url, href, rel, type = '' } }) =>
      space !== MEDIA && (name === 'enclosure' || rel === 'enclosure') && (url ?? href) && /^image\//i.test(type),
  );
  const found = widestOf(media) ?? enclosed;
  if (!found) {
    // What is said beside it is said of the video that it stands for.
    const within = all.flatMap((one) => (one.space === MEDIA ? [one, ...childrenOf(one)] : []));
    const small = widestOf(within.filter(({ name, attributes: { url } }) => name === 'thumbnail' && url));
    const { url, width, height } = small?.attributes ?? {};
    return url ? [{ url, width, height }] : [];
  }
  const { url, href = '', type, width, height, fileSize, length } = found.attributes;
  // What is said within it goes before what is said beside it.
  const said = (name: string) =>
    textOf([...childrenOf(found), ...all].find((one) => one.space === MEDIA && one.name === name));
  return [
    {
      ...{ url: url ?? href, type, width, height, bytes: fileSize ?? length },
      ...{ caption: said('description'), credit: said('credit'), alt: said('text') },
    },
  ];
}
