// Takes WordPress's shortcodes out of HTML: captions, galleries and embeds become elements, of all others the text inside is kept. Nothing is carried out.
import { note, type Tally } from '../imports/report.ts';

/** Those that come without attributes and without an end. */
const WELL_KNOWN =
  /^(?:audio|video|playlist|gallery|embed|caption|wp_caption|contact-form|contact-form-7|youtube|vimeo|soundcloud|googlemaps|archives|subscribe|polldaddy)$/;
const TAG = /\[(\[?)(\/?)([a-zA-Z][\w-]{0,60})((?:[\s=][^[\]]*)?)\](\]?)/g;
const ADDRESS = /https?:\/\/[^\s"'<>\]]+/;
const PICTURE = /^\s*(?:<a\s[^<>]*>\s*)?<img\s[^<>]*>\s*(?:<\/a>)?/i;

/** @returns figures of a gallery with these attributes; undefined where there are none */
export type Gallery = (attributes: string) => string | undefined;

/** In two passes over the text, whatever is in it: brackets that nobody closes cost nothing more. */
export function withoutShortcodes(html: string, notes: Tally, gallery: Gallery): string {
  const ended = new Set([...html.matchAll(TAG)].filter(([, , slash]) => slash).map(([, , , name]) => name));
  const out: string[] = [];
  let at = 0;
  /** Where in `out` a caption or an embed began. */
  let open: { name: string; from: number; caption: string } | undefined;
  for (const match of html.matchAll(TAG)) {
    const [whole, escaped, slash, name = '', attributes = '', unescaped] = match;
    const isOne =
      slash || /[\w-]=["'\d]/.test(attributes) || WELL_KNOWN.test(name) || /\/$/.test(attributes) || ended.has(name);
    if (!isOne) continue;
    out.push(html.slice(at, match.index));
    at = match.index + whole.length;
    if (escaped && unescaped) out.push(whole.slice(1, -1));
    else if (/^(?:wp_)?caption$|^embed$/.test(name)) {
      if (!slash) open = { name, from: out.length, caption: /caption="([^"]*)"/.exec(attributes)?.[1] ?? '' };
      else if (open?.name === name) {
        const inner = out.splice(open.from).join('');
        out.push(name === 'embed' ? embed(inner) : figure(inner, open.caption));
        open = undefined;
      }
    } else if (/^(?:audio|video|youtube|vimeo|soundcloud)$/.test(name) && !slash && ADDRESS.test(attributes)) {
      out.push(embed(attributes));
    } else if (!slash) {
      const figures = name === 'gallery' ? gallery(attributes) : undefined;
      if (figures) out.push(`\n\n${figures}\n\n`);
      else note(notes, `the shortcode [${name}] was taken out`);
    }
  }
  out.push(html.slice(at));
  return out.join('');
}

export function embed(text: string): string {
  const address = ADDRESS.exec(text)?.[0];
  return address ? `\n\n<iframe src="${address.replaceAll('"', '%22')}"></iframe>\n\n` : text;
}

function figure(inner: string, given: string): string {
  const picture = PICTURE.exec(inner)?.[0];
  if (!picture) return inner;
  const caption = inner.slice(picture.length).trim() || given;
  return `\n\n<figure>${picture}${caption ? `<figcaption>${caption}</figcaption>` : ''}</figure>\n\n`;
}
