// What becomes of the categories and authors of a file: read from JSON that an administrator writes. What it does not name is left to the rule.
import { type Static, Type } from 'typebox';
import type { Problem } from '../../errors.ts';
import { closed, Key, nullable } from '../../schemas.ts';
import { buildValidator } from '../../validation.ts';
import { KindSchema } from '../articles/kinds.ts';
import { wordsOf } from '../imports/refusing.ts';
import { nameIn } from './names.ts';
import { SourceError } from './problem.ts';

const Place = closed({
  region: Type.Optional(Key),
  regions: Type.Optional(Type.Array(Key, { maxItems: 50 })),
  tags: Type.Optional(Type.Array(Key, { maxItems: 100 })),
  kind: Type.Optional(KindSchema),
});
const MappingInput = closed(
  {
    categories: Type.Optional(Type.Record(Type.String(), nullable(Place))),
    authors: Type.Optional(Type.Record(Type.String(), Key)),
  },
  { description: 'Categories and authors by their slug or name; null leaves a category out' },
);

export interface Mapping {
  /** By slug or name in lower case; null leaves it out. */
  categories: ReadonlyMap<string, Static<typeof Place> | null>;
  /** Keys of contributors. */
  authors: ReadonlyMap<string, string>;
}

/** What WordPress gives to posts that have no category. */
export const NO_MAPPING: Mapping = { categories: new Map([['uncategorized', null]]), authors: new Map() };

const compile: (route: { schema: object; httpPart: string }) => (value: unknown) => true | { error: Problem } =
  buildValidator([]);
const validate = compile({ schema: MappingInput, httpPart: 'body' });

/** @throws SourceError */
export function readMapping(text: string): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SourceError(`the mapping is not valid JSON: ${(error as Error).message}`);
  }
  const valid = validate(value);
  if (valid !== true) throw new SourceError(`the mapping is not valid: ${wordsOf(valid.error)}`);
  const { categories = {}, authors = {} } = value as Static<typeof MappingInput>;
  const byName = <T>(given: Record<string, T>) =>
    Object.entries(given).map(([name, place]): [string, T] => [nameIn(name), place]);
  return {
    categories: new Map([...NO_MAPPING.categories, ...byName(categories)]),
    authors: new Map(byName(authors)),
  };
}
