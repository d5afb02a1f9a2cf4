// Cuts stories down to the fields that were asked for. It adds nothing.
import { CARD_FIELDS, type SparseArticle } from './schemas.ts';

/** Which ready text holds all of these fields. */
export const textFor = (fields: readonly string[] | undefined): 'card' | 'document' =>
  fields?.some((field) => !CARD_FIELDS.has(field)) ? 'document' : 'card';

export function pickFields(story: SparseArticle, fields: readonly string[]): SparseArticle {
  const wanted = new Set(['id', 'locale', ...fields.map((field) => field.split('.')[0])]);
  const picked: Record<string, unknown> = Object.fromEntries(
    Object.entries(story).filter(([name]) => wanted.has(name)),
  );
  const parts = fields.filter((field) => field.startsWith('body.')).map((field) => field.slice('body.'.length));
  if (parts.length > 0 && !fields.includes('body')) {
    picked.body = Object.fromEntries(Object.entries(story.body ?? {}).filter(([name]) => parts.includes(name)));
  }
  return picked;
}
