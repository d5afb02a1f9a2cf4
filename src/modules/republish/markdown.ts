// A republished story as Markdown: all of it goes through the writer of bodies, so that no sign of a title is taken for one of Markdown.
import type { Article } from '../articles/schemas.ts';
import type { PortableText } from '../body/schemas.ts';
import { toMarkdown, type Written } from '../body/writing.ts';
import { correctionsOf } from '../formats/lines.ts';
import type { SiteFace } from '../site/face.ts';

interface Words {
  text: string;
  href?: string | null;
  strong?: boolean;
}

function line(style: 'h1' | 'normal', ...parts: Words[]): Written {
  const keyOf = (at: number) => `p${at}`;
  return {
    _type: 'block',
    _key: 'line',
    style,
    markDefs: parts.flatMap(({ href }, at) => (href ? [{ _type: 'link' as const, _key: keyOf(at), href }] : [])),
    children: parts.map(({ text, href, strong }, at) => ({
      _type: 'span',
      _key: keyOf(at),
      text,
      marks: [...(strong ? ['strong'] : []), ...(href ? [keyOf(at)] : [])],
    })),
  };
}

export function markdownOf(story: Article, body: PortableText, site: SiteFace, pixelUrl: string): string {
  const { title, standfirst, byline, url, rights } = story;
  const { attributionUrl, usageTerms, licenceUrl } = rights;
  const names = byline.map(({ name }) => name).join(', ');
  const terms = usageTerms ?? licenceUrl;
  const text = toMarkdown([
    // A heading of Markdown ends with its line.
    line('h1', { text: title.replaceAll(/\s+/g, ' ') }),
    ...(standfirst ? [line('normal', { text: standfirst, strong: true })] : []),
    ...(names ? [line('normal', { text: names })] : []),
    ...body,
    ...correctionsOf(story, site).map((text) => line('normal', { text })),
    { _type: 'divider', _key: 'divider' },
    line(
      'normal',
      { text: title, href: url },
      { text: ' · ' },
      { text: rights.holder ?? site.name, href: attributionUrl },
    ),
    ...(terms ? [line('normal', { text: terms, href: licenceUrl })] : []),
    { _type: 'image', _key: 'pixel', src: pixelUrl, alt: '' },
  ]);
  return `${text}\n`;
}
