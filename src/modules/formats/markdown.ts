// A story as Markdown: title, standfirst, byline, picture, body, corrections, licence line, addresses. Whatever they are called, they stay text.
import type { Article } from '../articles/schemas.ts';
import { absoluteIn } from '../body/absolute.ts';
import { paragraph, toMarkdown, type Written } from '../body/writing.ts';
import type { Image } from '../media/schemas.ts';
import type { SiteFace } from '../site/face.ts';
import { aboutOf, addressesOf, correctionsOf, termsOf } from './lines.ts';

export function markdownOf(story: Article, site: SiteFace): string {
  const head = [
    // A heading of Markdown ends with its line.
    paragraph(story.title.replaceAll(/\s+/g, ' '), { style: 'h1' }),
    ...(story.standfirst ? [paragraph(story.standfirst, { marks: ['strong'] })] : []),
    ...aboutOf(story, site).map((line) => paragraph(line)),
    ...(story.image ? [pictureOf(story.image)] : []),
  ];
  const foot = [
    { _type: 'divider' as const, _key: 'd' },
    ...[...correctionsOf(story, site), ...termsOf(story)].map((line) => paragraph(line)),
    ...addressesOf(story).map((href) => paragraph(href, { href })),
  ];
  return `${toMarkdown([...head, ...absoluteIn(story.body.portableText ?? [], site.baseUrl), ...foot])}\n`;
}

const pictureOf = ({ url, alt, caption, credit }: Image): Written => ({
  _type: 'image',
  _key: 'picture',
  src: url,
  alt,
  ...(caption && { caption }),
  ...(credit && { credit }),
});
