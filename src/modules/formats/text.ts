// A story as plain text: title, standfirst, byline, body, corrections, licence line, addresses. It marks nothing up.
import type { Article } from '../articles/schemas.ts';
import type { SiteFace } from '../site/face.ts';
import { aboutOf, addressesOf, correctionsOf, termsOf } from './lines.ts';

export const textOf = (story: Article, site: SiteFace): string =>
  [
    story.title,
    story.standfirst,
    aboutOf(story, site).join('\n'),
    story.body.text,
    correctionsOf(story, site).join('\n'),
    [...termsOf(story), ...addressesOf(story)].join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
