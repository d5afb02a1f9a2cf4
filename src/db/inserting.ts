// Inserts many rows of a table by one parameter for each column. It knows no conflicts and returns nothing: the statement goes on where
// it is used.
import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { textArray } from './arrays.ts';

type Members = Record<string, unknown>;

/**
 * With a parameter for each value, 100 stories are 1,700: naming, planning and sending these was a tenth of the CPU time of an import. As
 * one JSON, Postgres takes longer to read the texts than it saves.
 * @param rows at least one, each with the same members; of a member that is undefined, the column becomes null and not its default
 * @param computed SQL for further columns, which may name members of the row as x."member"
 * @returns `insert into ... select ...`, open at its end
 */
export function insertOf<Table extends PgTable, Row extends Partial<Table['$inferInsert']>>(
  table: Table,
  rows: readonly Row[],
  computed: Readonly<Record<string, SQL>> = {},
): SQL {
  const columns = getTableColumns(table);
  const columnOf = (member: string) => {
    const column = columns[member];
    if (!column) throw new Error(`there is no column for ${member}`);
    return column;
  };
  const members = Object.keys(rows[0] ?? {});
  const names = [...members, ...Object.keys(computed)].map((member) => sql.identifier(columnOf(member).name));
  const typed = members.map((member) => sql`u.${sql.identifier(member)}::${sql.raw(columnOf(member).getSQLType())}`);
  const params = members.map((member) => {
    const column = columnOf(member);
    const texts = rows.map((row) => {
      const value = (row as Members)[member];
      return value === null || value === undefined ? null : String(column.mapToDriverValue(value));
    });
    return sql`${textArray(texts)}::text[]`;
  });
  const aliases = sql.join(
    members.map((member) => sql.identifier(member)),
    sql`, `,
  );
  return sql`insert into ${table} (${sql.join(names, sql`, `)}) select ${sql.join([sql`x.*`, ...Object.values(computed)], sql`, `)}
    from (select ${sql.join(typed, sql`, `)} from unnest(${sql.join(params, sql`, `)}) as u(${aliases})) as x(${aliases})`;
}
