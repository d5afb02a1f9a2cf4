// What a custom field can hold. It checks nothing.

export const FIELD_TYPES = ['text', 'number', 'boolean', 'date', 'choice', 'article', 'tag'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** By the key of the field. Dates are RFC 3339 full dates, links are ids. */
export type Extra = Record<string, string | number | boolean | null>;
