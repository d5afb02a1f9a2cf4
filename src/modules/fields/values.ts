// What a custom field can hold. It checks nothing.

export const FIELD_TYPES = ['text', 'number', 'boolean', 'date', 'choice', 'article', 'tag'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** By the key of the field. Dates are RFC 3339 full dates, links are ids. */
export type Extra = Record<string, string | number | boolean | null>;

/** As readers see it: articles by id, tags by key. */
export type Delivered = Record<string, string | number | boolean>;

/** An RFC 3339 full-date that there is: Date rolls 30 February over to March, and Postgres knows no year 0. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text < '0001') return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).getUTCDate() === Number(text.slice(8));
}
