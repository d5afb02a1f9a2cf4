// What a UUID looks like (RFC 9562), in patterns and alone: of any version and in either case, as others may write it. It makes none.

/** A part of patterns, as JavaScript, Postgres and the document all read it. */
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
export const UUID_ALONE = `^${UUID}$`;

const ALONE = new RegExp(UUID_ALONE);
export const isUuid = (text: string): boolean => ALONE.test(text);
