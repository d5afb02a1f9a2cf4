// Reads what a public request names of custom fields: filters as `extra.<key>`, and parts as `fields=extra.<key>`. Public definitions
// alone are known here, to the database role as well: an internal field and one that is not there are the same.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { invalid, Problem, type ProblemDetail } from '../../errors.ts';
import { isUuid } from '../../patterns.ts';
import { nearest } from '../../pointing.ts';
import { KEY_OR_ID } from '../../schemas.ts';
import type { WantedExtra } from '../articles/listing-keys.ts';
import { TAG, termIdsOf } from '../taxonomy/naming.ts';
import { type FieldType, isDate } from './values.ts';

const PUBLIC_FIELDS: Statement = {
  name: 'public_fields',
  isOfNames: true,
  text: `select id, key, type, choices, kinds, localised, filterable,
      coalesce(label ->> (select default_locale from site), (select min(name) from jsonb_each_text(label) x(locale, name))) as title
    from fields where public order by position, key`,
};
const TAG_IDS: Statement = { name: 'tag_ids', isOfNames: true, text: `select ${termIdsOf(TAG, '$1::text[]')} as tags` };

export interface PublicField {
  id: string;
  key: string;
  /** In the language of the site, or any. */
  title: string;
  type: FieldType;
  choices: string[];
  kinds: string[];
  localised: boolean;
  filterable: boolean;
}
export const listPublicFields = (db: PublicDb): Promise<PublicField[]> => db.query<PublicField>(PUBLIC_FIELDS, []);

const PREFIX = 'extra.';
const MOST_VALUES = 20;
const MOST_FILTERS = 8;

/** @throws Problem validation_failed, or unknown_reference for a tag, naming each parameter */
export async function resolveExtraFilters(
  db: PublicDb,
  query: Readonly<Record<string, unknown>>,
): Promise<WantedExtra[]> {
  const given = Object.entries(query).filter(([name]) => name.startsWith(PREFIX)) as [string, string][];
  if (given.length === 0) return [];
  if (given.length > MOST_FILTERS) {
    const message = `no more than ${MOST_FILTERS} custom fields in one request`;
    throw invalid({ parameter: given[MOST_FILTERS]?.[0] ?? '' }, message, 'too_many');
  }
  const fields = (await listPublicFields(db)).filter(({ filterable }) => filterable);
  const errors: ProblemDetail[] = [];
  const read = given.flatMap(([parameter, text]) => {
    const field = fields.find(({ key }) => PREFIX + key === parameter);
    const values = text.split(',');
    const fault = field
      ? faultOf(field, values)
      : {
          code: 'unknown',
          message: `unknown parameter${nearest(
            parameter,
            fields.map(({ key }) => PREFIX + key),
          )}`,
        };
    if (fault) errors.push({ parameter, ...fault });
    return field && !fault ? [{ parameter, field, values }] : [];
  });
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
  const tagIds = await resolveTags(
    db,
    read.filter(({ field }) => field.type === 'tag'),
  );
  return read.map(({ field, values }) => ({
    fieldId: field.id,
    values: [...new Set(values.map((value) => storedAs(field.type, value, tagIds)))].sort(),
  }));
}

const storedAs = (type: FieldType, value: string, tagIds: ReadonlyMap<string, string>): string => {
  if (type === 'tag') return tagIds.get(value) ?? value;
  return type === 'article' ? value.toLowerCase() : value;
};

const NAME = new RegExp(KEY_OR_ID);
/** One spelling of each value, as everywhere in parameters: one page has one address. */
const SPELLING: Readonly<Record<Exclude<FieldType, 'text' | 'choice'>, readonly [(value: string) => boolean, string]>> =
  {
    number: [(value) => value !== '' && JSON.stringify(Number(value)) === value, 'a number in its shortest form'],
    boolean: [(value) => value === 'true' || value === 'false', 'true or false'],
    date: [isDate, 'a date that exists, as 2026-05-26'],
    article: [isUuid, 'the id of a story'],
    tag: [(value) => value.length <= 80 && NAME.test(value), 'the key or id of a tag'],
  };

function faultOf({ type, choices }: PublicField, values: string[]): Omit<ProblemDetail, 'parameter'> | null {
  if (values.length > MOST_VALUES) return { code: 'maxItems', message: `must not have more than ${MOST_VALUES} items` };
  if (type === 'choice') {
    const isFine = values.every((value) => choices.includes(value));
    return isFine ? null : { code: 'enum', message: `must be one of ${choices.join(', ')}` };
  }
  if (type === 'text') return { code: 'unknown', message: 'lists are not filtered by texts' };
  const [fits, expected] = SPELLING[type];
  return values.every(fits) ? null : { code: 'type', message: `must be ${expected}` };
}

async function resolveTags(
  db: PublicDb,
  wanted: { parameter: string; values: string[] }[],
): Promise<ReadonlyMap<string, string>> {
  const names = wanted.flatMap(({ values }) => values);
  if (names.length === 0) return new Map();
  const [row] = await db.query<{ tags: Record<string, string> | null }>(TAG_IDS, [names]);
  const known = new Map(Object.entries(row?.tags ?? {}));
  const errors = wanted.flatMap(({ parameter, values }) =>
    values
      .filter((value) => !known.has(value))
      .map((value): ProblemDetail => ({ parameter, code: 'unknown', message: `${value} does not exist` })),
  );
  if (errors.length > 0) throw new Problem('unknown_reference', { errors });
  return known;
}

/** @throws Problem validation_failed for a part of `extra` that no public field is */
export async function checkParts(db: PublicDb, parts: readonly string[] | undefined): Promise<void> {
  const named = parts?.filter((part) => part.startsWith(PREFIX)) ?? [];
  if (named.length === 0) return;
  const known = (await listPublicFields(db)).map(({ key }) => PREFIX + key);
  const unknown = named.filter((part) => !known.includes(part));
  if (unknown.length === 0) return;
  throw new Problem('validation_failed', {
    errors: unknown.map((part) => {
      return { parameter: 'fields', code: 'unknown', message: `${part} is no field${nearest(part, known)}` };
    }),
  });
}
