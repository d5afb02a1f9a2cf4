// Turns the values that a snapshot holds into what readers see of them: public fields alone, tags by their present key, articles only
// where they are public. It reads no database: what stands around is given.
import { isUuid } from '../../patterns.ts';
import type { Delivered, Extra, FieldType } from './values.ts';

/** Public definitions by key, and what the values link to. */
export interface ExtraSurroundings {
  fields: ReadonlyMap<string, { id: string; type: FieldType; filterable: boolean }>;
  /** Keys of tags, by id. */
  linkedTags: ReadonlyMap<string, string>;
  /** Ids of those that are public in any language. */
  linkedArticles: ReadonlySet<string>;
}

export interface Shown {
  key: string;
  value: Delivered[string];
  /** What lists are filtered by; null where they are not. */
  facet: { fieldId: string; value: string } | null;
}

/** In order of key: the same story has the same text whatever the order in which its fields were filled in. */
export function showExtra(extra: Extra | undefined, around: ExtraSurroundings): Shown[] {
  return Object.entries(extra ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, stored]): Shown[] => {
      const field = around.fields.get(key);
      const value = field && shownAs(field.type, stored, around);
      if (!field || value === null || value === undefined) return [];
      return [{ key, value, facet: field.filterable ? { fieldId: field.id, value: String(stored) } : null }];
    });
}

function shownAs(
  type: FieldType,
  stored: Extra[string],
  { linkedTags, linkedArticles }: ExtraSurroundings,
): Delivered[string] | null {
  if (type === 'tag') return linkedTags.get(String(stored)) ?? null;
  if (type === 'article') return linkedArticles.has(String(stored)) ? String(stored) : null;
  return stored;
}

export const deliveredExtra = (extra: Extra | undefined, around: ExtraSurroundings): Delivered =>
  Object.fromEntries(showExtra(extra, around).map(({ key, value }) => [key, value]));

/** What may be an id of a tag or of a story; a text that looks like one does no harm. */
export const linkedIn = (extra: Extra | undefined): string[] =>
  Object.values(extra ?? {}).filter((value) => typeof value === 'string' && isUuid(value)) as string[];
