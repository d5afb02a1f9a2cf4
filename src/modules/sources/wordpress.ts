// Reads WordPress's export (WXR) as lines of an import: posts and pages, with their dates, authors, categories and old addresses.
// What the site did not show to everybody becomes a draft, never public.
import type { Line } from '../imports/reading.ts';
import { note, type Tally } from '../imports/report.ts';
import type { ImportLine } from '../imports/schemas.ts';
import { unescaped } from './names.ts';
import { pictureIn, withWhole } from './pictures.ts';
import { oneLine, shortened } from './plain.ts';
import type { Source } from './source.ts';
import { bylineOf, dateOf, type Named, oldPathOf, placeIn, type ReaderOptions, titleOf } from './stories.ts';
import { type Attachments, featuredIn, galleryOf, readAttachments } from './wordpress-attachments.ts';
import { type Authors, authorsOf, takeGuest } from './wordpress-authors.ts';
import { childText, metaOf } from './wordpress-elements.ts';
import { footnotesOf } from './wordpress-footnotes.ts';
import { plainHtml } from './wordpress-html.ts';
import { childrenOf, type Element, readElements, textOf } from './xml.ts';

/** Never shown by themselves, or not to be shown. */
const LEFT_OUT = new Set(['trash', 'auto-draft', 'inherit']);
const KIND_OF_FORMAT: Record<string, ImportLine['kind']> = {
  'post-format-gallery': 'gallery',
  'post-format-video': 'video',
};
/** Polylang's and WPML's names for the language of a post, and for what its translations have in common. */
const LANGUAGE = 'language';
const TRANSLATIONS = 'post_translations';

interface Blog {
  /** Host and path: what its ids are unique in. */
  name: string;
  language: string | undefined;
  authors: Authors;
  attachments: Attachments;
}

export async function* readWordPress({ open }: Source, options: ReaderOptions): AsyncGenerator<Line> {
  const authors: Authors = new Map();
  const attachments = await readAttachments(open(), (item) => takeGuest(authors, item));
  const blog: Blog = { name: '', language: undefined, authors, attachments };
  let number = 0;
  let stripped = 0;
  for await (const { element, refusal, position, ...piece } of readElements(open())) {
    stripped += piece.stripped;
    if (element.name !== 'item') {
      readChannel(blog, element);
      continue;
    }
    number += 1;
    const notes: Tally = {};
    if (stripped > 0) note(notes, 'a control character was taken out', stripped);
    stripped = 0;
    yield {
      number,
      position,
      notes,
      ...(refusal === undefined ? await readItem(blog, element, options, notes) : { refusal }),
    };
  }
}

function readChannel(blog: Blog, element: Element): void {
  const text = textOf(element).trim();
  if (element.name === 'language') blog.language = text;
  else if (element.name === 'base_blog_url') blog.name = nameOf(text);
  else if (element.name === 'link' && !element.space) blog.name ||= nameOf(text);
  else if (element.name === 'author')
    blog.authors.set(childText(element, 'author_login'), childText(element, 'author_display_name'));
}

const nameOf = (url: string) => url.replace(/^https?:\/\//i, '').replace(/\/$/, '');

async function readItem(
  blog: Blog,
  item: Element,
  options: ReaderOptions,
  notes: Tally,
): Promise<{ story: ImportLine } | { leftOut: string }> {
  const type = childText(item, 'post_type') || 'post';
  const status = childText(item, 'status') || 'publish';
  if (type !== 'post' && type !== 'page') return { leftOut: type.slice(0, 60) };
  if (LEFT_OUT.has(status)) return { leftOut: `${type} (${status})` };
  const comments = childrenOf(item).filter(({ name }) => name === 'comment').length;
  if (comments > 0) note(notes, 'a comment of a reader was left out', comments);

  const terms = childrenOf(item).flatMap((child) => {
    const { domain = '', nicename = '' } = child.attributes;
    return child.name === 'category' ? [{ domain, slug: nicename, name: oneLine(textOf(child)) }] : [];
  });
  const inDomain = (...domains: string[]): Named[] => terms.filter(({ domain }) => domains.includes(domain));
  const locale = await options.localeOf(inDomain(LANGUAGE)[0]?.slug ?? blog.language);
  const place = placeIn(inDomain('category', 'post_tag'), locale, options, notes);
  const format = KIND_OF_FORMAT[inDomain('post_format')[0]?.slug ?? ''];
  const plain = plainHtml(
    childText(item, 'encoded', 'content'),
    notes,
    (attributes) => galleryOf(blog.attachments, childText(item, 'post_id'), attributes, notes),
    footnotesOf(item),
  );
  const html = withWhole(plain, childText(item, 'link'));
  const image = pictureIn(featuredIn(blog.attachments, item, notes), undefined, notes);
  const slug = childText(item, 'post_name');
  const standfirst = shortened(childText(item, 'encoded', 'excerpt'), 2000);
  const byline = bylineOf(authorsOf(item, inDomain('author'), blog.authors), locale, options);
  const family = inDomain(TRANSLATIONS)[0]?.slug;
  const id = family || childText(item, 'post_id');
  return {
    story: {
      externalId: id && `${blog.name || 'wordpress'}:${id}`.slice(0, 200),
      locale,
      title: titleOf(childText(item, 'title'), html, notes),
      body: { html },
      ...place,
      kind: type === 'page' ? 'page' : (place.kind ?? format ?? 'news'),
      ...(image && { image }),
      ...(standfirst && { standfirst }),
      ...(slug && { proposedSlug: unescaped(slug).slice(0, 200) }),
      ...(byline.length > 0 && { byline }),
      ...(options.asDrafts ? { status: 'draft' as const } : stateOf(item, status, slug, notes)),
    },
  };
}

/** Dates and old addresses of what was public; everything else is a draft. */
function stateOf(
  item: Element,
  status: string,
  slug: string,
  notes: Tally,
): Pick<ImportLine, 'status' | 'publishedAt' | 'updatedAt' | 'oldPaths'> {
  if (childText(item, 'post_password') !== '') note(notes, 'a story behind a password became a draft');
  else if (status === 'private') note(notes, 'a private story became a draft');
  else if (status === 'future') note(notes, 'a story that waited for its time became a draft');
  else if (status === 'publish') {
    const publishedAt = dateOf(`${childText(item, 'post_date_gmt')}Z`) ?? dateOf(childText(item, 'pubDate'));
    const updatedAt = dateOf(`${childText(item, 'post_modified_gmt')}Z`);
    const link = childText(item, 'link');
    const paths = [
      link,
      ...oldSlugs(item).map((old) => link.replace(/(?<=\/)[^/]+(\/?)$/, `${encodeURIComponent(old)}$1`)),
    ];
    const isNamed = slug !== '' && unescaped(link).includes(unescaped(slug));
    return {
      ...(publishedAt && { publishedAt }),
      ...(updatedAt && { updatedAt }),
      oldPaths: [...new Set((isNamed ? paths : [link]).flatMap((path) => oldPathOf(path, notes)))].slice(0, 20),
    };
  }
  return { status: 'draft' };
}

const oldSlugs = (item: Element) => metaOf(item, '_wp_old_slug').map(unescaped);
