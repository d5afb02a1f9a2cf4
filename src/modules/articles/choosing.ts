// Which lists a question is answered from: of those that hold every story wanted, the ones that are shortest by a look. It finds no story.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Chain } from '../site/fallback.ts';
import { type Driver, driversOf, type Wanted } from './listing-keys.ts';

/** Lists of which any will do. */
export type Drivers = readonly [Driver, ...Driver[]];

/** The lists of every language that answer the question, one language after the other, as many of each. */
export function driversAlong([first, ...others]: Chain, wanted: Wanted): Drivers {
  const rest = others.map((locale) => driversOf(locale, wanted));
  const along = ({ keys, ...driver }: Driver, at: number): Driver => ({
    ...driver,
    keys: [...keys, ...rest.flatMap((drivers) => drivers[at]?.keys ?? [])],
  });
  const [own, ...more] = driversOf(first, wanted);
  return [along(own, 0), ...more.map((driver, at) => along(driver, at + 1))];
}

/** Among so many at most; what comes first is narrow more often. */
const MOST_DRIVERS = 60;
/** Rows are counted up to here: what is longer is long. */
const LONG = 1_000;
const NARROWEST: Statement = {
  name: 'list_narrowest',
  text: `select distinct on (question) question::int, n::int as n
    from jsonb_array_elements($1::jsonb) with ordinality asked(candidates, question)
    cross join lateral jsonb_array_elements(candidates) with ordinality candidate(keys, n) cross join lateral (
      select count(*) as size from (
        select from listings where key = any(array(select jsonb_array_elements_text(candidate.keys)::bigint)) limit ${LONG}) x) counted
    order by question, size, n`,
};

/** One for each question; nothing is asked where none has a choice. */
export async function chooseDrivers(db: Pick<PublicDb, 'query'>, questions: readonly Drivers[]): Promise<Driver[]> {
  if (questions.every(({ length }) => length === 1)) return questions.map(([only]) => only);
  const candidates = questions.map((drivers) =>
    textsOf(drivers.slice(0, drivers.length > 1 ? MOST_DRIVERS : 0).map(({ keys }) => keys)),
  );
  const rows = await db.query<{ question: number; n: number }>(NARROWEST, [JSON.stringify(candidates)]);
  const chosen = new Map(rows.map(({ question, n }) => [question, n]));
  return questions.map((drivers, at) => drivers[(chosen.get(at + 1) ?? 1) - 1] ?? drivers[0]);
}

/** JSON has no whole numbers of 64 bits that everybody reads alike. */
export const textsOf = (keys: bigint[][]) => keys.map((some) => some.map(String));
