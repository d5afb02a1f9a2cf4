// Reads ninjs (IPTC; 1 to 3.1) as lines of an import: one object a line, or a list of them. Texts only; what is withheld or embargoed becomes a draft.
import { type Line, readLines } from '../imports/reading.ts';
import { note, type Tally } from '../imports/report.ts';
import type { ImportLine } from '../imports/schemas.ts';
import { listIn, readValues, recordIn, textIn } from './json.ts';
import type { FoundPicture } from './pictures.ts';
import { shortened } from './plain.ts';
import type { Source } from './source.ts';
import { dateOf, htmlText, type Named, type ReaderOptions, standsIn, storyOf } from './stories.ts';

type Item = Readonly<Record<string, unknown>>;

export async function* readNinjs({ open }: Source, options: ReaderOptions, isList: boolean): AsyncGenerator<Line> {
  let number = 0;
  if (!isList) {
    for await (const { text, ...line } of readLines(open())) {
      if (text === undefined) yield line;
      else yield { ...line, ...(await readText(text, options)) };
    }
    return;
  }
  for await (const { value, position } of readValues(open(), ['$.*'])) {
    number += 1;
    yield { number, position, ...(await readItem(lowerCased(value), options)) };
  }
}

async function readText(text: string, options: ReaderOptions) {
  try {
    return await readItem(lowerCased(JSON.parse(text)), options);
  } catch (error) {
    if (error instanceof SyntaxError) return { refusal: `the line is not valid JSON: ${error.message}` };
    throw error;
  }
}

/** Version 3 writes versionCreated where the ones before had versioncreated. */
const lowerCased = (value: unknown): Item =>
  Object.fromEntries(Object.entries(recordIn(value)).map(([name, member]) => [name.toLowerCase(), member]));

/** Of a list with roles the one that is meant for readers; before version 2 it was a member by itself. */
function shownValue(item: Item, list: string, old: string): string {
  const all = listIn(item[list]).map(recordIn);
  const main = all.find(({ role = 'main' }) => /main|headline|default|html/i.test(textIn(role))) ?? all[0];
  return textIn(main?.value) || textIn(item[old]);
}

function htmlIn(item: Item): string {
  const bodies = listIn(item.bodies).map(recordIn);
  const typeOf = (body: Item) => textIn(body.contentType ?? body.contenttype);
  const body = bodies.find((one) => /html/.test(typeOf(one))) ?? bodies[0];
  if (body) return /html/.test(typeOf(body)) ? textIn(body.value) : htmlText(textIn(body.value), '<br>');
  return textIn(item.body_html ?? item.body_xhtml) || htmlText(textIn(item.body_text), '<br>');
}

type Read = Pick<Line, 'notes' | 'story' | 'leftOut'>;
async function readItem(item: Item, options: ReaderOptions): Promise<Read> {
  const type = textIn(item.type) || 'text';
  if (type !== 'text' && type !== 'composite') return { leftOut: type.slice(0, 60) };
  const status = textIn(item.pubstatus) || 'usable';
  if (status === 'canceled') return { leftOut: 'text (canceled)' };
  const notes: Tally = {};
  const uri = textIn(item.uri);
  const isEmbargoed = isAhead(item.embargoeduntil ?? item.embargoed);
  if (isEmbargoed) note(notes, 'a story under embargo became a draft');
  if (status !== 'usable') note(notes, 'a story that is withheld became a draft');
  const html = htmlIn(item);
  const by = shortened(htmlText(textIn(item.by ?? item.byline)), 200);
  const story = await storyOf(
    {
      id: uri,
      language: textIn(item.language) || undefined,
      title: htmlText(shownValue(item, 'headlines', 'headline') || textIn(item.title)),
      html,
      standfirst: htmlText(shownValue(item, 'descriptions', 'description_text')),
      categories: [item.subjects ?? item.subject, item.places ?? item.place].flatMap(namesIn),
      authors: by ? [{ slug: '', name: by.replace(/^by\s+/i, '') }] : [],
      publishedAt: dateOf(textIn(item.firstcreated ?? item.contentcreated ?? item.versioncreated)),
      updatedAt: dateOf(textIn(item.versioncreated)),
      link: uri,
      pictures: picturesOf(item).filter(({ url }) => !standsIn(html, url)),
      isDraft: isEmbargoed || status !== 'usable',
    },
    options,
    notes,
  );
  return { notes, story: { ...story, ...rightsOf(item, story.locale) } };
}

/** An end that nobody can read is none that has come: what was held back for it stays so. */
function isAhead(until: unknown): boolean {
  if (until === undefined || until === null || until === '') return false;
  const end = dateOf(textIn(until));
  return end === undefined || Date.parse(end) > Date.now();
}

const namesIn = (list: unknown): Named[] =>
  listIn(list).flatMap((one) => {
    const name = textIn(recordIn(one).name);
    return name ? [{ slug: '', name }] : [];
  });

/** The widest rendition of each picture that belongs to it. */
const picturesOf = (item: Item): FoundPicture[] =>
  Object.values(item.associations ?? {}).flatMap((other) => {
    const { type, renditions, by, byline, ...said } = recordIn(other);
    if (type !== 'picture') return [];
    const all = (Array.isArray(renditions) ? renditions : Object.values(recordIn(renditions))).map(recordIn);
    const [widest] = all
      .filter(({ contentType = 'image/', mimetype = contentType }) => /^image\//i.test(textIn(mimetype)))
      .sort((a, b) => Number(b.width ?? 0) - Number(a.width ?? 0));
    if (!widest || !textIn(widest.href)) return [];
    const described = listIn(said.descriptions).map(recordIn);
    const roleOf = (wanted: string) => textIn(described.find(({ role }) => role === wanted)?.value);
    const isNamed = described.some(({ role }) => role === 'caption' || role === 'alt');
    return [
      {
        url: textIn(widest.href),
        type: textIn(widest.contentType ?? widest.mimetype),
        ...{ width: widest.width, height: widest.height, bytes: widest.sizeInBytes ?? widest.sizeinbytes },
        alt: roleOf('alt'),
        caption: isNamed ? roleOf('caption') : textIn(described[0]?.value) || textIn(said.description_text),
        credit: textIn(by) || textIn(byline),
      },
    ];
  });

function rightsOf(item: Item, locale: string): Pick<ImportLine, 'rights'> {
  const terms = shortened(htmlText(textIn(item.usageterms)), 1000);
  const holder = shortened(htmlText(textIn(item.copyrightholder)), 200);
  if (!terms && !holder) return {};
  return { rights: { ...(terms && { usageTerms: { [locale]: terms } }), ...(holder && { holder }) } };
}
