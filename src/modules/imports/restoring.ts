// Puts lines of an export back, under the same ids, dates and addresses. What is there already and is the same is left alone; what is there and
// differs is refused, but for the site and its languages, which every newsroom has. It is given an open transaction and ends none.
import { isDeepStrictEqual } from 'node:util';
import { type TSchema, Type } from 'typebox';
import type { Db } from '../../db/client.ts';
import { isUuid } from '../../patterns.ts';
import { nullable, oneOf } from '../../schemas.ts';
import { buildValidator } from '../../validation.ts';
import { Corrections, KINDS } from '../articles/kinds.ts';
import { BodyProblem } from '../body/problem.ts';
import { readBody } from '../body/reading.ts';
import { PortableText, type PortableTextInput } from '../body/schemas.ts';
import { columnsOf, RECORDS, type RecordType, selectRecords } from '../exports/records.ts';
import { Rights } from '../site/schemas.ts';
import type { RecordLine } from './preparing.ts';
import type { Outcome } from './sorting.ts';
import { nothingMade } from './terms.ts';
import { type Row, writeRecords } from './writing.ts';

const typeOf = ({ record }: RecordLine): RecordType | undefined => RECORDS.find(({ name }) => name === record.record);
/** Of the row that it is a line of. */
export const identityOf = (line: RecordLine): string =>
  JSON.stringify([line.record.record, ...(typeOf(line)?.key ?? []).map((name) => String(line.record[name]))]);

const REPLACED = new Set(['site', 'locale', 'follows']);

/** @param lines of one kind, each once. @throws Problem, or what the database says; then nothing of it may be committed */
export async function restoreRecords(tx: Db, lines: RecordLine[]): Promise<Outcome> {
  const outcome: Outcome = { created: [], updated: [], unchanged: [], refused: [], made: nothingMade() };
  const [first] = lines;
  const type = first && typeOf(first);
  const refuse = ({ number }: RecordLine, reason: string) => outcome.refused.push({ line: number, reason });
  if (!type) {
    for (const line of lines) refuse(line, `/record ${JSON.stringify(line.record.record)?.slice(0, 60)} is not known`);
    return outcome;
  }
  const fine: RecordLine[] = [];
  for (const line of lines) {
    const reason = await wrongWith(type, line.record);
    if (reason === null) fine.push(line);
    else refuse(line, reason);
  }
  const keyOf = (record: Row) => JSON.stringify(type.key.map((name) => String(record[name])));
  const there = await findStored(tx, type, fine, keyOf);
  const fresh: RecordLine[] = [];
  const changed: RecordLine[] = [];
  for (const line of fine) {
    const stored = there.get(keyOf(line.record));
    if (stored === undefined) fresh.push(line);
    else if (isDeepStrictEqual(stored, line.record)) outcome.unchanged.push(line.number);
    else if (REPLACED.has(type.name)) changed.push(line);
    else refuse(line, 'it is there already, and differs');
  }
  await writeRecords(
    tx,
    type,
    fresh.map(({ record }) => record),
    changed.map(({ record }) => record),
  );
  outcome.created.push(...fresh.map(({ number }) => number));
  outcome.updated.push(...changed.map(({ number }) => number));
  return outcome;
}

async function findStored(tx: Db, type: RecordType, lines: RecordLine[], keyOf: (record: Row) => string) {
  const [column = ''] = type.key;
  const keys = lines.map(({ record }) => String(record[column]));
  const { rows } = await tx.execute<{ line: string }>(selectRecords(type, keys));
  return new Map(
    rows.map(({ line }) => {
      const stored: Row = JSON.parse(line);
      return [keyOf(stored), stored];
    }),
  );
}

/** As Postgres spells it: by that spelling a line is found among what is stored. */
const isStoredId = (value: unknown) => typeof value === 'string' && isUuid(value) && value === value.toLowerCase();

/** @returns null where nothing is */
async function wrongWith(type: RecordType, record: Row): Promise<string | null> {
  const known = new Set([
    'record',
    ...type.more,
    ...(type.name === 'follows' ? ['id'] : columnsOf(type.table).map(([name]) => name)),
  ]);
  const unknown = Object.keys(record).find((name) => !known.has(name));
  if (unknown !== undefined) return `/${unknown.slice(0, 60)} unknown member`;
  const missing = type.key.find((name) => record[name] === undefined || record[name] === null);
  if (missing) return `/${missing} is missing`;
  if (type.keyType === 'uuid' && !isStoredId(record[type.key[0] ?? ''])) return `/${type.key[0]} is no id`;
  const live = record.live as { snapshot?: { body?: unknown } } | null | undefined;
  if (live && !isLive(live)) return '/live is not in the form of an export';
  if ((type.name === 'article' || type.name === 'draft') && !isRow(record)) return 'it is not in the form of an export';
  return (await wrongBody(record.body, '/body')) ?? (await wrongBody(live?.snapshot?.body, '/live/snapshot/body'));
}

const fits = (schema: TSchema): ((value: unknown) => boolean) => {
  const compile = buildValidator([]) as (route: { schema: object; httpPart: string }) => (value: unknown) => unknown;
  const validate = compile({ schema, httpPart: 'body' });
  return (value) => validate(value) === true;
};
const isStored = fits(PortableText);
/** What the database keeps as JSON, and readers are shown unseen. */
const rights = nullable(Type.Partial(Rights, { additionalProperties: false }));
const extra = Type.Record(Type.String(), Type.Unknown());
const isRow = fits(
  Type.Partial(
    Type.Object({
      slug: Type.String(),
      corrections: Corrections,
      rights,
      extra,
      relatedIds: Type.Array(Type.String()),
    }),
  ),
);
const isLive = fits(
  Type.Object({
    slug: Type.String(),
    snapshot: Type.Object({
      uri: Type.String({ format: 'uri' }),
      kind: oneOf([...KINDS]),
      title: Type.String({ minLength: 1 }),
      standfirst: nullable(Type.String()),
      body: Type.Array(Type.Unknown()),
      corrections: Corrections,
      rights,
      extra: Type.Optional(extra),
    }),
  }),
);

/** A body is shown as it is stored: it has to be what this server would have stored. */
async function wrongBody(body: unknown, pointer: string): Promise<string | null> {
  if (body === undefined) return null;
  if (!isStored(body)) return `${pointer} is no Portable Text`;
  try {
    const read = await readBody({ portableText: body as PortableTextInput });
    return isDeepStrictEqual(read.body, body) ? null : `${pointer} is not in the form that is stored`;
  } catch (error) {
    if (error instanceof BodyProblem) return `${pointer}${error.path} ${error.message}`;
    if (error instanceof TypeError || error instanceof RangeError) return `${pointer} is no Portable Text`;
    throw error;
  }
}
