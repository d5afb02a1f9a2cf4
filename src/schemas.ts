// Atoms of the wire that every module shares: ids, slugs, locales, times, pages. It holds no noun of the newsroom.
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { type Documented, documented } from './conditions.ts';
import { UUID, UUID_ALONE } from './patterns.ts';

/** What a schema says beside its type (JSON Schema 2020-12), which TypeBox's types do not tell. */
interface Keywords {
  $id?: string;
  type?: string;
  description?: string;
  pattern?: string;
  required?: string[];
  minProperties?: number;
}
export const keywordsOf = (schema: TSchema): Keywords => schema;

/** A named component of the OpenAPI document, referred to by its $id. */
export function ref<T extends TSchema>(schema: T) {
  const { $id } = keywordsOf(schema);
  if (!$id) throw new Error('only a schema with $id can be referred to');
  return Type.Unsafe<Static<T>>(Type.Ref($id));
}

/** A closed object: unknown members are refused, never stripped. */
export function closed<T extends TProperties>(
  properties: T,
  options: { $id?: string; description?: string } & Documented = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** Query parameters: closed, flat; arrays are comma-separated (`style: form`, `explode: false`, OpenAPI 3.1 section 4.8.12). */
export function query<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, style: 'form', explode: false });
}

/** For addresses that others write, such as social networks with their `fbclid`: what is not known is passed over, however often it comes. */
export function openQuery<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: true, style: 'form', explode: false });
}

/** Any of the given strings, in OpenAPI as `enum`. */
export function oneOf<const T extends string[]>(
  values: T,
  options: { $id?: string; description?: string; default?: T[number] } = {},
) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options });
}

/** A comma-separated list in a query. */
export function list<T extends TSchema>(
  items: T,
  options: { description?: string; maxItems?: number; default?: Static<T>[] } & Documented = {},
) {
  return Type.Array(items, { minItems: 1, maxItems: 20, ...options });
}

export const nullable = <T extends TSchema>(schema: T, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);

export const Id = Type.String({
  pattern: UUID_ALONE,
  maxLength: 36,
  description: 'UUID (RFC 9562), version 7 where we made it',
});
/**
 * Lower-case ASCII letters, digits, and anything beyond ASCII: as close as a pattern comes that every tool reads alike. Many compile patterns
 * without the flag `u`, to whom \p{Ll} says nothing; the format `slug` (validation.ts) is the exact rule.
 */
const SLUG_WORD = '[^\\u0000-\\u002f\\u003a-\\u0060\\u007b-\\u007f]+';
/** NFC, lower case, letters and digits of any script, joined by single hyphens. */
export const Slug = Type.String({
  format: 'slug',
  pattern: `^${SLUG_WORD}(-${SLUG_WORD})*$`,
  minLength: 1,
  maxLength: 200,
  description:
    'Lower-case letters and digits of any script joined by hyphens, in Unicode NFC; unique within its locale',
});
const KEY = '[a-z0-9]+(-[a-z0-9]+)*';
export const Key = Type.String({
  pattern: `^${KEY}$`,
  maxLength: 80,
  description: 'Stable, language-neutral key: lower-case ASCII letters and digits joined by hyphens',
});
export const KEY_OR_ID = `^(${KEY}|${UUID})$`;
/** A key or an id, as `region`, `tag` and `contributor` take it. */
export const KeyOrId = Type.String({
  pattern: KEY_OR_ID,
  maxLength: 80,
  description: 'Key or id',
});
const LANGUAGE_TAG = '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$';
export const Locale = Type.String({
  pattern: LANGUAGE_TAG,
  maxLength: 35,
  description: 'BCP 47 language tag (RFC 5646), or an alias of one that the newsroom declares',
});
/** As a parameter of what readers are answered. */
export const AskedLocale = Type.String({
  ...Locale,
  description: 'Language of the answer: a tag (BCP 47, RFC 5646) or an alias; without it, the default one of the site',
});
/** As a parameter of what counts a view. */
export const ReadLocale = Type.String({
  ...Locale,
  description:
    'Language that was read: a tag (BCP 47, RFC 5646) or an alias; without it, the default one of the site, or where the story is not public in it, the one in which it was first',
});
/** As a parameter of lists of the desk. */
export const onlyIn = (what: string) =>
  Type.String({ ...Locale, description: `${what} in this language alone: a tag (BCP 47, RFC 5646) or an alias` });
