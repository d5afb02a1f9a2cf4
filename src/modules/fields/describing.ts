// Puts the public custom fields of this newsroom into the OpenAPI document: the values of each kind of story, the filters of lists, the
// parts that may be asked for. Internal ones stay out, since anybody may read the document.
import { Id, Key, keywordsOf } from '../../schemas.ts';
import { KINDS, type Kind } from '../articles/kinds.ts';
import type { PublicField } from './filtering.ts';

type Json = Record<string, unknown>;
interface Parameter {
  name?: string;
  in?: string;
  schema?: { items?: { anyOf?: { enum?: string[] }[] } & Json } & Json;
}
interface Described {
  paths?: Record<string, Record<string, { parameters?: Parameter[] }>>;
  components?: { schemas?: Record<string, Json> };
}

/** What readers get, and what they filter by; where these differ, the desk takes the second. */
const TYPES: Readonly<Record<PublicField['type'], { shown: Json; given?: Json }>> = {
  text: { shown: { type: 'string', minLength: 1, maxLength: 2000 } },
  number: { shown: { type: 'number' } },
  boolean: { shown: { type: 'boolean' } },
  date: { shown: { type: 'string', format: 'date' } },
  choice: { shown: { type: 'string' } },
  article: {
    shown: {
      type: 'string',
      pattern: keywordsOf(Id).pattern,
      description: 'Id of a story that is public in some language',
    },
  },
  tag: {
    shown: { type: 'string', pattern: keywordsOf(Key).pattern, description: 'Key of a tag' },
    given: {
      type: 'string',
      pattern: `${keywordsOf(Key).pattern}|${keywordsOf(Id).pattern}`,
      description: 'Key or id of a tag',
    },
  },
};

const schemaOf = ({ type, choices, title }: PublicField, use: 'shown' | 'given'): Json => ({
  title,
  ...(TYPES[type][use] ?? TYPES[type].shown),
  ...(type === 'choice' && { enum: choices }),
});
const nullable = (schema: Json): Json => ({ title: schema.title, anyOf: [{ ...schema }, { type: 'null' }] });

const byKey = (fields: readonly PublicField[], describe: (field: PublicField) => Json): Json =>
  Object.fromEntries(fields.map((field) => [field.key, describe(field)]));

const nameOf = (kind: Kind) => `ExtraOf${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

const FILTERED = ['/v1/articles', '/v1/search', '/v1/feeds/rss', '/v1/feeds/atom', '/v1/feeds/json', '/v1/ninjs'];

/** @param document that of the routes; it is not changed */
export function describeFields<Document extends object>(document: Document, fields: readonly PublicField[]): Document {
  if (fields.length === 0) return document;
  const copy = structuredClone(document);
  const { paths = {}, components: { schemas = {} } = {} } = copy as Described;
  describeValues(schemas, fields);
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const parameter of operation.parameters ?? [])
      if (parameter.name === 'fields') describeParts(parameter, fields);
  }
  const filters = fields.filter(({ filterable }) => filterable).map(filterOf);
  for (const path of FILTERED) paths[path]?.get?.parameters?.push(...filters);
  return copy;
}

function describeValues(schemas: Record<string, Json>, fields: readonly PublicField[]): void {
  for (const kind of KINDS) {
    const own = fields.filter(({ kinds }) => kinds.length === 0 || kinds.includes(kind));
    schemas[nameOf(kind)] = {
      type: 'object',
      additionalProperties: false,
      properties: byKey(own, (field) => schemaOf(field, 'shown')),
      description: `Values of public custom fields of a story of the kind ${kind}; a field without a value is absent`,
    };
  }
  const { description } = schemas.Extra ?? {};
  schemas.Extra = { description, anyOf: KINDS.map((kind) => ({ $ref: `#/components/schemas/${nameOf(kind)}` })) };
  for (const [name, localised] of [
    ['Story', false],
    ['Draft', true],
  ] as const) {
    const own = fields.filter((field) => field.localised === localised);
    Object.assign(schemas[`${name}Extra`] ?? {}, {
      // Links as ids.
      properties: byKey(own, (field) =>
        field.type === 'tag'
          ? { title: field.title, type: 'string', pattern: keywordsOf(Id).pattern }
          : schemaOf(field, 'shown'),
      ),
    });
    Object.assign(schemas[`${name}ExtraInput`] ?? {}, {
      properties: byKey(own, (field) => nullable(schemaOf(field, 'given'))),
    });
  }
}

function describeParts({ schema }: Parameter, fields: readonly PublicField[]): void {
  const known = schema?.items?.anyOf?.[0]?.enum;
  if (!schema || !known) return;
  schema.items = { type: 'string', enum: [...known, ...fields.map(({ key }) => `extra.${key}`)] };
}

const filterOf = (field: PublicField): Parameter & Json => ({
  name: `extra.${field.key}`,
  in: 'query',
  required: false,
  description: `With any of these values of the custom field ${field.title}`,
  style: 'form',
  explode: false,
  schema: { type: 'array', minItems: 1, maxItems: 20, items: schemaOf(field, 'given') },
});
