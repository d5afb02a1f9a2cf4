// Parts that patterns are made of: a UUID, and a text that stands for itself. It matches nothing by itself but a whole UUID.

/** Of any version and in either case (RFC 9562), as others may write it. JavaScript, Postgres and the document all read it alike. */
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
export const UUID_ALONE = `^${UUID}$`;

const ALONE = new RegExp(UUID_ALONE);
export const isUuid = (text: string): boolean => ALONE.test(text);

/** A text in a pattern, with nothing in it that patterns give a meaning to. RegExp.escape() is not there before Node 24. */
export const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
