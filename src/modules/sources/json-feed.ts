// Reads a JSON Feed (1.0 and 1.1) as lines of an import. It is read twice: what the feed says of itself may stand behind its items.
import type { Line } from '../imports/reading.ts';
import type { Tally } from '../imports/report.ts';
import { listIn, readValues, recordIn, textIn } from './json.ts';
import type { FoundPicture } from './pictures.ts';
import type { Source } from './source.ts';
import { dateOf, htmlText, idWithin, type Named, type ReaderOptions, storyOf } from './stories.ts';

export async function* readJsonFeed({ open }: Source, options: ReaderOptions): AsyncGenerator<Line> {
  const feed: Record<string, unknown> = {};
  for await (const { path, value } of readValues(open(), [
    '$.language',
    '$.authors',
    '$.author',
    '$.home_page_url',
    '$.feed_url',
    '$.title',
  ])) {
    if (path.length === 1) feed[String(path[0])] = value;
  }
  let number = 0;
  for await (const { value, position } of readValues(open(), ['$.items.*'])) {
    number += 1;
    const notes: Tally = {};
    yield { number, position, notes, story: await readItem(recordIn(value), feed, options, notes) };
  }
}

function readItem(
  item: Readonly<Record<string, unknown>>,
  feed: Record<string, unknown>,
  options: ReaderOptions,
  notes: Tally,
) {
  const text = (name: string) => textIn(item[name]);
  const authors = authorsOf(item);
  const html = text('content_html') || htmlText(text('content_text'), '<br>');
  const title = htmlText(text('title'));
  const summary = htmlText(text('summary'));
  return storyOf(
    {
      id: idWithin(
        text('id') || text('url'),
        textIn(feed.home_page_url) || textIn(feed.feed_url) || textIn(feed.title),
      ),
      language: text('language') || textIn(feed.language) || undefined,
      title,
      html: html || summary,
      standfirst: html ? summary : '',
      categories: listIn(item.tags).flatMap((tag) => (textIn(tag) ? [{ slug: '', name: textIn(tag) }] : [])),
      authors: authors.length > 0 ? authors : authorsOf(feed),
      publishedAt: dateOf(text('date_published')),
      updatedAt: dateOf(text('date_modified')),
      link: text('url'),
      pictures: picturesIn(item),
      base: text('url'),
    },
    options,
    notes,
  );
}

/** What it is and how large is said of attachments alone. */
function picturesIn(item: Readonly<Record<string, unknown>>): FoundPicture[] {
  const attached = listIn(item.attachments).map(recordIn);
  const isPicture = ({ mime_type }: Readonly<Record<string, unknown>>) => /^image\//i.test(textIn(mime_type));
  const url = textIn(item.image) || textIn(item.banner_image) || textIn(attached.find(isPicture)?.url);
  const own = attached.find((one) => isPicture(one) && textIn(one.url) === url);
  return url ? [{ url, type: textIn(own?.mime_type), bytes: own?.size_in_bytes, caption: textIn(own?.title) }] : [];
}

/** Version 1.0 had one author. */
const authorsOf = ({ authors, author }: Readonly<Record<string, unknown>>): Named[] =>
  [...listIn(authors), author].flatMap((one) => {
    const name = textIn(recordIn(one).name);
    return name ? [{ slug: '', name }] : [];
  });
