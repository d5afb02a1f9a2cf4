// Checks the values that an editor gives to custom fields against their definitions, and turns the links among them into ids. To be
// called under the lock of surroundings, so that no definition is changed meanwhile. It stores nothing.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { isUuid } from '../../patterns.ts';
import { escapePointer, nearest } from '../../pointing.ts';
import { TAG, termIdsOf } from '../taxonomy/naming.ts';
import { listFields } from './queries.ts';
import type { Field } from './schemas.ts';
import { type Extra, isDate } from './values.ts';

export interface GivenExtra {
  kind: string;
  /** Those of a draft; else those of the story. */
  localised: boolean;
  /** A merge patch: null takes away. */
  extra: Extra;
  /** To what holds `extra` in the request. */
  pointer: string;
}
export interface ReadExtra {
  /** A merge patch, with the ids of what is linked to. */
  extra: Extra;
  /** Of these the audit log does not hold the values. */
  texts: string[];
}

const MOST_ERRORS = 20;

/** @throws Problem validation_failed, or unknown_reference for links, with a pointer to each value */
export async function readExtras(tx: Db, given: readonly GivenExtra[]): Promise<ReadExtra[]> {
  if (given.every(({ extra }) => Object.keys(extra).length === 0)) return given.map(() => ({ extra: {}, texts: [] }));
  const fields = new Map((await listFields(tx)).map((field) => [field.key, field]));
  const values = given.flatMap(({ extra, ...place }, at) =>
    Object.entries(extra).map(([key, value]) => {
      return { ...place, at, key, value, pointer: `${place.pointer}/extra/${escapePointer(key)}` };
    }),
  );
  const errors = values.flatMap(({ key, value, kind, localised, pointer }): ProblemDetail[] => {
    const field = fields.get(key);
    const fault = field ? faultOf(field, value, kind, localised) : unknown(key, kind, localised, [...fields.values()]);
    return fault ? [{ pointer, ...fault }] : [];
  });
  if (errors.length > 0) throw new Problem('validation_failed', { errors: errors.slice(0, MOST_ERRORS) });

  const links = values.flatMap(({ key, value, pointer }) => {
    const type = fields.get(key)?.type;
    return typeof value === 'string' && (type === 'article' || type === 'tag') ? [{ type, value, pointer }] : [];
  });
  const idOf = await findLinked(tx, links);
  const missing = links.filter(({ type, value }) => idOf(type, value) === undefined);
  if (missing.length > 0) {
    throw new Problem('unknown_reference', {
      errors: missing.slice(0, MOST_ERRORS).map(({ value, pointer }) => {
        return { pointer, code: 'unknown', message: `${value} does not exist` };
      }),
    });
  }
  return given.map(({ extra }) => ({
    extra: Object.fromEntries(
      Object.entries(extra).map(([key, value]) => {
        const type = fields.get(key)?.type ?? 'text';
        return [key, typeof value === 'string' ? (idOf(type, value) ?? value) : value];
      }),
    ),
    texts: Object.keys(extra).filter((key) => fields.get(key)?.type === 'text'),
  }));
}

type Fault = Omit<ProblemDetail, 'pointer'>;

function unknown(key: string, kind: string, localised: boolean, fields: Field[]): Fault {
  const known = fields.filter((field) => field.localised === localised && isOf(field, kind)).map((field) => field.key);
  const meant = nearest(key, known, 'the nearest one here is');
  return { code: 'unknown', message: `is no custom field of this newsroom${meant}` };
}

const isOf = ({ kinds }: Pick<Field, 'kinds'>, kind: string) =>
  kinds.length === 0 || (kinds as string[]).includes(kind);

function faultOf(field: Field, value: Extra[string], kind: string, localised: boolean): Fault | null {
  if (field.localised !== localised) {
    const where = field.localised ? 'for each language, in its draft' : 'for all languages, in the story';
    return { code: 'misplaced', message: `this field has its value ${where}` };
  }
  // What a story must not hold may still be taken away.
  if (value === null || value === undefined) return null;
  if (!isOf(field, kind))
    return { code: 'kind', message: `this field is for stories of the kind ${field.kinds.join(', ')}, not ${kind}` };
  const [fits, expected] = RULES[field.type];
  if (!fits(value)) return { code: 'type', message: `must be ${expected}` };
  if (field.type === 'choice' && !(field.choices as unknown[]).includes(value))
    return { code: 'choice', message: `must be one of ${field.choices.join(', ')}` };
  return null;
}

const RULES: Readonly<Record<Field['type'], readonly [fits: (value: unknown) => boolean, expected: string]>> = {
  text: [(value) => typeof value === 'string', 'a text'],
  // JSON has numbers that no double holds, such as 1e999.
  number: [(value) => Number.isFinite(value), 'a number'],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  date: [(value) => typeof value === 'string' && isDate(value), 'a date that exists, as 2026-05-26'],
  choice: [(value) => typeof value === 'string', 'one of the choices'],
  article: [(value) => typeof value === 'string' && isUuid(value), 'the id of a story'],
  tag: [(value) => typeof value === 'string', 'the key or id of a tag'],
};

/** What lies in the trash is not there to be linked to. */
async function findLinked(tx: Db, links: readonly { type: 'article' | 'tag'; value: string }[]) {
  const of = (wanted: 'article' | 'tag') => [
    ...new Set(links.flatMap(({ type, value }) => (type === wanted ? [value] : []))),
  ];
  const [articles, tags] = [of('article').map((id) => id.toLowerCase()), of('tag')];
  const known = new Map<string, string>();
  if (articles.length + tags.length > 0) {
    const given: SQL = sql`(select ${sql.param(tags)}::text[] as tags)`;
    const { rows } = await tx.execute<{ articles: string[] | null; tags: Record<string, string> | null }>(sql`
      with wanted as ${given}
      select (select array_agg(id::text) from articles where id = any(${sql.param(articles)}::uuid[]) and deleted_at is null) as articles,
        ${sql.raw(termIdsOf(TAG, '(select tags from wanted)'))} as tags`);
    for (const id of rows[0]?.articles ?? []) known.set(`article:${id}`, id);
    for (const [name, id] of Object.entries(rows[0]?.tags ?? {})) known.set(`tag:${name}`, id);
  }
  return (type: Field['type'], value: string) =>
    known.get(`${type}:${type === 'article' ? value.toLowerCase() : value}`);
}

/** What the audit log tells of values: of a text, that there is one. */
export const loggedExtra = (extra: Extra, keys: readonly string[], texts: readonly string[]): Extra =>
  Object.fromEntries(
    keys.map((key) => {
      const value = Object.hasOwn(extra, key) ? (extra[key] ?? null) : null;
      return [key, value !== null && texts.includes(key) ? '…' : value];
    }),
  );
