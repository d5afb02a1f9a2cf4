// Cards of Ghost's editor in the HTML of a post: bookmarks become embeds, and players lose what their controls say. It reads no other.
import { note, type Tally } from '../imports/report.ts';
import { oneLine } from './plain.ts';
import { escaped } from './xml.ts';

const BOOKMARK = '<figure class="kg-card kg-bookmark-card';
const END = '</figure>';
/** The time that has passed, and how long it is: "0:00", "/1:23". */
const CLOCK = /<(span|div) class="kg-(?:video|audio)-(?:current-time|time)">[\s\S]{0,300}?<\/\1>/g;
/**
 * Its alternative text is always "audio-thumbnail", and where there is none it has no address. Bounded, or one long tag would take the
 * square of its length.
 */
const THUMBNAIL = /<img\s[^<>]{0,4000}class="kg-audio-thumbnail[^<>]{0,200}>/g;

export function withoutCards(html: string, notes: Tally): string {
  const kept: string[] = [];
  let at = 0;
  for (let start = html.indexOf(BOOKMARK); start !== -1; start = html.indexOf(BOOKMARK, at)) {
    const end = html.indexOf(END, start);
    if (end === -1) break;
    kept.push(html.slice(at, start), bookmark(html.slice(start, end + END.length), notes));
    at = end + END.length;
  }
  kept.push(html.slice(at));
  return kept.join('').replaceAll(CLOCK, '').replaceAll(THUMBNAIL, '');
}

function bookmark(card: string, notes: Tally): string {
  const href = /<a\s[^<>]*href="([^"<>]+)"/.exec(card)?.[1];
  if (!href) return card;
  const title = oneLine(/<div class="kg-bookmark-title">([^<]*)</.exec(card)?.[1] ?? '');
  const [, caption] = /<figcaption>([\s\S]*)<\/figcaption>/.exec(card) ?? [];
  note(notes, 'the description and the pictures of a bookmark were left out');
  return `<figure><p><a href="${href}">${escaped(title) || href}</a></p></figure>${caption ? `<div>${caption}</div>` : ''}`;
}
