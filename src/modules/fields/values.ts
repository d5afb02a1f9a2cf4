// What a custom field can hold. It checks nothing.

/** By the key of the field. Dates are RFC 3339 full dates, links are ids. */
export type Extra = Record<string, string | number | boolean | null>;
