// Kinds of stories, what a headline is, and what a correction is; shared by the public side and the desk.
import { type Static, Type } from 'typebox';
import { closed, DateTime, oneOf, Text } from '../../schemas.ts';

export const KINDS = ['news', 'analysis', 'interview', 'opinion', 'live', 'gallery', 'video', 'page'] as const;
export type Kind = (typeof KINDS)[number];

export const KindSchema = oneOf([...KINDS], {
  $id: 'Kind',
  description: 'Kind of story; pages (about, contacts) stand in no list unless asked for by kind',
});

/** Of blanks alone, it would be a link without a text in every list, and no title where feeds and news sitemaps need one. */
export const Headline = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '\\S',
  description: 'One character at least that is not a blank',
});

const CorrectionSchema = closed(
  { at: DateTime, text: Text(2000, 'What was wrong and what is right') },
  { description: 'A correction, shown in public with its own time' },
);
export type Correction = Static<typeof CorrectionSchema>;
export const Corrections = Type.Array(CorrectionSchema, { maxItems: 100 });
