// The text of a story as it stands in a feed, away from its page: addresses absolute, direction said, corrections with it. It trusts the stored HTML alone.
import { correctionsHtml } from '../articles/marking.ts';
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';
import type { SiteFace } from '../site/face.ts';

/** As far as a summary goes that nobody wrote, in characters. */
const LONGEST = 300;

/** What was written as one, else the first paragraph, else the title: feeds without text must have something to show. */
export function summaryOf({ standfirst, body, title }: Article): string {
  const [first = ''] = (body.text ?? '').split('\n\n', 1);
  // Some scripts have no spaces, and a word may be longer than that.
  const end = first.lastIndexOf(' ', LONGEST);
  // Without the first half of a pair, where the cut goes through one.
  const start = first.slice(0, end > 0 ? end : LONGEST).replace(/[\uD800-\uDBFF]$/, '');
  const cut = first.length > LONGEST ? `${start}…` : first;
  return standfirst ?? (cut || title);
}

export function contentOf(story: Article, { baseUrl, timeZone }: SiteFace): string {
  const html = absolute(story.body.html ?? '', story.url, baseUrl) + correctionsHtml(story, timeZone);
  return story.direction === 'rtl' ? `<div lang="${escaped(story.locale)}" dir="rtl">${html}</div>` : html;
}

/**
 * Addresses without a host are those of the site, as in print; a place within the text is one on the page of the story. In HTML that
 * the renderer made, quotes stand in attributes alone: in texts they are references.
 */
function absolute(html: string, page: string, site: string): string {
  const root = site.replace(/\/*$/, '/');
  return html.replaceAll(/ (href|src)="([^"]*)"/g, (whole, name: string, written: string) => {
    if (/^(?:https?:|mailto:|tel:)/i.test(written)) return whole;
    const found = URL.parse(unescaped(written), written.startsWith('#') ? page : root);
    return found ? ` ${name}="${escaped(found.href)}"` : whole;
  });
}

const CHARACTERS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#13': '\r' };
const unescaped = (written: string): string =>
  written.replaceAll(/&(amp|lt|gt|quot|#39|#13);/g, (whole, name: string) => CHARACTERS[name] ?? whole);
