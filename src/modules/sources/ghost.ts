// Reads Ghost's export as lines of an import: posts and pages with tags, authors and dates. It is read twice: what says which tags a post has may
// stand behind the posts. What only members saw, or nobody yet, becomes a draft.
import type { Line } from '../imports/reading.ts';
import { note, type Tally } from '../imports/report.ts';
import { withoutCards } from './ghost-cards.ts';
import { readValues, recordIn, textIn } from './json.ts';
import type { FoundPicture } from './pictures.ts';
import type { Source } from './source.ts';
import { dateOf, htmlText, type Named, type ReaderOptions, storyOf } from './stories.ts';

type Row = Readonly<Record<string, unknown>>;
interface Blog {
  language: string | undefined;
  tags: Map<string, Named>;
  users: Map<string, Named>;
  /** By id of the post, in their order. */
  tagsOf: Map<string, string[]>;
  usersOf: Map<string, string[]>;
  /** What later versions keep beside their posts, by id of the post. */
  meta: Map<string, Row>;
}

/** Of its editor, for the address of the site that the file does not say. */
const PLACEHOLDER = '__GHOST_URL__';
const TABLES = ['tags', 'users', 'posts_tags', 'posts_authors', 'posts_meta', 'settings'];

export async function* readGhost({ open }: Source, options: ReaderOptions): AsyncGenerator<Line> {
  const blog = await readAround({ open });
  let number = 0;
  // Files of the first versions have no list around.
  for await (const { value, position } of readValues(open(), ['$.db.*.data.posts.*', '$.data.posts.*'])) {
    number += 1;
    const post = recordIn(value);
    const notes: Tally = {};
    const html = textIn(post.html);
    if (html === '' && (textIn(post.lexical) || textIn(post.mobiledoc)))
      yield { number, position, refusal: `${textIn(post.title)}: its text is in the form of Ghost's editor only` };
    else yield { number, position, notes, story: await readPost(post, html, blog, options, notes) };
  }
}

async function readAround({ open }: Source): Promise<Blog> {
  const blog: Blog = {
    language: undefined,
    tags: new Map(),
    users: new Map(),
    tagsOf: new Map(),
    usersOf: new Map(),
    meta: new Map(),
  };
  const paths = TABLES.flatMap((table) => [`$.db.*.data.${table}.*`, `$.data.${table}.*`]);
  const links: { to: Map<string, string[]>; post: string; id: string; order: number }[] = [];
  for await (const { path, value } of readValues(open(), paths)) {
    const row = recordIn(value);
    const id = textIn(row.id);
    switch (path.at(-2)) {
      case 'tags':
        // Tags with a number sign steer themes and are shown to nobody.
        if (row.visibility !== 'internal') blog.tags.set(id, namedIn(row));
        break;
      case 'users':
        blog.users.set(id, namedIn(row));
        break;
      case 'posts_tags':
        links.push({
          to: blog.tagsOf,
          post: textIn(row.post_id),
          id: textIn(row.tag_id),
          order: Number(row.sort_order ?? 0),
        });
        break;
      case 'posts_authors':
        links.push({
          to: blog.usersOf,
          post: textIn(row.post_id),
          id: textIn(row.author_id),
          order: Number(row.sort_order ?? 0),
        });
        break;
      case 'posts_meta':
        blog.meta.set(textIn(row.post_id), pick(row, 'feature_image_alt', 'feature_image_caption'));
        break;
      case 'settings':
        if (row.key === 'locale' || row.key === 'lang') blog.language = textIn(row.value) || undefined;
        break;
    }
  }
  for (const { to, post, id } of links.sort((a, b) => a.order - b.order)) append(to, post, id);
  return blog;
}

const namedIn = ({ slug, name }: Row): Named => ({ slug: textIn(slug), name: textIn(name) });
const pick = (row: Row, ...names: string[]): Row => Object.fromEntries(names.map((name) => [name, row[name]]));
function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
const known = (ids: string[], names: Map<string, Named>) => ids.flatMap((id) => names.get(id) ?? []);

async function readPost(post: Row, html: string, blog: Blog, options: ReaderOptions, notes: Tally) {
  const id = textIn(post.id);
  const meta = blog.meta.get(id) ?? {};
  const text = (name: string) => textIn(post[name] ?? meta[name]).replaceAll(PLACEHOLDER, options.site ?? '');
  const own = text('uuid') || id;
  const isPage = text('type') === 'page' || post.page === 1 || post.page === true;
  if (!options.site && html.includes(PLACEHOLDER)) note(notes, 'an address of the old site has no host: see --site');
  const users = blog.usersOf.get(id) ?? [text('author_id')];
  return storyOf(
    {
      id: own && `ghost:${own}`,
      language: text('locale') || blog.language,
      title: htmlText(text('title')),
      html: withoutCards(html, notes).replaceAll(PLACEHOLDER, options.site ?? ''),
      standfirst: htmlText(text('custom_excerpt')),
      slug: text('slug'),
      categories: known(blog.tagsOf.get(id) ?? [], blog.tags),
      authors: known(users, blog.users),
      publishedAt: timeOf(post.published_at),
      updatedAt: timeOf(post.updated_at),
      link: `http://site/${encodeURIComponent(text('slug'))}/`,
      pictures: picturesIn(text),
      base: options.site,
      ...(isPage && { kind: 'page' }),
      isDraft: isHidden(post, notes),
    },
    options,
    notes,
  );
}

/** A caption is HTML, and says whose the picture is as well. */
function picturesIn(text: (name: string) => string): FoundPicture[] {
  const url = text('feature_image');
  return url ? [{ url, alt: text('feature_image_alt'), caption: text('feature_image_caption') }] : [];
}

/** Milliseconds in files of the first versions. */
const timeOf = (value: unknown) => (typeof value === 'number' ? dateOf(value) : dateOf(textIn(value)));

function isHidden({ status, visibility = 'public' }: Row, notes: Tally): boolean {
  if (status === 'scheduled') note(notes, 'a story that waited for its time became a draft');
  if (status === 'sent') note(notes, 'a story that was sent by e-mail only became a draft');
  if (status === 'published' && visibility !== 'public') note(notes, 'a story for members became a draft');
  return status !== 'published' || visibility !== 'public';
}
