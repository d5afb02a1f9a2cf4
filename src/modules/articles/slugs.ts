// Proposes the slug of a text in its own script: nothing is transliterated. Whether the slug is free is for the database to say.

/** Code points, as JSON Schema counts them. */
const MAX_LENGTH = 100;
/** What the schema of slugs does not take; a capital that has no small letter (such as 𝐀) is among it. */
const OTHER = /[^\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}]+/gu;

/** @returns '' where the text has no letter and no digit */
export function slugOf(text: string, locale: string): string {
  // In Turkish and Azerbaijani I becomes ı, and İ becomes i.
  const words = text
    .normalize('NFC')
    .toLocaleLowerCase(locale)
    .normalize('NFC')
    .replace(OTHER, '-')
    .replace(/^-|-$/g, '');
  return shorten(words, locale).replace(/-$/, '');
}

/** Cuts between graphemes: a letter keeps its marks. */
function shorten(text: string, locale: string): string {
  let slug = '';
  let length = 0;
  for (const { segment } of new Intl.Segmenter(locale, { granularity: 'grapheme' }).segment(text)) {
    length += [...segment].length;
    if (length > MAX_LENGTH) break;
    slug += segment;
  }
  return slug;
}
