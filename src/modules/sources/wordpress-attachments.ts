// Pictures of WordPress's library: what its export says of them, and which of them a post shows. It fetches none.
import { note, type Tally } from '../imports/report.ts';
import { type FoundPicture, figureOf, PICTURE } from './pictures.ts';
import { SourceError } from './problem.ts';
import { childText, metaOf } from './wordpress-elements.ts';
import { type Element, readElements } from './xml.ts';

export interface Attachments {
  /** By id. */
  all: ReadonlyMap<string, FoundPicture>;
  /** Ids by that of the post that they were uploaded to, in their order. */
  ofPost: ReadonlyMap<string, string[]>;
}

/** They may stand behind the posts that show them. Half a kilobyte of each is kept. @param see is shown whatever stands in the file */
export async function readAttachments(
  source: AsyncIterable<Uint8Array>,
  see: (item: Element) => void,
): Promise<Attachments> {
  const all = new Map<string, FoundPicture>();
  const places: { post: string; order: number; id: string }[] = [];
  try {
    for await (const { element, refusal } of readElements(source)) {
      if (refusal !== undefined) continue;
      see(element);
      const url = childText(element, 'attachment_url');
      if (url === '') continue;
      const id = childText(element, 'post_id');
      all.set(id, attachmentOf(element, url));
      const post = childText(element, 'post_parent');
      if (PICTURE.test(URL.parse(url)?.pathname ?? ''))
        places.push({ post, order: Number(childText(element, 'menu_order')), id });
    }
  } catch (error) {
    // Told when the posts in front of the break are in.
    if (!(error instanceof SourceError)) throw error;
  }
  const ofPost = new Map<string, string[]>();
  for (const { post, id } of places.sort((a, b) => a.order - b.order || Number(a.id) - Number(b.id)))
    ofPost.set(post, [...(ofPost.get(post) ?? []), id]);
  return { all, ofPost };
}

function attachmentOf(item: Element, url: string): FoundPicture {
  const [facts = ''] = metaOf(item, '_wp_attachment_metadata');
  const [credit = textOfPhp(facts, 'credit')] = metaOf(item, '_media_credit');
  return {
    url,
    alt: metaOf(item, '_wp_attachment_image_alt')[0],
    caption: childText(item, 'encoded', 'excerpt'),
    credit,
    // Those of the picture itself stand in front of those of its other sizes.
    width: numberOfPhp(facts, 'width'),
    height: numberOfPhp(facts, 'height'),
    bytes: numberOfPhp(facts, 'filesize'),
  };
}

// Of PHP's serialize() nothing but single members is read, and nothing is made of them.
const numberOfPhp = (text: string, name: string) => new RegExp(`"${name}";i:(\\d{1,15});`).exec(text)?.[1];

/** Its length counts bytes. */
function textOfPhp(text: string, name: string): string | undefined {
  const found = new RegExp(`"${name}";s:(\\d{1,5}):"`).exec(text);
  if (!found) return undefined;
  const rest = Buffer.from(text.slice(found.index + found[0].length, found.index + found[0].length + Number(found[1])));
  return rest.subarray(0, Number(found[1])).toString('utf8');
}

/** @returns undefined where it has none */
export function featuredIn({ all }: Attachments, item: Element, notes: Tally): FoundPicture | undefined {
  const [id] = metaOf(item, '_thumbnail_id');
  if (id === undefined || id === '0') return undefined;
  const found = all.get(id);
  if (!found) note(notes, 'a featured picture that is not in the file was left out');
  return found;
}

const idsIn = (list = '') => list.split(',').map((id) => id.trim());

/** @param attributes of the shortcode; without ids it shows what was uploaded to the post. @returns undefined where none is in the file */
export function galleryOf(
  { all, ofPost }: Attachments,
  post: string,
  attributes: string,
  notes: Tally,
): string | undefined {
  const listed = /(?:ids|include)\s*=\s*["']?([\d,\s]+)/.exec(attributes)?.[1];
  const of = /(?<![\w-])id\s*=\s*["']?(\d+)/.exec(attributes)?.[1] ?? post;
  const without = new Set(idsIn(/exclude\s*=\s*["']?([\d,\s]+)/.exec(attributes)?.[1]));
  const ids = listed ? idsIn(listed) : (ofPost.get(of) ?? []).filter((id) => !without.has(id));
  const found = ids.flatMap((id) => all.get(id) ?? []);
  if (found.length === 0) return undefined;
  if (found.length < ids.length)
    note(notes, 'a picture of a gallery that is not in the file was left out', ids.length - found.length);
  return found.map(figureOf).join('\n\n');
}