/** Where no alias will do. */
export const LocaleTag = Type.String({
  ...Locale,
  description: 'BCP 47 tag (RFC 5646) of a language of the newsroom, as it is spelt there',
});
/** Of what RFC 3339 allows, the years that Date and Postgres spell alike, and seconds and offsets that they know (validation.ts). */
export const YEAR = '(\\d{3}[1-9]|\\d{2}[1-9]0|\\d[1-9]00|[1-9]000)';
export const DAY = `${YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])`;
const TIME = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?';
/** The pattern is for the document: the server says that the format is wrong, which is what a pattern would say at more length. */
export const dateTime = (description: string) =>
  Type.String({
    format: 'date-time',
    maxLength: 40,
    description,
    ...documented({ pattern: `^${DAY}[Tt]${TIME}([Zz]|[+-](0\\d|1[0-5]):[0-5]\\d)$` }),
  });
export const DateTime = dateTime('Date and time with offset (RFC 3339)');
export const date = (description: string) =>
  Type.String({ format: 'date', maxLength: 10, description, ...documented({ pattern: `^${DAY}$` }) });
export const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2 country code' });
export const WebUrl = Type.String({
  format: 'uri',
  pattern: '^https?://',
  maxLength: 2000,
  description: 'Absolute http or https URL',
});
export const Text = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description ? { description } : {}) });
/**
 * One member per locale, as {"en": ...}. `propertyNames` says once more what the pattern says, for the document: there, @fastify/swagger
 * makes `patternProperties` into `additionalProperties`, by which any name would do.
 */
export const byLocale = <T extends TSchema>(
  schema: T,
  options: { description?: string; minProperties?: number; maxProperties?: number } = {},
) =>
  Type.Record(Type.String({ pattern: LANGUAGE_TAG }), schema, {
    propertyNames: { pattern: LANGUAGE_TAG },
    additionalProperties: false,
    ...options,
  });
export const Localised = (maxLength: number, description: string) =>
  byLocale(Text(maxLength), { description: `${description}; one text per locale` });
export const Version = Type.Integer({
  minimum: 1,
  description: 'Grows with every change; the value for If-Match, in quotes',
});

export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      // Only what a Postgres integer holds, as parseIfMatch (preconditions.ts) reads it.
      pattern: '^"[1-9][0-9]{0,8}"$',
      description: 'The version that the change is based on, in quotes: "3" (RFC 9110 section 13.1.1)',
    }),
  ),
});

export const Limit = Type.Integer({
  minimum: 1,
  maximum: 100,
  default: 20,
  description: 'Items per page; above 100 is refused',
});
export const Cursor = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  maxLength: 400,
  description: 'Opaque position from `links.next` or `links.prev`, valid with the same filters only',
});

/** Of lists that are walked and not filtered. */
export const PageQuery = query({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
/** Of what is read in one language, whole. */
export const LocaleQuery = query({ locale: Type.Optional(AskedLocale) });

/* What stands around the data of an answer. */

export const Links = closed({ self: Type.String({ description: 'This answer' }) }, { $id: 'Links' });
export const PageLinks = closed(
  {
    self: Type.String({ description: 'This page' }),
    next: nullable(Type.String(), { description: 'The next page, or null at the end' }),
    prev: nullable(Type.String(), { description: 'The previous page, or null at the start' }),
  },
  { $id: 'PageLinks' },
);
export type PageLinks = Static<typeof PageLinks>;
export const NoMeta = closed({}, { $id: 'NoMeta', description: 'Nothing more is said of this answer' });
export const LocaleMeta = closed(
  { requestedLocale: Locale, locale: Locale },
  { $id: 'LocaleMeta', description: 'The language that was asked for, and that of the answer' },
);
