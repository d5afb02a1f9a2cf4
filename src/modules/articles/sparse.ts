// Cuts stories down to the fields that were asked for. It adds nothing.
import { CARD_FIELDS, type SparseArticle } from './schemas.ts';

/** Which ready text holds all of these fields. */
export const textFor = (fields: readonly string[] | undefined): 'card' | 'document' =>
  fields?.some((field) => !CARD_FIELDS.has(field) && !field.startsWith('extra.')) ? 'document' : 'card';

export function pickFields(story: SparseArticle, fields: readonly string[]): SparseArticle {
  const wanted = new Set(['id', 'locale', 'isFallback', ...fields.map((field) => field.split('.')[0])]);
  const picked: Record<string, unknown> = Object.fromEntries(
    Object.entries(story).filter(([name]) => wanted.has(name)),
  );
  for (const whole of ['body', 'extra'] as const) {
    const prefix = `${whole}.`;
    const parts = fields.filter((field) => field.startsWith(prefix)).map((field) => field.slice(prefix.length));
    if (parts.length > 0 && !fields.includes(whole))
      picked[whole] = Object.fromEntries(Object.entries(story[whole] ?? {}).filter(([name]) => parts.includes(name)));
  }
  // Every story has an id and a locale, and they are among what is wanted.
  return picked as SparseArticle;
}
